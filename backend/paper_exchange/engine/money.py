"""Amounts: every ledger posting is an exact multiple of 1e-8 USDT; prices and quantities are Decimal."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
MONEY_STEP = Decimal("0.00000001")


def money(amount: Decimal) -> Decimal:
    """The amount rounded half up to 1e-8, as the ledger books it."""
    return amount.quantize(MONEY_STEP, ROUND_HALF_UP)


def money_down(amount: Decimal) -> Decimal:
    """The amount rounded toward zero to 1e-8."""
    return amount.quantize(MONEY_STEP, ROUND_DOWN)


def from_units(units: int, decimals: int) -> Decimal:
    """`units` counted in 10**-decimals, as an exact Decimal."""
    return Decimal(units).scaleb(-decimals)


def to_units(value: Decimal, decimals: int) -> int:
    """How many 10**-decimals make `value`, rounded half up to a whole one."""
    return int(value.scaleb(decimals).to_integral_value(ROUND_HALF_UP))
