"""How a wallet wants its orders carried out: one row of settings, and slippage in the units people use.

Rows HP18-HP23 of the feature list. Slippage is kept in basis points; percent and points (price ticks) are
read too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class SlippageUnit(StrEnum):
    BPS = "bps"
    PERCENT = "percent"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class ExecutionSettings:
    """`max_slippage_bps`: the worst fill against the decision price that an entry accepts. `max_deviation_bps`:
    how far the market may have moved against the order since the decision. `execution_timeout_seconds`: how
    long an entry may wait in the book or work in slices. `retry_attempts` and `retry_delay_seconds`: how often,
    and how far apart at first, a refusal that time cures is tried again. `use_market_orders` off: an entry is
    always capped. `confirm_trades` on: an entry waits for its owner's yes, for at most `confirm_seconds`.
    """

    max_slippage_bps: Decimal = Decimal(30)
    max_deviation_bps: Decimal = Decimal(50)
    retry_attempts: int = 3
    retry_delay_seconds: Decimal = Decimal(1)
    execution_timeout_seconds: Decimal = Decimal(30)
    use_market_orders: bool = True
    confirm_trades: bool = False
    confirm_seconds: int = 120


LARGEST: Final = {
    SlippageUnit.BPS: Decimal(1_000),
    SlippageUnit.PERCENT: Decimal(10),
    SlippageUnit.POINTS: Decimal(100_000),
}
"""A tenth of the price: whoever allows more protects nothing. Points are held to it at the order's own price."""

BOUNDS: Final[dict[str, tuple[Decimal, Decimal]]] = {
    "retry_attempts": (Decimal(0), Decimal(10)),
    "retry_delay_seconds": (Decimal("0.1"), Decimal(60)),
    "execution_timeout_seconds": (Decimal(1), Decimal(600)),
    "confirm_seconds": (Decimal(10), Decimal(3600)),
}
"""The least and the most of each number that is no slippage."""
SMALLEST_SLIPPAGE: Final = Decimal("0.0001")
"""As a table keeps it: none at all would let no order be filled."""


def protects_less(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Return whether an entry may then be filled further from its decision, be less often capped, or leave without its
    owner's yes; `before` and `after` hold the settings by name. A slippage in another unit than before may allow
    more where one of the two is in points, which are worth what the price says."""
    if before["confirm_trades"] and not after["confirm_trades"]:
        return True
    if after["use_market_orders"] and not before["use_market_orders"]:
        return True
    return any(_allows_more(name, before, after) for name in ("max_slippage", "max_deviation"))


def _allows_more(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    held, wanted = (
        (SlippageUnit(str(one[f"{name}_unit"])), Decimal(str(one[name]))) for one in (before, after)
    )
    if held[0] is not wanted[0] and SlippageUnit.POINTS in (held[0], wanted[0]):
        return True
    return wanted[1] * _SHARES[wanted[0]] > held[1] * _SHARES[held[0]]


_SHARES: Final = {SlippageUnit.BPS: 1, SlippageUnit.PERCENT: 100, SlippageUnit.POINTS: 1}


def to_bps(value: Decimal, unit: SlippageUnit, *, price: Decimal, tick: Decimal) -> Decimal:
    """Return a slippage in basis points. Points are price ticks, need a price and come to a tenth of it at most;
    raises ValueError where a value is negative or not finite, or the price is not positive."""
    if not value.is_finite() or value < 0:
        raise ValueError(f"a slippage is zero or more, not {value}")
    if unit is SlippageUnit.BPS:
        return value
    if unit is SlippageUnit.PERCENT:
        return value * 100
    if not price > 0:
        raise ValueError(f"points need a price above zero, not {price}")
    return min(value * tick / price * 10_000, LARGEST[SlippageUnit.BPS])
