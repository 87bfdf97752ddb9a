"""What an addition meets at the gate: the limits once more, and how its one order goes out.

It is the first slice of its route, immediate or cancelled: it neither waits in the book nor is followed by another.
"""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from app.domain.adding import PlanFigures, still_adding
from app.domain.fixed_point import UNIT
from app.domain.limits import ApprovedOrder
from app.domain.routing import Urgency
from app.domain.types import OrderSide
from app.models.order import Order
from app.repositories.trading_transaction import TradingTransaction
from app.repositories.written import as_written
from app.services.trading.desk import Desk
from app.services.trading.entry_gate import REST_TOO_SMALL, Routed, approve, turn_down
from app.services.trading.entry_refusals import NotYet
from app.services.trading.entry_routes import EntryTerms, route_breach, route_columns
from app.services.trading.fills_book import ZERO
from app.services.trading.trade_case import TradeCase


async def route_addition(
    desk: Desk,
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    terms: EntryTerms,
    now: datetime,
) -> Routed | NotYet | None:
    """Approve and route an addition; what is turned down is written, and ends it."""
    verdict = await approve(desk, transaction, case, order, now)
    if not isinstance(verdict, ApprovedOrder):
        return verdict
    intent = verdict.intent
    quantity = min(order.quantity, intent.size.quantity)
    if not terms.can_carry(quantity, intent.entry_price):
        return await turn_down(transaction, case, order, [REST_TOO_SMALL.breach()], now)
    route = terms.choose(OrderSide(order.side), quantity, intent.entry_price, Urgency.PROMPT)
    columns = route_columns(route, terms)
    if route.refusal is not None:
        as_written(order, columns)
        return await turn_down(transaction, case, order, [route_breach(route)], now, columns)
    await _plan(transaction, case, order, verdict, route.slices[0])
    return Routed(verdict, route.slices[0], columns | {"quantity": route.slices[0]})


async def _plan(
    transaction: TradingTransaction, case: TradeCase, order: Order, verdict: ApprovedOrder, quantity: Decimal
) -> None:
    """What is sent is what was approved last: its plan and its reservation follow."""
    found = await transaction.additions.numbered(transaction.user_id, case.trade.id, order.attempt)
    if found is None:
        raise LookupError(f"{order.client_order_id} is an addition without its row")
    addition, intent = found[0], verdict.intent
    approved = PlanFigures(
        quantity=intent.size.quantity,
        entry_price=intent.entry_price,
        notional=intent.size.notional,
        risk_amount=intent.size.risk_amount,
        stop_price=case.trade.stop_price,
    )
    sent = approved.part(quantity)
    addition.quantity, addition.entry_price, addition.stop_price = quantity, sent.entry_price, sent.stop_price
    addition.notional = sent.notional.quantize(UNIT, ROUND_CEILING)
    addition.risk_amount = sent.risk_amount.quantize(UNIT, ROUND_CEILING)
    case.trade.adding_notional, case.trade.adding_risk = still_adding(addition.plan, ZERO)
