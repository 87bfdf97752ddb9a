"""What a trade does next: one decision over its rows, for the first try, every retry and recovery alike.

The executor loads the trade, its orders and the sum of its fills, asks `next_action`, carries out that one
step, commits and asks again. Because the answer depends only on what is written down, a crash anywhere is
followed by the same step. The executor's part per `ActionKind`:

- WRITE_INTENT  insert an order row `INTENT` (leg, attempt, quantity, trigger_price), in the transaction that
                also sets `replaced_by` of the order named in `replaces`, and `exit_reason` when one is given.
- SEND          the gate: compare-and-swap INTENT -> SENDING with a deadline, commit, then send once.
- ASK           ask the venue by `client_order_id`. Found: record it (and its fills). Not found:
                `not_found_means`. No certain answer: ask again later. Never resend.
- READ_FILLS    the venue says more was filled than we have recorded: read the trades of that order.
- CANCEL        cancel at the venue, then record what the order became (an unknown order is asked for).
- DROP          an INTENT that was never sent and is not wanted: compare-and-swap INTENT -> CANCELED.
- END_ENTRY     no further order of a worked entry will come: its reservation is settled.
- END_ADD       an addition is over: what was reserved for it and not filled is free.
- END_LADDER    no further step of its ladder is bought: what was reserved for them is free.
- FINISH        nothing is left to do: the trade's last status is `status`.
- CALL_OPERATOR status NEEDS_OPERATOR; `reason` is a sentence. Stops stay where they are.
- NOTHING       wait for the stream or the sweep.

A large entry may be worked in several orders (`entry_steps`), one at a time; what filled is protected first. What is
added to it (`add_steps`) is one order, sent only then. Parts that are left at a target (leg `scale_out`) go last: only
from a position whose stop is live and over all of it. Their quantity is what is due in sum less what was filled of
them, so that a crash between two steps changes nothing; the stop's quantity follows what is left.

`status`, on every action, is what the trade's status should now read; write it, in the step's transaction,
by compare-and-swap where it differs. Order of care: an unknown entry first (nobody can protect or leave
what nobody knows), then leaving, then protection, then an unknown addition, then the stop's price. An addition
whose outcome is unknown holds up neither leaving nor protection: what it adds is left, or protected, once it is
known. A stop is cancelled only when the position is gone or when a newer stop is live; a replacement is placed
before its predecessor goes.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from app.domain.add_steps import end_addition, end_ladder
from app.domain.entry_steps import MAX_ENTRY_ATTEMPTS, MAX_WORKED_ENTRIES, before_entry, end_entry
from app.domain.stop_steps import (
    MAX_SCALE_OUT_FAILURES,
    MAX_STOP_ATTEMPTS,
    MAX_STOP_FAILURES,
    RETRY_STOP_AFTER,
    protect,
)
from app.domain.trade_actions import (
    Action,
    ActionKind,
    OrderView,
    TradeView,
    act,
    call_operator,
    covers,
    intent,
    latest_of,
    on,
)
from app.domain.types import OrderLeg, OrderStatus, TradeStatus

__all__ = [
    "MAX_ENTRY_ATTEMPTS",
    "MAX_EXIT_ATTEMPTS",
    "MAX_SCALE_OUT_FAILURES",
    "MAX_STOP_ATTEMPTS",
    "MAX_STOP_FAILURES",
    "MAX_WORKED_ENTRIES",
    "RETRY_STOP_AFTER",
    "Action",
    "ActionKind",
    "OrderView",
    "TradeView",
    "next_action",
    "not_found_means",
]

MAX_EXIT_ATTEMPTS: Final = 60
CLEARING_ORDER: Final = (OrderLeg.ADD, OrderLeg.ENTRY, OrderLeg.EXIT, OrderLeg.SCALE_OUT, OrderLeg.STOP)


def next_action(trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal) -> Action:
    """Return the one step to take now. `position_quantity` is the sum of the trade's fills in base units:
    entry less stop and exit, >= 0 in a sound trade. What leaves is at most the venue's largest order: the rest
    follows once that is done."""
    action, most = _wanted(trade, orders, position_quantity), trade.largest_order
    leaves = action.kind is ActionKind.WRITE_INTENT and action.leg in (OrderLeg.EXIT, OrderLeg.SCALE_OUT)
    if most is not None and leaves and action.quantity is not None and action.quantity > most:
        return replace(action, quantity=most)
    return action


def _wanted(trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal) -> Action:
    if trade.status.is_terminal:
        return act(ActionKind.NOTHING, trade.status, "the trade is over")
    if position_quantity < 0:
        return call_operator("more was closed than opened: the fills do not add up")
    if position_quantity > trade.entered_quantity:
        return call_operator("the position is larger than its entry fills")
    unread = next((order for order in orders if order.filled_quantity > order.recorded_quantity), None)
    if unread is not None:
        return on(ActionKind.READ_FILLS, _status(trade, orders, position_quantity), unread, "fills missing")
    if trade.entered_quantity == 0:
        return before_entry(trade, orders)
    if position_quantity == 0:
        return _after_flat(trade, orders)
    entry = latest_of(orders, OrderLeg.ENTRY)
    status = _status(trade, orders, position_quantity)
    if entry is not None and entry.status is OrderStatus.SENDING:
        return on(ActionKind.ASK, status, entry, "the entry's outcome is unknown")
    if trade.exit_reason is not None or trade.status is TradeStatus.EXITING:
        return _leave(trade, orders, position_quantity)
    addition = latest_of(orders, OrderLeg.ADD)
    if status is TradeStatus.PROTECTED and addition is not None and addition.status is OrderStatus.SENDING:
        return on(ActionKind.ASK, status, addition, "the addition's outcome is unknown")
    return protect(trade, orders, position_quantity, status)


def not_found_means(order: OrderView, *, now_ms: int, deadline_ms: int, margin_ms: int) -> OrderStatus | None:
    """Return NOT_ACCEPTED when an order that the venue does not know can no longer arrive, None while it
    still may: before its deadline plus the margin (>= clock offset + venue read lag + 1 s).

    The caller has looked for it by id, among the open orders and among the recent trades.
    """
    if order.status is not OrderStatus.SENDING or now_ms < deadline_ms + margin_ms:
        return None
    return OrderStatus.NOT_ACCEPTED


def _status(trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal) -> TradeStatus:
    """Return what the trade's status should read, before anything else is done."""
    if trade.entered_quantity == 0 or position_quantity == 0:
        return trade.status
    if trade.exit_reason is not None or trade.status is TradeStatus.EXITING:
        return TradeStatus.EXITING
    is_covered = any(covers(order, position_quantity) for order in orders)
    return TradeStatus.PROTECTED if is_covered else TradeStatus.OPEN_UNPROTECTED


def _after_flat(trade: TradeView, orders: Sequence[OrderView]) -> Action:
    """The position is gone: clear away what is left, the stop last, then close."""
    for leg in CLEARING_ORDER:
        for order in orders:
            if order.leg is not leg or order.status.is_terminal:
                continue
            if order.status is OrderStatus.INTENT:
                return on(ActionKind.DROP, trade.status, order, "the position is gone")
            if order.status is OrderStatus.SENDING:
                return on(ActionKind.ASK, trade.status, order, f"the {leg}'s outcome is unknown")
            return on(ActionKind.CANCEL, trade.status, order, "the position is gone")
    if trade.adding:
        return act(ActionKind.END_ADD, trade.status, "the position is gone")
    ending = end_ladder(trade, trade.status, "the position is gone")
    if ending is not None:
        return ending
    return act(ActionKind.FINISH, TradeStatus.CLOSED, "flat, and nothing of ours is left at the venue")


def _leave(trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal) -> Action:
    """Leaving is decided: reduce-only at market until flat. The stop stays until the position is gone."""
    status = TradeStatus.EXITING
    entry = latest_of(orders, OrderLeg.ENTRY)
    ending = end_entry(trade, entry, status, "leaving, so the rest of the entry is not wanted")
    if ending is not None:
        return ending
    dropping = end_ladder(trade, status, "leaving, so no step is bought") or end_addition(
        trade, orders, status, "leaving, so the addition is not wanted"
    )
    if dropping is not None:
        return dropping
    latest = latest_of(orders, OrderLeg.EXIT)
    part = latest_of(orders, OrderLeg.SCALE_OUT)
    if part is not None and part.status is OrderStatus.INTENT:
        return on(ActionKind.DROP, status, part, "leaving whole, so the part is not wanted")
    if latest is None or latest.status.is_terminal:
        unknown = _may_have_left_nothing(orders, latest)
        if unknown is not None:
            return on(ActionKind.ASK, status, unknown, f"the {unknown.leg} may have left nothing to leave")
        attempt = 1 if latest is None else latest.attempt + 1
        if attempt - trade.exits_forgiven > MAX_EXIT_ATTEMPTS:
            return call_operator(f"{MAX_EXIT_ATTEMPTS} exits did not close the position")
        return intent(status, OrderLeg.EXIT, attempt, position_quantity, "leave at market")
    if latest.status is OrderStatus.INTENT:
        return on(ActionKind.SEND, status, latest, "send the exit")
    return on(ActionKind.ASK, status, latest, "the exit is not known to be done")


def _may_have_left_nothing(orders: Sequence[OrderView], exit_order: OrderView | None) -> OrderView | None:
    """Return the order to ask for before another exit follows one that is over: a part that is not known to be
    done, or, when the venue refused the exit, a stop of unknown outcome, which may have closed the position."""
    if exit_order is None:
        return None
    part = latest_of(orders, OrderLeg.SCALE_OUT)
    if part is not None and not part.status.is_terminal:
        return part
    if exit_order.status is not OrderStatus.REJECTED:
        return None
    stops = (order for order in orders if order.leg is OrderLeg.STOP)
    return next((stop for stop in stops if stop.status is OrderStatus.SENDING), None)
