"""What our exit rules would have done with a position that somebody closed by hand.

Fill model: bars in their order; inside a bar the stop is asked first (at its price, or at the open where the bar
gaps beyond it), then the target, then the trailing stop follows the bar's best price for the next bar. A tie is
therefore decided against the rules. Costs: the taker fee on the way out, no slippage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from app.domain.stops import TrailingColumns, trail
from app.domain.types import Candle, ExitReason, Side

MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRules:
    """The rules as they stood; prices in quote currency. Fractions are None where there is no trailing stop,
    `leave_at` (market time) where there is no time exit. `extreme_price` is the best price since the entry."""

    side: Side
    entry_price: Decimal
    stop_price: Decimal
    take_profit_price: Decimal | None
    trailing_activation_fraction: Decimal | None
    trailing_fraction: Decimal | None
    trailing_armed: bool
    extreme_price: Decimal
    price_tick: Decimal
    leave_at: datetime | None


@dataclass(frozen=True, slots=True)
class WouldLeave:
    """When (the bar's opening, market time), at which price and by which rule."""

    at: datetime
    price: Decimal
    reason: ExitReason


def walk(rules: ExitRules, bars: Sequence[Candle], initial_stop_price: Decimal) -> WouldLeave | ExitRules:
    """Return where the rules leave within `bars` (oldest first), or the rules as they stand behind the last."""
    for bar in bars:
        left = _leaves(rules, bar, initial_stop_price)
        if left is not None:
            return left
        rules = _trailed(rules, bar)
    return rules


def _leaves(rules: ExitRules, bar: Candle, initial_stop_price: Decimal) -> WouldLeave | None:
    sign, at = rules.side.sign, EPOCH + bar.open_time_ms * MILLISECOND
    first = Decimal(str(bar.open))
    worst = Decimal(str(bar.low if sign > 0 else bar.high))
    best = Decimal(str(bar.high if sign > 0 else bar.low))
    if rules.leave_at is not None and at >= rules.leave_at:
        return WouldLeave(at, first, ExitReason.TIME_EXIT)
    if sign * (worst - rules.stop_price) <= 0:
        gapped = sign * (first - rules.stop_price) <= 0
        moved = rules.stop_price != initial_stop_price
        reason = ExitReason.TRAILING_STOP if moved else ExitReason.STOP_LOSS
        return WouldLeave(at, first if gapped else rules.stop_price, reason)
    target = rules.take_profit_price
    if target is not None and sign * (best - target) >= 0:
        return WouldLeave(at, max(first * sign, target * sign) * sign, ExitReason.TAKE_PROFIT)
    return None


def _trailed(rules: ExitRules, bar: Candle) -> ExitRules:
    """The rules after a bar's best price: the same trailing rule as the live monitor's."""
    activation, fraction = rules.trailing_activation_fraction, rules.trailing_fraction
    if activation is None or fraction is None:
        return rules
    sign = rules.side.sign
    moved = trail(
        TrailingColumns(
            sign=np.array([float(sign)]),
            entry=np.array([float(rules.entry_price)]),
            extreme=np.array([float(rules.extreme_price)]),
            stop=np.array([float(rules.stop_price)]),
            armed=np.array([rules.trailing_armed]),
            activation_fraction=np.array([float(activation)]),
            trail_fraction=np.array([float(fraction)]),
            tick=np.array([float(rules.price_tick)]),
        ),
        np.array([bar.high if sign > 0 else bar.low]),
    )
    stop = Decimal(str(moved.stop[0])).quantize(rules.price_tick) if moved.moved[0] else rules.stop_price
    return replace(
        rules,
        stop_price=stop,
        trailing_armed=bool(moved.armed[0]),
        extreme_price=Decimal(str(float(moved.extreme[0]))),
    )
