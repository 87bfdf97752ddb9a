"""Trades and orders in the situations that their next step is asked about."""

from dataclasses import replace
from decimal import Decimal

from app.domain.trade_steps import (
    Action,
    OrderView,
    TradeView,
)
from app.domain.types import ExitReason, OrderLeg, OrderStatus, Side, TradeStatus
from tests.domain.examples import with_facts

ONE = Decimal(1)
ZERO = Decimal(0)
STOP = Decimal(95)
NEW = TradeView(
    status=TradeStatus.INTENT, side=Side.LONG, quantity=ONE, entered_quantity=ZERO, stop_price=STOP
)
IN = replace(NEW, status=TradeStatus.OPEN_UNPROTECTED, entered_quantity=ONE)
PROTECTED = replace(IN, status=TradeStatus.PROTECTED)
LEAVING = replace(PROTECTED, exit_reason=ExitReason.MANUAL)


def order(leg: OrderLeg, status: OrderStatus, attempt: int = 1, **changed: object) -> OrderView:
    filled = ONE if status is OrderStatus.FILLED else ZERO
    view = OrderView(
        client_order_id=f"{leg}-{attempt}",
        leg=leg,
        attempt=attempt,
        status=status,
        quantity=ONE,
        filled_quantity=filled,
        recorded_quantity=filled,
        trigger_price=STOP if leg is OrderLeg.STOP else None,
    )
    return with_facts(view, changed)


ENTERED = order(OrderLeg.ENTRY, OrderStatus.FILLED)
LIVE_STOP = order(OrderLeg.STOP, OrderStatus.OPEN)


def brief(action: Action) -> tuple[object, ...]:
    """Return kind, status and what it is about: an order's id, or the leg and attempt of a new one."""
    about = action.client_order_id or (f"new {action.leg}-{action.attempt}" if action.leg else None)
    return action.kind.value, action.status.value, about
