"""How the dialect writes numbers: text, never an exponent."""

from __future__ import annotations

from decimal import Decimal

AVERAGE_DIGITS = 17


def amount_text(value: Decimal) -> str:
    """Money, eight decimals."""
    return f"{value:.8f}"


def quote_text(value: Decimal) -> str:
    """Quote volume, five decimals."""
    return f"{value:.5f}"


def average_text(value: Decimal, decimals: int) -> str:
    """An average price: 17 significant digits, as many as a client's float can hold, and at least `decimals`.

    Rounded to the tick, clients that book by it would be off by a cent for every order filled at two prices.
    """
    shown = max(decimals, AVERAGE_DIGITS - 1 - value.adjusted()) if value else decimals
    whole, point, part = f"{value:.{shown}f}".partition(".")
    return whole + point + part[:decimals] + part[decimals:].rstrip("0")


def units_text(units: int, decimals: int) -> str:
    """A whole number of 10**-decimals."""
    if not decimals:
        return str(units)
    sign = "-" if units < 0 else ""
    whole, part = divmod(abs(units), 10**decimals)
    return f"{sign}{whole}.{part:0{decimals}d}"
