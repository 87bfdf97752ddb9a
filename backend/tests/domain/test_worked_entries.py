"""Entries that go out in several orders, and stops and exits at the last attempt that is made of them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.trade_steps import MAX_STOP_ATTEMPTS, MAX_WORKED_ENTRIES, OrderView, next_action
from app.domain.types import OrderLeg, OrderStatus
from tests.domain.trade_step_examples import (
    ENTERED,
    IN,
    LIVE_STOP,
    NEW,
    ONE,
    PROTECTED,
    ZERO,
    brief,
    order,
)

WORKED = replace(PROTECTED, entered_quantity=Decimal("0.4"), entry_worked=True)
SOME = Decimal("0.4")
COVERED = replace(LIVE_STOP, quantity=SOME)


@pytest.mark.parametrize(
    ("last", "step"),
    [
        (order(OrderLeg.ENTRY, OrderStatus.CANCELED, 3), ("write_intent", "PROTECTED", "new entry-4")),
        (order(OrderLeg.ENTRY, OrderStatus.NOT_ACCEPTED, 3), ("write_intent", "PROTECTED", "new entry-4")),
        (
            order(OrderLeg.ENTRY, OrderStatus.REJECTED, 3, would_take=True),
            ("write_intent", "PROTECTED", "new entry-4"),
        ),
        (order(OrderLeg.ENTRY, OrderStatus.REJECTED, 3), ("end_entry", "PROTECTED", None)),
        (order(OrderLeg.ENTRY, OrderStatus.INTENT, 3), ("send", "PROTECTED", "entry-3")),
        (order(OrderLeg.ENTRY, OrderStatus.OPEN, 3), ("ask", "PROTECTED", "entry-3")),
        (order(OrderLeg.ENTRY, OrderStatus.CANCELED, MAX_WORKED_ENTRIES), ("end_entry", "PROTECTED", None)),
        (
            order(OrderLeg.ENTRY, OrderStatus.CANCELED, MAX_WORKED_ENTRIES - 1),
            ("write_intent", "PROTECTED", f"new entry-{MAX_WORKED_ENTRIES}"),
        ),
    ],
)
def test_an_entry_that_is_worked_goes_on_where_its_last_order_left_something(
    last: OrderView, step: tuple[object, ...]
) -> None:
    filled = order(OrderLeg.ENTRY, OrderStatus.FILLED, 1, quantity=SOME)
    filled = replace(filled, filled_quantity=SOME, recorded_quantity=SOME)
    action = next_action(WORKED, [filled, last, COVERED], SOME)
    assert brief(action) == step
    if step[0] == "write_intent":
        assert action.quantity == Decimal("0.6")
    unworked = next_action(replace(WORKED, entry_worked=False), [filled, last, COVERED], SOME)
    if last.status in (OrderStatus.CANCELED, OrderStatus.REJECTED):
        assert unworked.kind.value == "nothing"


@pytest.mark.parametrize("wanted", [True, False])
def test_what_is_filled_of_a_worked_entry_is_all_of_it_or_goes_on(wanted: bool) -> None:
    filled = order(OrderLeg.ENTRY, OrderStatus.FILLED, 1, quantity=SOME)
    filled = replace(filled, filled_quantity=SOME, recorded_quantity=SOME)
    trade = replace(WORKED, may_enter=wanted)
    kind = next_action(trade, [filled, COVERED], SOME)
    expected = ("write_intent", "PROTECTED", "new entry-2") if wanted else ("end_entry", "PROTECTED", None)
    assert brief(kind) == expected
    whole = replace(WORKED, entered_quantity=ONE, may_enter=wanted)
    assert brief(next_action(whole, [ENTERED, LIVE_STOP], ONE)) == ("end_entry", "PROTECTED", None)


def test_a_worked_entry_that_never_filled_is_followed_or_ends() -> None:
    nothing = replace(NEW, entry_worked=True)
    waited = order(OrderLeg.ENTRY, OrderStatus.CANCELED, 2)
    assert brief(next_action(nothing, [waited], ZERO)) == ("write_intent", "ENTERING", "new entry-3")
    assert brief(next_action(NEW, [waited], ZERO)) == ("finish", "EXPIRED", None)
    refused = order(OrderLeg.ENTRY, OrderStatus.REJECTED, 2, would_take=True)
    assert brief(next_action(nothing, [refused], ZERO)) == ("write_intent", "ENTERING", "new entry-3")
    assert brief(next_action(NEW, [refused], ZERO)) == ("finish", "EXPIRED", None)


@pytest.mark.parametrize(("attempt", "moves"), [(MAX_STOP_ATTEMPTS - 1, True), (MAX_STOP_ATTEMPTS, False)])
def test_a_stop_is_moved_as_often_as_an_order_can_be_named(attempt: int, moves: bool) -> None:
    moved = replace(PROTECTED, stop_price=Decimal(97))
    live = order(OrderLeg.STOP, OrderStatus.OPEN, attempt)
    assert (next_action(moved, [ENTERED, live], ONE).kind.value == "write_intent") is moves
    failed = order(OrderLeg.STOP, OrderStatus.NOT_ACCEPTED, attempt, trigger_price=Decimal(97))
    assert (next_action(moved, [ENTERED, LIVE_STOP, failed], ONE).kind.value == "write_intent") is moves
    naked = next_action(IN, [ENTERED, failed], ONE)
    assert naked.leg is (OrderLeg.STOP if moves else OrderLeg.EXIT)


def test_leaving_counts_on_from_the_exits_that_were_tried() -> None:
    beyond = order(OrderLeg.STOP, OrderStatus.REJECTED, would_trigger=True)
    tried = order(OrderLeg.EXIT, OrderStatus.REJECTED, 4)
    assert brief(next_action(IN, [ENTERED, tried, beyond], ONE)) == ("write_intent", "EXITING", "new exit-5")


FILLED = replace(
    order(OrderLeg.ENTRY, OrderStatus.FILLED, quantity=SOME), filled_quantity=SOME, recorded_quantity=SOME
)
REST = order(OrderLeg.ENTRY, OrderStatus.INTENT, 2)


def test_the_rest_of_an_entry_that_is_not_sent_yet_is_sent_while_the_position_stands_whole() -> None:
    assert brief(next_action(WORKED, [FILLED, REST, COVERED], SOME)) == ("send", "PROTECTED", "entry-2")


def test_of_a_position_that_its_stop_left_in_part_the_rest_of_the_entry_is_dropped() -> None:
    stopped = replace(
        COVERED, status=OrderStatus.PARTIAL, filled_quantity=SOME / 2, recorded_quantity=SOME / 2
    )
    action = next_action(WORKED, [FILLED, REST, stopped], SOME / 2)
    assert brief(action) == ("drop", "PROTECTED", "entry-2")
    assert action.reason == "the rest of the entry is not wanted any more"


def test_of_a_position_of_which_a_part_is_due_the_rest_of_the_entry_is_dropped() -> None:
    due = replace(WORKED, scale_out_quantity=SOME / 2)
    assert brief(next_action(due, [FILLED, REST, COVERED], SOME)) == ("drop", "PROTECTED", "entry-2")


def test_an_entry_that_is_filled_but_not_written_down_is_read_and_never_made_again() -> None:
    trade = replace(NEW, entry_worked=True)
    action = next_action(trade, [order(OrderLeg.ENTRY, OrderStatus.FILLED)], ZERO)
    assert brief(action) == ("read_fills", "ENTERING", "entry-1")
