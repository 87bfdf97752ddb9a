"""Adding to a position, one written-down situation per test; and whatever becomes of the order, it is over."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.trade_steps import Action, OrderView, TradeView, next_action
from app.domain.types import ExitReason, OrderLeg, OrderStatus, TradeStatus
from tests.domain.trade_step_examples import (
    ENTERED,
    LEAVING,
    LIVE_STOP,
    ONE,
    PROTECTED,
    ZERO,
    brief,
    order,
)

HALF = Decimal("0.5")
ADDED = ONE + HALF
ADDING = replace(PROTECTED, adding=True)


def addition(status: OrderStatus, filled: Decimal = ZERO, attempt: int = 1) -> OrderView:
    return order(
        OrderLeg.ADD, status, attempt, quantity=HALF, filled_quantity=filled, recorded_quantity=filled
    )


def step(
    trade: TradeView, *orders: OrderView, position: Decimal = ONE, stop: OrderView = LIVE_STOP
) -> tuple[object, ...]:
    return brief(next_action(trade, [ENTERED, stop, *orders], position))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (OrderStatus.INTENT, ("send", "PROTECTED", "add-1")),
        (OrderStatus.SENDING, ("ask", "PROTECTED", "add-1")),
        (OrderStatus.OPEN, ("cancel", "PROTECTED", "add-1")),
        (OrderStatus.PARTIAL, ("cancel", "PROTECTED", "add-1")),
        (OrderStatus.REJECTED, ("end_add", "PROTECTED", None)),
        (OrderStatus.CANCELED, ("end_add", "PROTECTED", None)),
        (OrderStatus.NOT_ACCEPTED, ("end_add", "PROTECTED", None)),
    ],
)
def test_an_addition_is_one_order_that_neither_rests_nor_is_tried_again(
    status: OrderStatus, expected: tuple[object, ...]
) -> None:
    assert step(ADDING, addition(status)) == expected


def test_what_is_over_leaves_nothing_to_do() -> None:
    assert step(PROTECTED, addition(OrderStatus.REJECTED)) == ("nothing", "PROTECTED", None)
    assert step(PROTECTED) == ("nothing", "PROTECTED", None)
    assert step(ADDING) == ("end_add", "PROTECTED", None)  # a reservation without an order frees itself


@pytest.mark.parametrize(
    "trade",
    [
        replace(ADDING, scale_out_quantity=Decimal("0.2")),
        replace(ADDING, entered_quantity=Decimal("1.2")),
    ],
)
def test_nothing_is_added_to_a_position_of_which_a_part_was_left(trade: TradeView) -> None:
    assert step(trade, addition(OrderStatus.INTENT)) == ("drop", "PROTECTED", "add-1")


def test_an_addition_waits_for_the_stop() -> None:
    moved = replace(ADDING, stop_price=Decimal(97))
    assert step(moved, addition(OrderStatus.INTENT)) == ("write_intent", "PROTECTED", "new stop-2")
    lost = replace(LIVE_STOP, status=OrderStatus.CANCELED)
    found = step(ADDING, addition(OrderStatus.INTENT), stop=lost)
    assert found == ("write_intent", "OPEN_UNPROTECTED", "new stop-2")


def test_an_unknown_addition_holds_up_no_protection() -> None:
    lost = replace(LIVE_STOP, status=OrderStatus.CANCELED)
    found = step(ADDING, addition(OrderStatus.SENDING), stop=lost)
    assert found == ("write_intent", "OPEN_UNPROTECTED", "new stop-2")
    moved = replace(ADDING, stop_price=Decimal(97))
    assert step(moved, addition(OrderStatus.SENDING)) == ("ask", "PROTECTED", "add-1")


def test_what_was_added_is_read_and_the_stop_enlarged_before_the_former_one_goes() -> None:
    unread = replace(addition(OrderStatus.FILLED, HALF), recorded_quantity=ZERO)
    assert step(ADDING, unread) == ("read_fills", "PROTECTED", "add-1")
    trade, filled = replace(PROTECTED, entered_quantity=ADDED), addition(OrderStatus.FILLED, HALF)
    larger = next_action(trade, [ENTERED, LIVE_STOP, filled], ADDED)
    assert brief(larger) == ("write_intent", "OPEN_UNPROTECTED", "new stop-2")
    assert (larger.quantity, larger.replaces) == (ADDED, "stop-1")
    new = order(OrderLeg.STOP, OrderStatus.OPEN, 2, quantity=ADDED)
    assert step(trade, filled, new, position=ADDED) == ("cancel", "PROTECTED", "stop-1")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (OrderStatus.INTENT, ("drop", "EXITING", "add-1")),
        (OrderStatus.OPEN, ("cancel", "EXITING", "add-1")),
        (OrderStatus.PARTIAL, ("cancel", "EXITING", "add-1")),
        (OrderStatus.SENDING, ("write_intent", "EXITING", "new exit-1")),  # leaving waits for nobody
        (OrderStatus.REJECTED, ("end_add", "EXITING", None)),
    ],
)
def test_leaving_drops_or_cancels_an_addition(status: OrderStatus, expected: tuple[object, ...]) -> None:
    assert step(replace(LEAVING, adding=True), addition(status)) == expected


def test_an_addition_that_fills_after_the_exit_is_left_too() -> None:
    left = order(OrderLeg.EXIT, OrderStatus.FILLED)
    gone = replace(LEAVING, status=TradeStatus.EXITING, adding=True)
    unknown = addition(OrderStatus.SENDING)
    assert step(gone, unknown, left, position=ZERO) == ("ask", "EXITING", "add-1")
    filled = addition(OrderStatus.FILLED, HALF)
    later = replace(gone, entered_quantity=ADDED, adding=False)
    action = next_action(later, [ENTERED, LIVE_STOP, filled, left], HALF)
    assert brief(action) == ("write_intent", "EXITING", "new exit-2")
    assert action.quantity == HALF


def test_an_addition_that_fills_after_the_stop_did_is_left_at_market() -> None:
    fired = order(OrderLeg.STOP, OrderStatus.FILLED)
    trade = replace(PROTECTED, entered_quantity=ADDED)
    action = next_action(trade, [ENTERED, fired, addition(OrderStatus.FILLED, HALF)], HALF)
    assert (action.leg, action.quantity, action.exit_reason) == (
        OrderLeg.EXIT,
        HALF,
        ExitReason.STOP_LOSS,
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (OrderStatus.INTENT, ("drop", "PROTECTED", "add-1")),
        (OrderStatus.SENDING, ("ask", "PROTECTED", "add-1")),
        (OrderStatus.OPEN, ("cancel", "PROTECTED", "add-1")),
        (OrderStatus.CANCELED, ("end_add", "PROTECTED", None)),
    ],
)
def test_without_a_position_the_addition_is_cleared_away_before_the_trade_is_closed(
    status: OrderStatus, expected: tuple[object, ...]
) -> None:
    fired = order(OrderLeg.STOP, OrderStatus.FILLED)
    assert step(ADDING, addition(status), position=ZERO, stop=fired) == expected
    over: Action = next_action(PROTECTED, [ENTERED, fired, addition(OrderStatus.CANCELED)], ZERO)
    assert brief(over) == ("finish", "CLOSED", None)


LADDERED = replace(PROTECTED, ladder_price=Decimal(99))


def test_a_ladder_at_rest_leaves_nothing_to_do() -> None:
    assert step(LADDERED) == ("nothing", "PROTECTED", None)
    assert step(replace(LADDERED, adding=True), addition(OrderStatus.INTENT)) == (
        "send",
        "PROTECTED",
        "add-1",
    )


@pytest.mark.parametrize(
    "trade",
    [
        replace(LADDERED, scale_out_quantity=Decimal("0.2")),
        replace(LADDERED, entered_quantity=Decimal("1.2")),
        replace(LADDERED, ladder_price=PROTECTED.stop_price),
        replace(LADDERED, ladder_price=Decimal(1)),
    ],
)
def test_a_ladder_ends_with_the_first_part_that_leaves_and_where_the_stop_comes_first(
    trade: TradeView,
) -> None:
    assert step(trade) == ("end_ladder", "PROTECTED", None)


@pytest.mark.parametrize("position", [ONE, ZERO])
def test_a_ladder_ends_when_the_position_is_left_or_gone(position: Decimal) -> None:
    leaving = replace(LADDERED, exit_reason=ExitReason.MANUAL)
    found = (
        step(leaving, position=position)
        if position
        else step(leaving, position=position, stop=replace(LIVE_STOP, status=OrderStatus.CANCELED))
    )
    assert found[0] == "end_ladder"
    assert step(replace(leaving, ladder_price=None), position=ONE)[0] == "write_intent"


@pytest.mark.parametrize(
    ("price", "expected"),
    [("0.96", "nothing"), ("0.951", "nothing"), ("0.95", "end_ladder"), ("0.94", "end_ladder")],
)
def test_the_ladder_of_a_coin_of_cents_ends_at_its_stop(price: str, expected: str) -> None:
    stop = Decimal("0.95")
    trade = replace(PROTECTED, stop_price=stop, ladder_price=Decimal(price))
    standing = replace(LIVE_STOP, trigger_price=stop)
    assert step(trade, stop=standing) == (expected, "PROTECTED", None)
