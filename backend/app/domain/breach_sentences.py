"""Figures as the sentences of refusals say them: money to the cent, prices to the tick, shares to two places.

A sentence never hides why it was said: where limit and value would read alike, both get as many places as tell
them apart. The figures of a `BreachDetail` keep every place.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final

UNKNOWN: Final = "unknown"
_FEWEST: Final = 2
_MOST: Final = 8
_LAST_PLACES: Final = tuple(Decimal(1).scaleb(-places) for places in range(_MOST + 1))


class FigureKind(StrEnum):
    """What a sentence's figures are."""

    MONEY = "money"
    PRICE = "price"
    SHARE = "share"
    EXACT = "exact"


def figures(
    kind: FigureKind, limit: Decimal | None, value: Decimal | None, *, symbol: str, price_tick: Decimal | None
) -> tuple[str, str]:
    """Return limit and value as text; `price_tick` None where it is not known: then prices are told as they are."""
    match kind:
        case FigureKind.MONEY:
            currency = symbol.partition("/")[2].partition(":")[0]
            places = _places(limit, value)
            return _money(limit, places, currency), _money(value, places, currency)
        case FigureKind.PRICE if price_tick is not None:
            return _on_tick(limit, price_tick), _on_tick(value, price_tick)
        case FigureKind.SHARE:
            places = _places(limit, value)
            return _rounded(limit, places), _rounded(value, places)
        case _:
            return plain_figure(limit), plain_figure(value)


def plain_figure(figure: Decimal | None) -> str:
    """Return the figure without exponent and trailing zeros, "unknown" where there is none."""
    if figure is None:
        return UNKNOWN
    text = f"{figure:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _places(limit: Decimal | None, value: Decimal | None) -> int:
    """Return the fewest places in which the two read apart."""
    if limit is None or value is None or limit == value:
        return _FEWEST
    for places in range(_FEWEST, _MOST):
        if _quantised(limit, places) != _quantised(value, places):
            return places
    return _MOST


def _quantised(figure: Decimal, places: int) -> Decimal:
    return figure.quantize(_LAST_PLACES[places], ROUND_HALF_EVEN)


def _money(figure: Decimal | None, places: int, currency: str) -> str:
    return UNKNOWN if figure is None else f"{_quantised(figure, places):f} {currency}".rstrip()


def _rounded(figure: Decimal | None, places: int) -> str:
    return plain_figure(None if figure is None else _quantised(figure, places))


def _on_tick(figure: Decimal | None, price_tick: Decimal) -> str:
    """Return a price with the tick's places; one between two ticks is told as it is."""
    if figure is None or not price_tick > 0 or figure % price_tick != 0:
        return plain_figure(figure)
    return f"{figure.quantize(price_tick.normalize()):f}"
