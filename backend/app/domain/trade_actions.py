"""The words of a trade's steps: a trade and its orders as the rules see them, and the step that they decide on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.domain.types import ExitReason, OrderLeg, OrderStatus, Side, TradeStatus

LIVE: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeView:
    """A trade as it is written down. `quantity` is what the entry asks for; `entered_quantity` the sum of
    entry fills; `stop_price` the stop that is wanted now; `exit_reason` is set once leaving is decided;
    `may_enter` is False once the signal is too old for another entry attempt, or for the rest of a resting
    one; `unprotected_too_long` once the time without a live stop is over its bound; `scale_out_quantity` is
    what should have been left in parts by now, in sum, >= 0; `exits_forgiven` is how many exit attempts an
    operator let pass when asking for more; `entry_worked` while an entry goes on in further orders, `adding` while
    something is reserved for an addition; `largest_order` is the most that the venue takes in one order at market, in
    base units, > 0; None where that is not known. `ladder_price` is where the next step of its ladder is bought, None
    where nothing is reserved for one."""

    status: TradeStatus
    side: Side
    quantity: Decimal
    entered_quantity: Decimal
    stop_price: Decimal | None
    exit_reason: ExitReason | None = None
    may_enter: bool = True
    unprotected_too_long: bool = False
    scale_out_quantity: Decimal = Decimal(0)
    exits_forgiven: int = 0
    entry_worked: bool = False
    adding: bool = False
    largest_order: Decimal | None = None
    ladder_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order as it is written down. `filled_quantity` is the venue's word, `recorded_quantity` the sum of
    our fills of it. `would_trigger` marks a stop that the venue refused because the price is beyond it,
    `would_take` a post-only order that it refused because the book has come to its price. `failed_lately`
    while an order that never arrived is too fresh to be followed by yet another try (`RETRY_STOP_AFTER`)."""

    client_order_id: str
    leg: OrderLeg
    attempt: int
    status: OrderStatus
    quantity: Decimal
    filled_quantity: Decimal = Decimal(0)
    recorded_quantity: Decimal = Decimal(0)
    trigger_price: Decimal | None = None
    would_trigger: bool = False
    would_take: bool = False
    failed_lately: bool = False


class ActionKind(StrEnum):
    """The step to carry out; the module's docstring says how."""

    WRITE_INTENT = "write_intent"
    SEND = "send"
    ASK = "ask"
    READ_FILLS = "read_fills"
    CANCEL = "cancel"
    DROP = "drop"
    END_ENTRY = "end_entry"
    END_ADD = "end_add"
    END_LADDER = "end_ladder"
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


def covers(order: OrderView, position_quantity: Decimal) -> bool:
    """Whether an order is a live stop over at least the whole position."""
    remaining = order.quantity - order.filled_quantity
    return order.leg is OrderLeg.STOP and order.status in LIVE and remaining >= position_quantity


def latest_of(orders: Sequence[OrderView], leg: OrderLeg) -> OrderView | None:
    """The order of that leg with the highest attempt; None without one."""
    return max((order for order in orders if order.leg is leg), key=lambda order: order.attempt, default=None)


def act(kind: ActionKind, status: TradeStatus, reason: str) -> Action:
    """A step about no order."""
    return Action(kind=kind, status=status, reason=reason)


def on(kind: ActionKind, status: TradeStatus, order: OrderView, reason: str) -> Action:
    """A step about an order that is there."""
    return Action(
        kind=kind, status=status, reason=reason, client_order_id=order.client_order_id, leg=order.leg
    )


def call_operator(reason: str) -> Action:
    """A person must look: the rules do not know what is right."""
    return act(ActionKind.CALL_OPERATOR, TradeStatus.NEEDS_OPERATOR, reason)


def intent(
    status: TradeStatus,
    leg: OrderLeg,
    attempt: int,
    quantity: Decimal,
    reason: str,
    *,
    trigger: Decimal | None = None,
) -> Action:
    """A new order, to be written down first."""
    return Action(
        kind=ActionKind.WRITE_INTENT,
        status=status,
        reason=reason,
        leg=leg,
        attempt=attempt,
        quantity=quantity,
        trigger_price=trigger,
    )


def leave_now(
    orders: Sequence[OrderView], position_quantity: Decimal, exit_reason: ExitReason, reason: str
) -> Action:
    """Decide to leave the whole position at market."""
    latest = latest_of(orders, OrderLeg.EXIT)
    attempt = 1 if latest is None else latest.attempt + 1
    action = intent(TradeStatus.EXITING, OrderLeg.EXIT, attempt, position_quantity, reason)
    return replace(action, exit_reason=exit_reason)
