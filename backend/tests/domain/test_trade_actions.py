"""When a stop covers a position, and which of several orders is the latest."""

from decimal import Decimal

import pytest

from app.domain.trade_actions import LIVE, OrderView, covers, latest_of
from app.domain.types import OrderLeg, OrderStatus

D = Decimal


def order(
    status: OrderStatus = OrderStatus.OPEN, leg: OrderLeg = OrderLeg.STOP, attempt: int = 1
) -> OrderView:
    return OrderView(client_order_id=f"{attempt}", leg=leg, attempt=attempt, status=status, quantity=D(2))


@pytest.mark.parametrize(("position", "covered"), [("1.9", True), ("2", True), ("2.1", False)])
def test_a_stop_covers_up_to_its_quantity(position: str, covered: bool) -> None:
    assert covers(order(), D(position)) is covered


@pytest.mark.parametrize(("position", "covered"), [("1.4", True), ("1.5", True), ("1.6", False)])
def test_a_stop_that_was_filled_in_part_covers_what_is_left_of_it(position: str, covered: bool) -> None:
    stop = OrderView(
        client_order_id="1",
        leg=OrderLeg.STOP,
        attempt=1,
        status=OrderStatus.PARTIAL,
        quantity=D(2),
        filled_quantity=D("0.5"),
    )
    assert covers(stop, D(position)) is covered
    assert stop.recorded_quantity == 0


@pytest.mark.parametrize("status", OrderStatus)
def test_only_a_live_stop_covers(status: OrderStatus) -> None:
    assert covers(order(status), D(1)) is (status in LIVE)
    assert not covers(order(leg=OrderLeg.EXIT), D(1))


def test_the_latest_order_of_a_leg_is_that_of_the_highest_attempt() -> None:
    orders = [order(attempt=attempt) for attempt in (1, 3, 2)]
    assert latest_of(orders, OrderLeg.STOP) is orders[1]
    assert latest_of(orders, OrderLeg.EXIT) is None
