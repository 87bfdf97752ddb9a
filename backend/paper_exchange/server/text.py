"""How the dialect writes numbers: text, never an exponent."""

from __future__ import annotations

from decimal import Decimal


def amount_text(value: Decimal) -> str:
    """Money, eight decimals."""
    return f"{value:.8f}"


def quote_text(value: Decimal) -> str:
    """Quote volume, five decimals."""
    return f"{value:.5f}"


def units_text(units: int, decimals: int) -> str:
    """A whole number of 10**-decimals."""
    if not decimals:
        return str(units)
    sign = "-" if units < 0 else ""
    whole, part = divmod(abs(units), 10**decimals)
    return f"{sign}{whole}.{part:0{decimals}d}"
