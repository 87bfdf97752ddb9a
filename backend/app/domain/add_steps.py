"""Adding to a position, in profit or by a step of its ladder: one order, immediate or cancelled, of the leg `add`.
Its attempt is the addition's number.

It leaves only from a position that stands whole under a live stop, and it is over with its one order: it neither
rests nor is tried again. What was reserved for it and not filled is free with END_ADD; what is
reserved for the steps of a ladder that nobody asked for yet, with END_LADDER.
"""

from collections.abc import Sequence
from decimal import Decimal

from app.domain.trade_actions import LIVE, Action, ActionKind, OrderView, TradeView, act, latest_of, on
from app.domain.types import OrderLeg, OrderStatus, TradeStatus


def work_addition(
    trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal, status: TradeStatus
) -> Action | None:
    """In a position that is protected as it stands: the addition's next step, None where nothing is left of it.
    Nothing is added to a position of which a part was left already."""
    addition = latest_of(orders, OrderLeg.ADD)
    is_whole = position_quantity == trade.entered_quantity and trade.scale_out_quantity == 0
    if addition is not None and addition.status is OrderStatus.INTENT and is_whole:
        return on(ActionKind.SEND, status, addition, "send the addition")
    if addition is not None and addition.status is OrderStatus.SENDING:
        return on(ActionKind.ASK, status, addition, "the addition's outcome is unknown")
    return end_addition(trade, orders, status, "the addition is over") or _end_useless_ladder(
        trade, is_whole, status
    )


def _end_useless_ladder(trade: TradeView, is_whole: bool, status: TradeStatus) -> Action | None:
    """A ladder ends when a part of the position was left, and when its next step would lie at the stop or beyond."""
    price, stop = trade.ladder_price, trade.stop_price
    if price is None:
        return None
    if not is_whole:
        return act(ActionKind.END_LADDER, status, "a part was left, so no step is bought")
    if stop is not None and trade.side.sign * (price - stop) <= 0:
        return act(ActionKind.END_LADDER, status, "the stop comes before the next step")
    return None


def end_ladder(trade: TradeView, status: TradeStatus, reason: str) -> Action | None:
    """Say that no step is bought any more; None where that is so."""
    return None if trade.ladder_price is None else act(ActionKind.END_LADDER, status, reason)


def end_addition(
    trade: TradeView, orders: Sequence[OrderView], status: TradeStatus, reason: str
) -> Action | None:
    """Take away what still works of an addition, then say that it is over; None where it is, or where nobody knows
    yet what became of it: that holds up nothing."""
    addition = latest_of(orders, OrderLeg.ADD)
    if addition is not None and addition.status is OrderStatus.SENDING:
        return None
    if addition is not None and addition.status in LIVE:
        return on(ActionKind.CANCEL, status, addition, reason)
    if addition is not None and addition.status is OrderStatus.INTENT:
        return on(ActionKind.DROP, status, addition, reason)
    return act(ActionKind.END_ADD, status, reason) if trade.adding else None
