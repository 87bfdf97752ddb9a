"""Decimals as text for people and for JSON: plain digits, no exponent, no trailing zeros."""

from decimal import Decimal
from typing import Final, overload

_SHOWN_DIGITS: Final = 7


@overload
def plain(figure: Decimal) -> str: ...
@overload
def plain(figure: None) -> None: ...
@overload
def plain(figure: Decimal | None) -> str | None: ...
def plain(figure: Decimal | None) -> str | None:
    """Return the exact digits of `figure`: "0.00000001" rather than "1E-8", "1.5" rather than "1.5000"; None
    stays None."""
    return None if figure is None else plain_text(str(figure))


def plain_text(text: str) -> str:
    """Return the plain digits of a finite decimal's own text."""
    if "E" in text:
        text = f"{Decimal(text):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def grouped(figure: Decimal) -> str:
    """Return the plain digits with a comma between thousands, for sentences: "41,500"."""
    sign, digits = ("-", plain(-figure)) if figure < 0 else ("", plain(figure))
    whole, point, fraction = digits.partition(".")
    return f"{sign}{int(whole):,}{point}{fraction}"


def shown(price: Decimal) -> str:
    """Return the price to at most seven significant digits, or to whole units where these are more, with a comma
    between thousands: "41,500"."""
    exponent = min(0, price.adjusted() - _SHOWN_DIGITS + 1)
    return grouped(price.quantize(Decimal(1).scaleb(exponent)))
