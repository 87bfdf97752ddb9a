"""What our exit rules would have done with a position that somebody closed by hand.

The live monitor's own rule (`exit_rules.react`) is asked with four marks of every bar, in this order: its open, its
worst, its best price for the position. A stop or target that the open has passed fills at the open, otherwise at its
own price; a tie inside a bar is therefore decided against the rules, and a stop that follows the best price counts
from the next bar on. The position leaves whole: parts at targets, and a stop that follows the volatility of bars to
come, are left out. Costs: the taker fee on the way out, no slippage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.exit_rules import ExitRule, Leave, OpenPosition, react, standing_stop
from app.domain.types import Candle, ExitReason

MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Walked:
    """A position as the rules leave it behind a bar; `best` is the best price since the entry."""

    position: OpenPosition
    best: Decimal


@dataclass(frozen=True, slots=True)
class WouldLeave:
    """When (the bar's opening, market time), at which price and by which rule."""

    at: datetime
    price: Decimal
    reason: ExitReason


def walk(walked: Walked, bars: Sequence[Candle]) -> WouldLeave | Walked:
    """Return where the rules leave within `bars` (oldest first), or the position behind the last."""
    for bar in bars:
        found = _over(walked, bar)
        if isinstance(found, WouldLeave):
            return found
        walked = found
    return walked


def _over(walked: Walked, bar: Candle) -> WouldLeave | Walked:
    position, best = walked.position, walked.best
    is_long = position.side.sign > 0
    first = Decimal(str(bar.open))
    worst = Decimal(str(bar.low if is_long else bar.high))
    farthest = Decimal(str(bar.high if is_long else bar.low))
    for mark in (first, worst, farthest):
        reaction = react(position, mark, best, bar.open_time_ms)
        if reaction.leave is not None:
            price = mark if mark is first else _own_price(position, reaction.leave, mark)
            return WouldLeave(
                EPOCH + bar.open_time_ms * MILLISECOND, price, _reason(position, reaction.leave)
            )
        best = reaction.best
        position = replace(position, is_armed=reaction.is_armed)
    stop = standing_stop(position, best, position.is_armed)
    return Walked(replace(position, stop_price=stop.price), best)


def _own_price(position: OpenPosition, leave: Leave, mark: Decimal) -> Decimal:
    """The price of the rule that was reached between two marks: its stop or its target."""
    if leave.rule is ExitRule.TAKE_PROFIT and position.take_profit_price is not None:
        return position.take_profit_price
    return mark if leave.stop_price is None else leave.stop_price


def _reason(position: OpenPosition, leave: Leave) -> ExitReason:
    """A stop that was moved before the position was closed by hand was trailed."""
    if leave.reason is ExitReason.STOP_LOSS and position.stop_price != position.initial_stop_price:
        return ExitReason.TRAILING_STOP
    return leave.reason
