"""The last step before an order leaves: halt, lease, limits; then INTENT -> SENDING with a signed deadline.

Everything happens under the trade's row lock; an entry decides first and then takes the shared halt lock, looks
whether it was stopped meanwhile, and is gone with the commit. Exits and stops skip the halt and the
limits, never the lease and the compare-and-swap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from app.domain.limits import ApprovedOrder, RefusedOrder
from app.domain.types import OrderLeg, OrderSide, OrderStatus, TradeStatus
from app.domain.venue import OrderTicket, TimeInForce
from app.models.order import Order
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.repositories.written import as_written
from app.services.trading.answers import breach_rows
from app.services.trading.closing import finish
from app.services.trading.desk import Desk
from app.services.trading.entry_routes import EntryTerms, route_breach, route_columns
from app.services.trading.execution_records import Outcome, log_attempt
from app.services.trading.trade_case import TradeCase

Breach = dict[str, str | None]
MILLISECOND = timedelta(milliseconds=1)
ZERO = Decimal(0)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Passed:
    """The order may leave, once, as this ticket; `approved` and `terms` are there for entries."""

    order: Order
    ticket: OrderTicket
    approved: ApprovedOrder | None
    terms: EntryTerms | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry is turned down where no limit says so: a stable code and a sentence."""

    code: str
    message: str

    def breach(self) -> Breach:
        """The refusal as decisions keep it."""
        return {"code": self.code, "message": self.message, "limit": None, "value": None, "scope": None}


SIGNAL_GONE = Refusal("signal_gone", "The signal is gone.")


class NotOurShardError(Exception):
    """The lease of the account's shard is not, or no longer, ours: another executor acts."""


async def pass_gate(
    desk: Desk,
    transaction: TradingTransaction,
    account: TradingAccount,
    case: TradeCase,
    order: Order,
    now: datetime,
    terms: EntryTerms | None = None,
) -> Passed | None:
    """Take an intent to SENDING; None when an entry is refused, which is then written. An entry needs `terms`."""
    epoch = desk.leases.epoch(account.shard)
    if epoch is None:
        raise NotOurShardError(f"shard {account.shard} is not leased by this process")
    approved: ApprovedOrder | None = None
    values: dict[str, object] = {}
    if order.leg == OrderLeg.ENTRY:
        approved = await _approve(desk, transaction, case, order, now)
        if approved is None:
            return None
        if terms is None:
            raise ValueError(f"{order.client_order_id} is an entry without terms")
        routed = await _route(transaction, case, order, approved, terms, now)
        if routed is None:
            return None
        values |= routed
    deadline = now + timedelta(milliseconds=desk.terms.receive_window_ms)
    begun = await _begun(desk, transaction, case, order)
    gate_ms = None if begun is None else max(Decimal((now - begun) / MILLISECOND), ZERO)
    values |= {"deadline": deadline, "sent_at": now, "gate_ms": gate_ms}
    quote = await desk.markets.quote(account.venue, order.symbol)
    if quote is not None:
        values["market_time"] = quote.market_time
        if order.leg != OrderLeg.STOP:
            values["requested_price"] = quote.mark_price
    if approved is not None:
        approved = await _still_approved(desk, transaction, account, case, order, now, approved)
        if approved is None:
            return None
    quantity = order.quantity if approved is None else approved.intent.size.quantity
    values["quantity"] = quantity
    if not await transaction.orders.take_to_send(transaction.user_id, order, account.shard, epoch, values):
        raise NotOurShardError(f"{order.client_order_id} is not ours to send")
    return Passed(order, _ticket(desk, order, quantity, now), approved, terms)


def _ticket(desk: Desk, order: Order, quantity: Decimal, now: datetime) -> OrderTicket:
    return OrderTicket(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=OrderSide(order.side),
        quantity=quantity,
        timestamp_ms=int(now.timestamp() * 1000),
        receive_window_ms=desk.terms.receive_window_ms,
        trigger_price=order.trigger_price,
        limit_price=order.limit_price,
        time_in_force=TimeInForce.GTC if order.time_in_force is None else TimeInForce(order.time_in_force),
    )


async def _approve(
    desk: Desk, transaction: TradingTransaction, case: TradeCase, order: Order, now: datetime
) -> ApprovedOrder | None:
    """Decide once more. What is approved now is what is planned; a refusal is written."""
    signal = await desk.signal_of(transaction, case.trade)
    if signal is None:
        await refuse_entry(transaction, case, order, [SIGNAL_GONE.breach()], now)
        return None
    verdict = await desk.risk.validate_again(transaction, case.trade, signal)
    if isinstance(verdict, RefusedOrder):
        await refuse_entry(transaction, case, order, breach_rows(verdict.breaches), now)
        return None
    _trim(case, verdict)
    return verdict


async def _still_approved(
    desk: Desk,
    transaction: TradingTransaction,
    account: TradingAccount,
    case: TradeCase,
    order: Order,
    now: datetime,
    approved: ApprovedOrder,
) -> ApprovedOrder | None:
    """Under the halt lock, which is held from here to the commit: nothing stops the entry. What came between is
    decided about by all the rules again, and a refusal is written."""
    await transaction.halt.share()
    if not await transaction.halt.stops(account):
        return approved
    return await _approve(desk, transaction, case, order, now)


async def _route(
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    approved: ApprovedOrder,
    terms: EntryTerms,
    now: datetime,
) -> dict[str, object] | None:
    """Choose how the entry goes out; None when it is refused, which is then written with its figures."""
    intent = approved.intent
    route = terms.choose(OrderSide(order.side), intent.size.quantity, intent.entry_price)
    columns = route_columns(route, terms)
    if route.refusal is None:
        return columns
    as_written(order, columns)
    await refuse_entry(transaction, case, order, [route_breach(route)], now, columns)
    return None


async def _begun(
    desk: Desk, transaction: TradingTransaction, case: TradeCase, order: Order
) -> datetime | None:
    """When the work on this order began: an entry's with its signal, another's with its intent. None for what
    waited for somebody, and where it is not known."""
    if order.leg != OrderLeg.ENTRY:
        return order.created_at
    if case.trade.confirm_by is not None or order.attempt > 1:
        return None
    signal = await desk.signal_of(transaction, case.trade)
    return None if signal is None else signal.created_at


def _trim(case: TradeCase, verdict: ApprovedOrder) -> None:
    """What is sent is what was approved last; the reservation follows it down, never up."""
    size = verdict.intent.size
    case.trade.planned_quantity = size.quantity
    case.trade.planned_notional = size.notional
    case.trade.risk_amount = size.risk_amount
    case.trade.planned_entry_price = verdict.intent.entry_price


async def refuse_entry(
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    breaches: Sequence[Breach],
    now: datetime,
    columns: Mapping[str, object] | None = None,
) -> None:
    """Write that the entry was turned down before it was sent: the reservation is free. `columns` are the
    order's that say why."""
    reason = " ".join(str(breach["message"]) for breach in breaches)
    code = breaches[0]["code"] if breaches else "refused_at_gate"
    values = dict(columns or {}) | {"error_code": code, "error_message": reason}
    await transaction.orders.move(transaction.user_id, order, OrderStatus.REJECTED, values)
    await log_attempt(
        transaction, case, order, OrderStatus.REJECTED, now, error=reason, outcome=Outcome.REFUSED
    )
    decision = await transaction.decisions.refuse(transaction.user_id, case.trade.id, breaches)
    if decision is not None:
        transaction.announcements.changed(transaction.user_id, "decision", decision)
    await finish(transaction, case, TradeStatus.REJECTED)
    log.info("an entry was refused at the gate", trade_id=str(case.trade.id), reason=reason)
