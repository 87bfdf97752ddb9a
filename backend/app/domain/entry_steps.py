"""Entering: the first order, the further ones of an entry that is worked, and the end of it.

An entry is *worked* where one order cannot carry it at once: sent in slices, or waiting in the book and priced
again. Then each order is one attempt of the same leg, decided anew at the gate, and never two at a time; what has
filled so far is protected before the next one leaves. `TradeView.entry_worked` is written with the first of them
and stays until END_ENTRY, so that the reservation keeps the worst case until no further order can come.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from app.domain.trade_actions import (
    LIVE,
    Action,
    ActionKind,
    OrderView,
    TradeView,
    act,
    intent,
    latest_of,
    on,
)
from app.domain.types import OrderLeg, OrderStatus, TradeStatus

MAX_ENTRY_ATTEMPTS: Final = 3
MAX_WORKED_ENTRIES: Final = 100


def before_entry(trade: TradeView, orders: Sequence[OrderView]) -> Action:
    """Nothing is filled yet: enter, or end without ever having entered."""
    entry = latest_of(orders, OrderLeg.ENTRY)
    wanted = trade.exit_reason is None and trade.may_enter
    if entry is None:
        if not wanted:
            return act(ActionKind.FINISH, TradeStatus.EXPIRED, "the entry is not wanted any more")
        return intent(TradeStatus.INTENT, OrderLeg.ENTRY, 1, trade.quantity, "enter")
    if wanted and _may_follow(trade, entry):
        return _next_order(trade, entry, TradeStatus.ENTERING, "enter again")
    match entry.status:
        case OrderStatus.INTENT:
            if wanted:
                return on(ActionKind.SEND, TradeStatus.ENTERING, entry, "send the entry")
            return on(ActionKind.DROP, trade.status, entry, "the entry is not wanted any more")
        case OrderStatus.SENDING:
            return on(ActionKind.ASK, TradeStatus.ENTERING, entry, "the entry's outcome is unknown")
        case OrderStatus.OPEN | OrderStatus.PARTIAL:
            kind = ActionKind.ASK if wanted else ActionKind.CANCEL
            return on(kind, TradeStatus.ENTERING, entry, "the entry rests at the venue")
        case OrderStatus.REJECTED if not entry.would_take:
            return act(ActionKind.FINISH, TradeStatus.REJECTED, "the venue refused the entry")
        case OrderStatus.FILLED:
            return on(ActionKind.READ_FILLS, TradeStatus.ENTERING, entry, "filled, but no fills recorded")
        case _:
            return act(ActionKind.FINISH, TradeStatus.EXPIRED, "the entry never came to a fill")


def work_entry(
    trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal, status: TradeStatus
) -> Action | None:
    """In a position that is protected as it stands: the entry's next step, None where nothing is left of it.
    Nothing is added to a position of which a part was left already."""
    entry = latest_of(orders, OrderLeg.ENTRY)
    if entry is None:
        return None
    is_whole = position_quantity == trade.entered_quantity and trade.scale_out_quantity == 0
    if not (trade.may_enter and is_whole):
        return end_entry(trade, entry, status, "the rest of the entry is not wanted any more")
    if entry.status in LIVE:
        return on(ActionKind.ASK, status, entry, "the rest of the entry still rests")
    if entry.status is OrderStatus.INTENT:
        return on(ActionKind.SEND, status, entry, "send the rest of the entry")
    if trade.quantity > trade.entered_quantity and _may_follow(trade, entry):
        return _next_order(trade, entry, status, "the rest of the entry")
    return end_entry(trade, entry, status, "the entry is done")


def end_entry(trade: TradeView, entry: OrderView | None, status: TradeStatus, reason: str) -> Action | None:
    """Take away what still works of an entry, then say that it is over; None where it is."""
    if entry is not None and entry.status in LIVE:
        return on(ActionKind.CANCEL, status, entry, reason)
    if entry is not None and entry.status is OrderStatus.INTENT:
        return on(ActionKind.DROP, status, entry, reason)
    return act(ActionKind.END_ENTRY, status, reason) if trade.entry_worked else None


def _may_follow(trade: TradeView, entry: OrderView) -> bool:
    """Whether another order may follow this one: it is over, and left something. Without work only one that
    certainly never arrived is followed."""
    if entry.status is OrderStatus.NOT_ACCEPTED and not trade.entry_worked:
        return entry.attempt < MAX_ENTRY_ATTEMPTS
    if not trade.entry_worked or entry.attempt >= MAX_WORKED_ENTRIES:
        return False
    return (
        entry.status in (OrderStatus.CANCELED, OrderStatus.NOT_ACCEPTED)
        or (entry.status is OrderStatus.FILLED and trade.entered_quantity > 0)
        or (entry.status is OrderStatus.REJECTED and entry.would_take)
    )


def _next_order(trade: TradeView, entry: OrderView, status: TradeStatus, reason: str) -> Action:
    rest = trade.quantity - trade.entered_quantity
    return intent(status, OrderLeg.ENTRY, entry.attempt + 1, rest, reason)
