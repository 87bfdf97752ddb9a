"""What an entry order meets at the gate: the limits once more, the choice of how it goes out, and the halt.

An entry that one order cannot carry is worked: each order of it comes here, is approved anew for what is held and
what is still wanted together, and is routed by the book of its own moment. What is turned down after something was
filled ends the entry and leaves the position as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from app.domain.accounting import money
from app.domain.limits import ApprovedOrder, RefusedOrder
from app.domain.position_size import PositionSize, Rung
from app.domain.routing import Route, RouteKind, RouteRefusal, Urgency
from app.domain.types import OrderLeg, OrderSide, OrderStatus, TradeStatus
from app.models.order import Order
from app.models.trade import Trade
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.repositories.written import as_written
from app.services.trading.addition_gate import plan_addition
from app.services.trading.answers import breach_rows
from app.services.trading.closing import finish
from app.services.trading.desk import Desk
from app.services.trading.entry_refusals import BreachRow, NotYet, Refusal
from app.services.trading.entry_routes import EntryTerms, route_breach, route_columns
from app.services.trading.execution_records import Outcome, log_attempt
from app.services.trading.trade_case import TradeCase

BOOK_AGAIN_SECONDS = 1.0
ZERO = Decimal(0)
WORKED = frozenset({RouteKind.SLICED, RouteKind.POSTED})
PASSES = frozenset({RouteRefusal.BOOK_UNKNOWN, RouteRefusal.SPREAD_TOO_WIDE})  # what a moment later may cure

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Routed:
    """An approved entry order and the columns that say how it goes out, its quantity among them."""

    approved: ApprovedOrder
    quantity: Decimal
    columns: dict[str, object]


SIGNAL_GONE = Refusal("signal_gone", "The signal is gone.")
REST_TOO_SMALL = Refusal("rest_too_small", "What is left of the entry is less than the venue takes.")
AGAIN = NotYet(0.0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be routed: base units, the price to reckon with, and how urgently. `is_rest`: it may be less than
    the venue takes. `may_pass`: where the book is not fit now, it is asked for again."""

    quantity: Decimal
    price: Decimal
    urgency: Urgency
    is_rest: bool
    may_pass: bool


async def route_opening(
    desk: Desk,
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    terms: EntryTerms,
    now: datetime,
) -> Routed | NotYet | None:
    """Approve and route one order of an entry, or an addition; what is turned down is written (None: the trade is
    over with it). An addition is the first slice of its route, immediate or cancelled: it neither waits in the book
    nor is followed by another."""
    verdict = await approve(desk, transaction, case, order, now)
    if not isinstance(verdict, ApprovedOrder):
        return verdict
    asked = _asked(case, order, verdict)
    if asked.is_rest and not terms.can_carry(asked.quantity, asked.price):
        return await turn_down(transaction, case, order, [REST_TOO_SMALL.breach()], now)
    route = terms.choose(OrderSide(order.side), asked.quantity, asked.price, asked.urgency)
    if asked.may_pass and route.refusal in PASSES:
        return NotYet(BOOK_AGAIN_SECONDS)
    columns = route_columns(route, terms)
    if route.refusal is not None:
        as_written(order, columns)
        return await turn_down(transaction, case, order, [route_breach(route)], now, columns)
    if order.leg == OrderLeg.ADD:
        await plan_addition(transaction, case, order, verdict, route.slices[0])
    elif case.trade.entry_until is not None:
        _shrink(case, first_of(verdict).quantity)
    else:
        _plan(case.trade, verdict, route, terms, now)
    log.info(
        "an order was routed",
        order=order.client_order_id,
        route=route.kind.value,
        why=route.reason,
        quantity=str(route.slices[0]),
    )
    return Routed(verdict, route.slices[0], columns | {"quantity": route.slices[0]})


def _asked(case: TradeCase, order: Order, verdict: ApprovedOrder) -> _Asked:
    intent, approved = verdict.intent, first_of(verdict).quantity
    if order.leg == OrderLeg.ADD:
        quantity = min(order.quantity, approved)
        return _Asked(quantity, intent.entry_price, Urgency.PROMPT, is_rest=True, may_pass=False)
    is_worked = case.trade.entry_until is not None
    price = case.trade.planned_entry_price if is_worked else intent.entry_price
    quantity = min(order.quantity, approved - case.entered_quantity())
    return _Asked(quantity, price, Urgency.PATIENT, is_rest=bool(case.fills), may_pass=is_worked)


async def approve(
    desk: Desk, transaction: TradingTransaction, case: TradeCase, order: Order, now: datetime
) -> ApprovedOrder | NotYet | None:
    """Decide once more about all that is held and wanted; a refusal is written. With less leverage than before it is
    asked about again, once the venue has been told."""
    verdict: ApprovedOrder | RefusedOrder | None = None
    leverage = case.trade.leverage
    if order.leg == OrderLeg.ADD:
        verdict = await desk.risk.additions.again(transaction, case, order)
    elif (signal := await desk.signal_of(transaction, case.trade)) is not None:
        verdict = await desk.risk.validate_again(transaction, case.trade, signal)
    if verdict is None:
        return await turn_down(transaction, case, order, [SIGNAL_GONE.breach()], now)
    if isinstance(verdict, RefusedOrder):
        return await turn_down(transaction, case, order, breach_rows(verdict.breaches), now)
    return verdict if case.trade.leverage == leverage else AGAIN


async def still_approved(
    desk: Desk,
    transaction: TradingTransaction,
    account: TradingAccount,
    case: TradeCase,
    order: Order,
    now: datetime,
    routed: Routed,
) -> Routed | NotYet | None:
    """Under the halt lock, which is held from here to the commit: nothing stops the entry. What came between is
    decided about by all the rules again: a refusal is written, and where less fits now it is routed anew."""
    await transaction.halt.share()
    if not await transaction.halt.stops(account):
        return routed
    verdict = await approve(desk, transaction, case, order, now)
    if not isinstance(verdict, ApprovedOrder):
        return verdict
    held = ZERO if order.leg == OrderLeg.ADD else case.entered_quantity()
    fits = first_of(verdict).quantity >= held + routed.quantity
    return replace(routed, approved=verdict) if fits else AGAIN


def first_of(verdict: ApprovedOrder) -> PositionSize | Rung:
    """What may be sent now: of a ladder its entry; the steps stay as they were reserved."""
    return verdict.intent.size.first or verdict.intent.size


def _plan(trade: Trade, verdict: ApprovedOrder, route: Route, terms: EntryTerms, now: datetime) -> None:
    """What is sent is what was approved last; the reservation follows it down, never up. An entry that is to be
    worked has until its deadline, which is written with its first order."""
    size = first_of(verdict)
    trade.planned_quantity = size.quantity
    trade.planned_notional = size.notional
    trade.risk_amount = size.risk_amount
    trade.planned_entry_price = verdict.intent.entry_price
    if route.kind in WORKED:
        trade.entry_until = now + timedelta(seconds=float(terms.settings.execution_timeout_seconds))
        trade.entry_cap_price = route.cap_price


def _shrink(case: TradeCase, approved: Decimal) -> None:
    """Less fits now than was planned, what is held included: the plan follows, at its own price."""
    trade = case.trade
    quantity = max(approved, case.entered_quantity())
    if quantity >= trade.planned_quantity:
        return
    share = quantity / trade.planned_quantity
    trade.planned_quantity = quantity
    trade.planned_notional = money(trade.planned_notional * share)
    trade.risk_amount = money(trade.risk_amount * share)


async def turn_down(
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    breaches: Sequence[BreachRow],
    now: datetime,
    columns: Mapping[str, object] | None = None,
) -> NotYet | None:
    """Write that an entry order was turned down before it was sent. An addition ends there, and what is held stays as
    it is. Where no order of the entry was at the venue
    before, that is the end of the trade, and its reservation is free; otherwise of the entry, whose decision stands:
    it was approved when the first one left. `columns` are the order's that say why."""
    reason = " ".join(str(breach["message"]) for breach in breaches)
    code = breaches[0]["code"] if breaches else "refused_at_gate"
    values = dict(columns or {}) | {"error_code": code, "error_message": reason}
    await transaction.orders.move(transaction.user_id, order, OrderStatus.REJECTED, values)
    await log_attempt(
        transaction, case, order, OrderStatus.REJECTED, now, error=reason, outcome=Outcome.REFUSED
    )
    log.info("an entry was refused at the gate", trade_id=str(case.trade.id), leg=order.leg, reason=reason)
    if order.leg == OrderLeg.ADD:
        await _refuse_addition(transaction, case, order, breaches)
        return AGAIN
    if any(one.leg == OrderLeg.ENTRY and one.exchange_order_id is not None for one in case.orders):
        case.trade.entry_stopped = True
        return AGAIN
    decision = await transaction.decisions.refuse(
        transaction.user_id, case.trade.id, breaches, signal_id=case.trade.signal_id
    )
    if decision is not None:
        transaction.announcements.changed(transaction.user_id, "decision", decision)
    await finish(transaction, case, TradeStatus.REJECTED)
    return None


async def _refuse_addition(
    transaction: TradingTransaction, case: TradeCase, order: Order, breaches: Sequence[BreachRow]
) -> None:
    """The decision about the addition becomes a refusal; the trade's own, about its entry, stands."""
    found = await transaction.additions.numbered(transaction.user_id, case.trade.id, order.attempt)
    if (
        found is None or found[0].signal_id is None
    ):  # a step was decided about with the entry; its order says why not
        return
    decision = await transaction.decisions.refuse(
        transaction.user_id, case.trade.id, breaches, signal_id=found[0].signal_id
    )
    if decision is not None:
        transaction.announcements.changed(transaction.user_id, "decision", decision)
