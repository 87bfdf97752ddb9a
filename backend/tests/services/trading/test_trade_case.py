"""A trade's orders as its rules see them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.trade_steps import RETRY_STOP_AFTER
from app.domain.types import OrderStatus
from app.models.order import Order
from app.models.trade import Trade
from app.services.trading.trade_case import TradeCase

FAILED_AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("status", "age", "expected"),
    [
        (OrderStatus.NOT_ACCEPTED, RETRY_STOP_AFTER - MOMENT, True),
        (OrderStatus.NOT_ACCEPTED, RETRY_STOP_AFTER, False),
        (OrderStatus.NOT_ACCEPTED, RETRY_STOP_AFTER + MOMENT, False),
        (OrderStatus.OPEN, timedelta(0), False),
    ],
)
def test_an_order_that_never_arrived_counts_as_lately_for_the_pause(
    status: OrderStatus, age: timedelta, expected: bool
) -> None:
    order = Order(
        client_order_id="stop-4",
        leg="stop",
        attempt=4,
        status=status.value,
        quantity=Decimal(1),
        filled_quantity=Decimal(0),
        updated_at=FAILED_AT,
    )
    (view,) = TradeCase(Trade(), [order], []).order_views(FAILED_AT + age)
    assert view.failed_lately is expected
