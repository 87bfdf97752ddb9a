"""The last step before an order leaves: halt, lease, limits; then INTENT -> SENDING with a signed deadline.

Everything happens under the trade's row lock; an entry decides first and then takes the shared halt lock, looks
whether it was stopped meanwhile, and is gone with the commit. Exits and stops skip the halt and the
limits, never the lease and the compare-and-swap.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.core.clock import utc_now
from app.domain.limits import ApprovedOrder
from app.domain.receive_window import receive_window_ms
from app.domain.types import OrderLeg, OrderSide
from app.domain.venue import OrderTicket, TimeInForce
from app.models.order import Order
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.desk import Desk
from app.services.trading.entry_gate import Routed, route_opening, still_approved
from app.services.trading.entry_refusals import NotYet
from app.services.trading.entry_routes import EntryTerms
from app.services.trading.trade_case import TOO_LATE, TradeCase

MILLISECOND = timedelta(milliseconds=1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Passed:
    """The order may leave, once, as this ticket; `approved` and `terms` are there for entries."""

    order: Order
    ticket: OrderTicket
    approved: ApprovedOrder | None
    terms: EntryTerms | None = None


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
) -> Passed | NotYet | None:
    """Take an intent to SENDING; None when an entry is refused, which is then written. An entry needs `terms`;
    the rest of one may have to wait for the book."""
    epoch = desk.leases.epoch(account.shard)
    if epoch is None:
        raise NotOurShardError(f"shard {account.shard} is not leased by this process")
    approved: ApprovedOrder | None = None
    routed: Routed | NotYet | None = None
    values: dict[str, object] = {}
    if OrderLeg(order.leg).opens:
        if terms is None:
            raise ValueError(f"{order.client_order_id} is an entry without terms")
        routed = await route_opening(desk, transaction, case, order, terms, now)
        if not isinstance(routed, Routed):
            return routed
        values |= routed.columns
    begun = await _begun(desk, transaction, case, order)
    price_of = desk.markets.quote if OrderLeg(order.leg).opens else desk.markets.noted_quote
    quote = await price_of(account.venue, order.symbol)
    if quote is not None:
        values["market_time"] = quote.market_time
        if order.leg != OrderLeg.STOP:
            values["requested_price"] = quote.mark_price
    if isinstance(routed, Routed):
        routed = await still_approved(desk, transaction, account, case, order, now, routed)
        if not isinstance(routed, Routed):
            return routed
        approved = routed.approved
    now = utc_now()  # to decide took a while, and the signature holds for a moment only
    window_ms = _window_ms(desk, order)
    gate_ms = None if begun is None else max(Decimal((now - begun) / MILLISECOND), ZERO)
    values |= {"deadline": now + timedelta(milliseconds=window_ms), "sent_at": now, "gate_ms": gate_ms}
    if not await transaction.orders.take_to_send(transaction.user_id, order, account.shard, epoch, values):
        raise NotOurShardError(f"{order.client_order_id} is not ours to send")
    return Passed(order, _ticket(order, now, window_ms), approved, terms)


def _window_ms(desk: Desk, order: Order) -> int:
    """For how long the signature holds. Facts that an entry rests on grow old; a stop or an exit has to arrive."""
    base_ms = desk.terms.receive_window_ms
    if OrderLeg(order.leg).opens or order.error_code != TOO_LATE:
        return base_ms
    return receive_window_ms(base_ms, order.retry_count or 0)


def _ticket(order: Order, now: datetime, window_ms: int) -> OrderTicket:
    return OrderTicket(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=OrderSide(order.side),
        quantity=order.quantity,
        timestamp_ms=int(now.timestamp() * 1000),
        receive_window_ms=window_ms,
        trigger_price=order.trigger_price,
        limit_price=order.limit_price,
        time_in_force=TimeInForce.GTC if order.time_in_force is None else TimeInForce(order.time_in_force),
    )


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
