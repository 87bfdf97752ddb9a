"""What an approved addition is written as just before it leaves: its plan and its reservation follow what is sent."""

from decimal import ROUND_CEILING, Decimal

from app.domain.adding import PlanFigures, still_adding
from app.domain.fixed_point import UNIT
from app.domain.limits import ApprovedOrder
from app.models.order import Order
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.trade_case import ZERO, TradeCase


async def plan_addition(
    transaction: TradingTransaction, case: TradeCase, order: Order, verdict: ApprovedOrder, quantity: Decimal
) -> None:
    """What is sent is what was approved last. Raises LookupError for an order of no addition."""
    found = await transaction.additions.numbered(transaction.user_id, case.trade.id, order.attempt)
    if found is None:
        raise LookupError(f"{order.client_order_id} is an addition without its row")
    addition, sent = found[0], plan_of(verdict, case.trade.stop_price).part(quantity)
    addition.quantity, addition.entry_price, addition.stop_price = quantity, sent.entry_price, sent.stop_price
    addition.notional = sent.notional.quantize(UNIT, ROUND_CEILING)
    addition.risk_amount = sent.risk_amount.quantize(UNIT, ROUND_CEILING)
    case.trade.adding_notional, case.trade.adding_risk = still_adding(addition.plan, ZERO)


def plan_of(verdict: ApprovedOrder, stop_price: Decimal) -> PlanFigures:
    """What was approved, as it is planned: its loss is reckoned to that stop."""
    intent = verdict.intent
    return PlanFigures(
        quantity=intent.size.quantity,
        entry_price=intent.entry_price,
        notional=intent.size.notional,
        risk_amount=intent.size.risk_amount,
        stop_price=stop_price,
    )
