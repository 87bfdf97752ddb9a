"""The last step before an order leaves: halt, lease, limits; then INTENT -> SENDING with a signed deadline.

Everything happens under the shared halt lock and the trade's row lock. Exits and stops skip the halt and the
limits, never the lease and the compare-and-swap.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.domain.limits import ApprovedOrder, RefusedOrder
from app.domain.types import OrderLeg, OrderSide, OrderStatus, TradeStatus
from app.domain.venue import OrderTicket
from app.models.order import Order
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.answers import breach_rows
from app.services.trading.closing import finish
from app.services.trading.desk import Desk
from app.services.trading.execution_records import log_attempt
from app.services.trading.trade_case import TradeCase

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Passed:
    """The order may leave, once, as this ticket; `approved` is there for entries."""

    order: Order
    ticket: OrderTicket
    approved: ApprovedOrder | None


class NotOurShardError(Exception):
    """The lease of the account's shard is not, or no longer, ours: another executor acts."""


async def pass_gate(
    desk: Desk,
    transaction: TradingTransaction,
    account: TradingAccount,
    case: TradeCase,
    order: Order,
    now: datetime,
) -> Passed | None:
    """Take an intent to SENDING; None when an entry is refused, which is then written."""
    epoch = desk.leases.epoch(account.shard)
    if epoch is None:
        raise NotOurShardError(f"shard {account.shard} is not leased by this process")
    approved: ApprovedOrder | None = None
    if order.leg == OrderLeg.ENTRY:
        await transaction.halt.share()
        signal = await desk.signal_of(transaction, case.trade)
        verdict = None
        if signal is not None:
            verdict = await desk.risk.validate_again(transaction, case.trade, signal)
        if not isinstance(verdict, ApprovedOrder):
            await _refuse(transaction, case, order, verdict, now)
            return None
        approved = verdict
        _trim(case, verdict)
    timestamp_ms = int(now.timestamp() * 1000)
    deadline = now + timedelta(milliseconds=desk.terms.receive_window_ms)
    quantity = order.quantity if approved is None else approved.intent.size.quantity
    values: dict[str, object] = {"deadline": deadline, "sent_at": now, "quantity": quantity}
    quote = await desk.markets.quote(account.venue, order.symbol)
    if quote is not None:
        values["market_time"] = quote.market_time
        if order.leg != OrderLeg.STOP:
            values["requested_price"] = quote.mark_price
    if not await transaction.orders.take_to_send(transaction.user_id, order, account.shard, epoch, values):
        raise NotOurShardError(f"{order.client_order_id} is not ours to send")
    ticket = OrderTicket(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=OrderSide(order.side),
        quantity=quantity,
        timestamp_ms=timestamp_ms,
        receive_window_ms=desk.terms.receive_window_ms,
        trigger_price=order.trigger_price,
    )
    return Passed(order, ticket, approved)


def _trim(case: TradeCase, verdict: ApprovedOrder) -> None:
    """What is sent is what was approved last; the reservation follows it down, never up."""
    size = verdict.intent.size
    case.trade.planned_quantity = size.quantity
    case.trade.planned_notional = size.notional
    case.trade.risk_amount = size.risk_amount
    case.trade.planned_entry_price = verdict.intent.entry_price


async def _refuse(
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    verdict: RefusedOrder | None,
    now: datetime,
) -> None:
    """Write that the entry was turned down at the gate: nothing was sent, the reservation is free."""
    breaches = () if verdict is None else verdict.breaches
    reason = " ".join(breach.message for breach in breaches) or "The signal is gone."
    values: dict[str, object] = {"error_code": "refused_at_gate", "error_message": reason}
    await transaction.orders.move(transaction.user_id, order, OrderStatus.REJECTED, values)
    await log_attempt(transaction, case, order, OrderStatus.REJECTED, now, error=reason)
    decision = await transaction.decisions.refuse(transaction.user_id, case.trade.id, breach_rows(breaches))
    if decision is not None:
        transaction.announcements.changed(transaction.user_id, "decision", decision)
    await finish(transaction, case, TradeStatus.REJECTED)
    log.info("an entry was refused at the gate", trade_id=str(case.trade.id), reason=reason)
