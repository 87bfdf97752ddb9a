"""Keeping a position: one live stop over all of it at the wanted price, then the parts that are due."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from app.domain.add_steps import work_addition
from app.domain.entry_steps import work_entry
from app.domain.trade_actions import (
    LIVE,
    Action,
    ActionKind,
    OrderView,
    TradeView,
    act,
    covers,
    intent,
    latest_of,
    leave_now,
    on,
)
from app.domain.types import ExitReason, OrderLeg, OrderStatus, TradeStatus

MAX_STOP_FAILURES: Final = 3
RETRY_STOP_AFTER: Final = timedelta(seconds=10)
MAX_STOP_ATTEMPTS: Final = 1200  # of 1295 that a client order id can name
MAX_SCALE_OUT_FAILURES: Final = 5


def protect(
    trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal, status: TradeStatus
) -> Action:
    """In a position that is to be kept: one live stop over all of it, at the wanted price."""
    newest = latest_of(orders, OrderLeg.STOP)
    if trade.stop_price is None:
        return leave_now(orders, position_quantity, ExitReason.UNPROTECTED, "the trade has no stop price")
    if newest is None:
        return intent(status, OrderLeg.STOP, 1, position_quantity, "protect", trigger=trade.stop_price)
    match newest.status:
        case OrderStatus.INTENT if not trade.unprotected_too_long or status is TradeStatus.PROTECTED:
            return on(ActionKind.SEND, status, newest, "send the stop")
        case OrderStatus.SENDING if not trade.unprotected_too_long or status is TradeStatus.PROTECTED:
            return on(ActionKind.ASK, status, newest, "the stop's outcome is unknown")
        case OrderStatus.INTENT | OrderStatus.SENDING:
            return leave_now(
                orders, position_quantity, ExitReason.UNPROTECTED, "no stop could be placed in time"
            )
        case OrderStatus.OPEN | OrderStatus.PARTIAL:
            return _keep_stop(trade, orders, newest, position_quantity, status)
        case _:
            return _stop_failed(trade, orders, newest, position_quantity, status)


def _keep_stop(
    trade: TradeView,
    orders: Sequence[OrderView],
    newest: OrderView,
    position_quantity: Decimal,
    status: TradeStatus,
) -> Action:
    """The newest stop is live: clear its predecessors, then move or enlarge it where that is wanted."""
    is_covered = covers(newest, position_quantity)
    fits = newest.quantity - newest.filled_quantity == position_quantity
    older = _live_stop_before(orders, newest)
    if older is not None and is_covered:
        return on(ActionKind.CANCEL, status, older, "a newer stop is live")
    if (fits and newest.trigger_price == trade.stop_price) or newest.attempt >= MAX_STOP_ATTEMPTS:
        return _at_rest(trade, orders, position_quantity, status)
    moved = intent(
        status,
        OrderLeg.STOP,
        newest.attempt + 1,
        position_quantity,
        "move the stop",
        trigger=trade.stop_price,
    )
    return replace(moved, replaces=newest.client_order_id)


def _at_rest(
    trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal, status: TradeStatus
) -> Action:
    """The stop is as it should be: see to the rest of the entry, to what is added, then to the parts that are due."""
    entering = work_entry(trade, orders, position_quantity, status)
    if entering is not None:
        return entering
    adding = work_addition(trade, orders, position_quantity, status)
    if adding is not None:
        return adding
    return _scale_out(trade, orders, position_quantity, status)


def _scale_out(
    trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal, status: TradeStatus
) -> Action:
    """Leave the part that is due: what should be out by now in sum, less what was filled of the parts."""
    latest = latest_of(orders, OrderLeg.SCALE_OUT)
    if latest is not None and latest.status is OrderStatus.INTENT:
        return on(ActionKind.SEND, status, latest, "send the part")
    if latest is not None and not latest.status.is_terminal:
        return on(ActionKind.ASK, status, latest, "the part is not known to be done")
    parts = [order for order in orders if order.leg is OrderLeg.SCALE_OUT]
    due = trade.scale_out_quantity - sum((part.filled_quantity for part in parts), Decimal(0))
    # A crumb below the venue's least order is refused until it is given up: it goes with the next part.
    most = due if trade.largest_order is None else min(due, trade.largest_order)
    tried = [part for part in parts if part.quantity >= most]
    if due <= 0 or _failures(tried, OrderLeg.SCALE_OUT) >= MAX_SCALE_OUT_FAILURES:
        return act(ActionKind.NOTHING, status, "protected")
    if due >= position_quantity:
        return leave_now(orders, position_quantity, ExitReason.TAKE_PROFIT, "the last part is due")
    attempt = 1 if latest is None else latest.attempt + 1
    return intent(status, OrderLeg.SCALE_OUT, attempt, due, "leave a part")


def _stop_failed(
    trade: TradeView,
    orders: Sequence[OrderView],
    newest: OrderView,
    position_quantity: Decimal,
    status: TradeStatus,
) -> Action:
    """The newest stop is over while the position is not: refused, lost, cancelled or filled in part."""
    if newest.would_trigger:
        return leave_now(orders, position_quantity, ExitReason.STOP_LOSS, "the price is beyond the stop")
    if newest.status is OrderStatus.FILLED:
        return leave_now(
            orders, position_quantity, ExitReason.STOP_LOSS, "the stop filled and left a remainder"
        )
    older = _live_stop_before(orders, newest)
    is_covered = older is not None and covers(older, position_quantity)
    # the venue's no stands while the same is wanted; what only never arrived is tried again, after a pause
    pausing = newest.failed_lately and _failures(orders, OrderLeg.STOP) >= MAX_STOP_FAILURES
    rests = newest.status is OrderStatus.REJECTED or pausing
    wanted = newest.trigger_price == trade.stop_price and newest.quantity == position_quantity
    if is_covered and ((rests and wanted) or newest.attempt >= MAX_STOP_ATTEMPTS):
        # what is wanted could not be placed; the former one protects meanwhile
        return _at_rest(trade, orders, position_quantity, status)
    if trade.unprotected_too_long and status is not TradeStatus.PROTECTED:
        return leave_now(orders, position_quantity, ExitReason.UNPROTECTED, "no stop could be placed in time")
    failed = _failures(orders, OrderLeg.STOP)
    if not is_covered and (failed >= MAX_STOP_FAILURES or newest.attempt >= MAX_STOP_ATTEMPTS):
        return leave_now(
            orders,
            position_quantity,
            ExitReason.UNPROTECTED,
            f"{failed} stops failed, the last {newest.status}",
        )
    again = intent(
        status,
        OrderLeg.STOP,
        newest.attempt + 1,
        position_quantity,
        "protect again",
        trigger=trade.stop_price,
    )
    return again if older is None else replace(again, replaces=older.client_order_id)


def _failures(orders: Sequence[OrderView], leg: OrderLeg) -> int:
    """Return how many orders of a leg failed since the last one that the venue took."""
    count = 0
    held = [order for order in orders if order.leg is leg]
    for order in sorted(held, key=lambda one: one.attempt, reverse=True):
        if order.status not in (OrderStatus.REJECTED, OrderStatus.NOT_ACCEPTED):
            break
        count += 1
    return count


def _live_stop_before(orders: Sequence[OrderView], newest: OrderView) -> OrderView | None:
    live = [
        order
        for order in orders
        if order.leg is OrderLeg.STOP and order.status in LIVE and order.attempt < newest.attempt
    ]
    return max(live, key=lambda order: order.attempt, default=None)
