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
- FINISH        nothing is left to do: the trade's last status is `status`.
- CALL_OPERATOR status NEEDS_OPERATOR; `reason` is a sentence. Stops stay where they are.
- NOTHING       wait for the stream or the sweep.

`status`, on every action, is what the trade's status should now read; write it, in the step's transaction,
by compare-and-swap where it differs. Order of care: an unknown entry first (nobody can protect or leave
what nobody knows), then leaving, then protection, then the stop's price. A stop is cancelled only when
the position is gone or when a newer stop is live; a replacement is placed before its predecessor goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.domain.types import ExitReason, OrderLeg, OrderStatus, Side, TradeStatus

MAX_ENTRY_ATTEMPTS: Final = 3
MAX_STOP_FAILURES: Final = 3
MAX_EXIT_ATTEMPTS: Final = 60
MAX_STOP_ATTEMPTS: Final = 1200  # of 1295 that a client order id can name
_LIVE: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeView:
    """A trade as it is written down. `quantity` is what the entry asks for; `entered_quantity` the sum of
    entry fills; `stop_price` the stop that is wanted now; `exit_reason` is set once leaving is decided;
    `may_enter` is False once the signal is too old for another entry attempt; `unprotected_too_long` once
    the time without a live stop is over its bound."""

    status: TradeStatus
    side: Side
    quantity: Decimal
    entered_quantity: Decimal
    stop_price: Decimal | None
    exit_reason: ExitReason | None = None
    may_enter: bool = True
    unprotected_too_long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order as it is written down. `filled_quantity` is the venue's word, `recorded_quantity` the sum of
    our fills of it. `would_trigger` marks a stop that the venue refused because the price is beyond it."""

    client_order_id: str
    leg: OrderLeg
    attempt: int
    status: OrderStatus
    quantity: Decimal
    filled_quantity: Decimal = Decimal(0)
    recorded_quantity: Decimal = Decimal(0)
    trigger_price: Decimal | None = None
    would_trigger: bool = False


class ActionKind(StrEnum):
    """The step to carry out; the module's docstring says how."""

    WRITE_INTENT = "write_intent"
    SEND = "send"
    ASK = "ask"
    READ_FILLS = "read_fills"
    CANCEL = "cancel"
    DROP = "drop"
    FINISH = "finish"
    CALL_OPERATOR = "call_operator"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step. `client_order_id` names an existing order (SEND, ASK, READ_FILLS, CANCEL, DROP); leg,
    attempt, quantity, trigger_price and replaces describe a new one (WRITE_INTENT). An exit that we decide
    on here (no stop can be placed) carries its `exit_reason`."""

    kind: ActionKind
    status: TradeStatus
    reason: str
    client_order_id: str | None = None
    leg: OrderLeg | None = None
    attempt: int | None = None
    quantity: Decimal | None = None
    trigger_price: Decimal | None = None
    replaces: str | None = None
    exit_reason: ExitReason | None = None


def next_action(trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal) -> Action:
    """Return the one step to take now. `position_quantity` is the sum of the trade's fills in base units:
    entry less stop and exit, >= 0 in a sound trade."""
    if trade.status.is_terminal:
        return _act(ActionKind.NOTHING, trade.status, "the trade is over")
    if position_quantity < 0:
        return _operator("more was closed than opened: the fills do not add up")
    if position_quantity > trade.entered_quantity:
        return _operator("the position is larger than its entry fills")
    unread = next((order for order in orders if order.filled_quantity > order.recorded_quantity), None)
    if unread is not None:
        return _on(ActionKind.READ_FILLS, _status(trade, orders, position_quantity), unread, "fills missing")
    if trade.entered_quantity == 0:
        return _before_entry(trade, orders)
    if position_quantity == 0:
        return _after_flat(trade, orders)
    entry = _newest(orders, OrderLeg.ENTRY)
    status = _status(trade, orders, position_quantity)
    if entry is not None and entry.status is OrderStatus.SENDING:
        return _on(ActionKind.ASK, status, entry, "the entry's outcome is unknown")
    if trade.exit_reason is not None or trade.status is TradeStatus.EXITING:
        return _leave(orders, position_quantity)
    return _protect(trade, orders, position_quantity, status)


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
    covered = any(_covers(order, position_quantity) for order in orders)
    return TradeStatus.PROTECTED if covered else TradeStatus.OPEN_UNPROTECTED


def _covers(order: OrderView, position_quantity: Decimal) -> bool:
    remaining = order.quantity - order.filled_quantity
    return order.leg is OrderLeg.STOP and order.status in _LIVE and remaining >= position_quantity


def _before_entry(trade: TradeView, orders: Sequence[OrderView]) -> Action:
    """Nothing is filled yet: enter, or end without ever having entered."""
    entry = _newest(orders, OrderLeg.ENTRY)
    wanted = trade.exit_reason is None and trade.may_enter
    if entry is None:
        if not wanted:
            return _act(ActionKind.FINISH, TradeStatus.EXPIRED, "the entry is not wanted any more")
        return _intent(TradeStatus.INTENT, OrderLeg.ENTRY, 1, trade.quantity, "enter")
    match entry.status:
        case OrderStatus.INTENT:
            if wanted:
                return _on(ActionKind.SEND, TradeStatus.ENTERING, entry, "send the entry")
            return _on(ActionKind.DROP, trade.status, entry, "the entry is not wanted any more")
        case OrderStatus.SENDING:
            return _on(ActionKind.ASK, TradeStatus.ENTERING, entry, "the entry's outcome is unknown")
        case OrderStatus.OPEN | OrderStatus.PARTIAL:
            kind = ActionKind.ASK if wanted else ActionKind.CANCEL
            return _on(kind, TradeStatus.ENTERING, entry, "the entry rests at the venue")
        case OrderStatus.REJECTED:
            return _act(ActionKind.FINISH, TradeStatus.REJECTED, "the venue refused the entry")
        case OrderStatus.NOT_ACCEPTED if wanted and entry.attempt < MAX_ENTRY_ATTEMPTS:
            return _intent(
                TradeStatus.ENTERING, OrderLeg.ENTRY, entry.attempt + 1, trade.quantity, "enter again"
            )
        case OrderStatus.FILLED:
            return _on(ActionKind.READ_FILLS, TradeStatus.ENTERING, entry, "filled, but no fills recorded")
        case _:
            return _act(ActionKind.FINISH, TradeStatus.EXPIRED, "the entry never came to a fill")


def _after_flat(trade: TradeView, orders: Sequence[OrderView]) -> Action:
    """The position is gone: clear away what is left, the stop last, then close."""
    for leg in (OrderLeg.ENTRY, OrderLeg.EXIT, OrderLeg.STOP):
        for order in orders:
            if order.leg is not leg or order.status.is_terminal:
                continue
            if order.status is OrderStatus.INTENT:
                return _on(ActionKind.DROP, trade.status, order, "the position is gone")
            if order.status is OrderStatus.SENDING:
                return _on(ActionKind.ASK, trade.status, order, f"the {leg}'s outcome is unknown")
            return _on(ActionKind.CANCEL, trade.status, order, "the position is gone")
    return _act(ActionKind.FINISH, TradeStatus.CLOSED, "flat, and nothing of ours is left at the venue")


def _leave(orders: Sequence[OrderView], position_quantity: Decimal) -> Action:
    """Leaving is decided: reduce-only at market until flat. The stop stays until the position is gone."""
    status = TradeStatus.EXITING
    entry = _newest(orders, OrderLeg.ENTRY)
    if entry is not None and entry.status in _LIVE:
        return _on(ActionKind.CANCEL, status, entry, "leaving, so the rest of the entry is not wanted")
    latest = _newest(orders, OrderLeg.EXIT)
    if latest is None or latest.status.is_terminal:
        attempt = 1 if latest is None else latest.attempt + 1
        if attempt > MAX_EXIT_ATTEMPTS:
            return _operator(f"{MAX_EXIT_ATTEMPTS} exits did not close the position")
        return _intent(status, OrderLeg.EXIT, attempt, position_quantity, "leave at market")
    if latest.status is OrderStatus.INTENT:
        return _on(ActionKind.SEND, status, latest, "send the exit")
    return _on(ActionKind.ASK, status, latest, "the exit is not known to be done")


def _protect(
    trade: TradeView, orders: Sequence[OrderView], position_quantity: Decimal, status: TradeStatus
) -> Action:
    """In a position that is to be kept: one live stop over all of it, at the wanted price."""
    newest = _newest(orders, OrderLeg.STOP)
    if trade.stop_price is None:
        return _leave_now(orders, position_quantity, ExitReason.UNPROTECTED, "the trade has no stop price")
    if newest is None:
        return _intent(status, OrderLeg.STOP, 1, position_quantity, "protect", trigger=trade.stop_price)
    match newest.status:
        case OrderStatus.INTENT if not trade.unprotected_too_long or status is TradeStatus.PROTECTED:
            return _on(ActionKind.SEND, status, newest, "send the stop")
        case OrderStatus.SENDING if not trade.unprotected_too_long or status is TradeStatus.PROTECTED:
            return _on(ActionKind.ASK, status, newest, "the stop's outcome is unknown")
        case OrderStatus.INTENT | OrderStatus.SENDING:
            return _leave_now(
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
    covers = _covers(newest, position_quantity)
    older = _live_stop_before(orders, newest)
    if older is not None and covers:
        return _on(ActionKind.CANCEL, status, older, "a newer stop is live")
    if (covers and newest.trigger_price == trade.stop_price) or newest.attempt >= MAX_STOP_ATTEMPTS:
        entry = _newest(orders, OrderLeg.ENTRY)
        if entry is not None and entry.status in _LIVE:
            return _on(ActionKind.ASK, status, entry, "the rest of the entry still rests")
        return _act(ActionKind.NOTHING, status, "protected")
    moved = _intent(
        status,
        OrderLeg.STOP,
        newest.attempt + 1,
        position_quantity,
        "move the stop",
        trigger=trade.stop_price,
    )
    return replace(moved, replaces=newest.client_order_id)


def _stop_failed(
    trade: TradeView,
    orders: Sequence[OrderView],
    newest: OrderView,
    position_quantity: Decimal,
    status: TradeStatus,
) -> Action:
    """The newest stop is over while the position is not: refused, lost, cancelled or filled in part."""
    if newest.would_trigger:
        return _leave_now(orders, position_quantity, ExitReason.STOP_LOSS, "the price is beyond the stop")
    if newest.status is OrderStatus.FILLED:
        return _leave_now(
            orders, position_quantity, ExitReason.STOP_LOSS, "the stop filled and left a remainder"
        )
    older = _live_stop_before(orders, newest)
    covered = older is not None and _covers(older, position_quantity)
    final = newest.status is OrderStatus.REJECTED or _failures(orders) >= MAX_STOP_FAILURES
    if covered and (
        (final and newest.trigger_price == trade.stop_price) or newest.attempt >= MAX_STOP_ATTEMPTS
    ):
        return _act(ActionKind.NOTHING, status, "the stop could not be moved; the former one protects")
    if trade.unprotected_too_long and status is not TradeStatus.PROTECTED:
        return _leave_now(
            orders, position_quantity, ExitReason.UNPROTECTED, "no stop could be placed in time"
        )
    failed = _failures(orders)
    if not covered and (failed >= MAX_STOP_FAILURES or newest.attempt >= MAX_STOP_ATTEMPTS):
        return _leave_now(
            orders,
            position_quantity,
            ExitReason.UNPROTECTED,
            f"{failed} stops failed, the last {newest.status}",
        )
    again = _intent(
        status,
        OrderLeg.STOP,
        newest.attempt + 1,
        position_quantity,
        "protect again",
        trigger=trade.stop_price,
    )
    return again if older is None else replace(again, replaces=older.client_order_id)


def _failures(orders: Sequence[OrderView]) -> int:
    """Return how many stops failed since the last one that was live."""
    count = 0
    stops = [order for order in orders if order.leg is OrderLeg.STOP]
    for order in sorted(stops, key=lambda stop: stop.attempt, reverse=True):
        if order.status not in (OrderStatus.REJECTED, OrderStatus.NOT_ACCEPTED):
            break
        count += 1
    return count


def _live_stop_before(orders: Sequence[OrderView], newest: OrderView) -> OrderView | None:
    live = [
        order
        for order in orders
        if order.leg is OrderLeg.STOP and order.status in _LIVE and order.attempt < newest.attempt
    ]
    return max(live, key=lambda order: order.attempt, default=None)


def _leave_now(
    orders: Sequence[OrderView], position_quantity: Decimal, exit_reason: ExitReason, reason: str
) -> Action:
    latest = _newest(orders, OrderLeg.EXIT)
    attempt = 1 if latest is None else latest.attempt + 1
    action = _intent(TradeStatus.EXITING, OrderLeg.EXIT, attempt, position_quantity, reason)
    return replace(action, exit_reason=exit_reason)


def _newest(orders: Sequence[OrderView], leg: OrderLeg) -> OrderView | None:
    return max((order for order in orders if order.leg is leg), key=lambda order: order.attempt, default=None)


def _act(kind: ActionKind, status: TradeStatus, reason: str) -> Action:
    return Action(kind=kind, status=status, reason=reason)


def _on(kind: ActionKind, status: TradeStatus, order: OrderView, reason: str) -> Action:
    return Action(
        kind=kind, status=status, reason=reason, client_order_id=order.client_order_id, leg=order.leg
    )


def _operator(reason: str) -> Action:
    return _act(ActionKind.CALL_OPERATOR, TradeStatus.NEEDS_OPERATOR, reason)


def _intent(
    status: TradeStatus,
    leg: OrderLeg,
    attempt: int,
    quantity: Decimal,
    reason: str,
    *,
    trigger: Decimal | None = None,
) -> Action:
    return Action(
        kind=ActionKind.WRITE_INTENT,
        status=status,
        reason=reason,
        leg=leg,
        attempt=attempt,
        quantity=quantity,
        trigger_price=trigger,
    )
