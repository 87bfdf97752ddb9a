"""How a trade is left, whole and in parts: its exits, what happens to its stop, and how it ends."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.trade_steps import (
    MAX_EXIT_ATTEMPTS,
    MAX_SCALE_OUT_FAILURES,
    OrderView,
    next_action,
)
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

_EXIT_STEPS = [
    ([], ("write_intent", "EXITING", "new exit-1")),
    ([order(OrderLeg.EXIT, OrderStatus.INTENT)], ("send", "EXITING", "exit-1")),
    ([order(OrderLeg.EXIT, OrderStatus.SENDING)], ("ask", "EXITING", "exit-1")),
    ([order(OrderLeg.EXIT, OrderStatus.OPEN)], ("ask", "EXITING", "exit-1")),
    ([order(OrderLeg.EXIT, OrderStatus.NOT_ACCEPTED)], ("write_intent", "EXITING", "new exit-2")),
    ([order(OrderLeg.EXIT, OrderStatus.REJECTED)], ("write_intent", "EXITING", "new exit-2")),
    (
        [order(OrderLeg.EXIT, OrderStatus.REJECTED, MAX_EXIT_ATTEMPTS)],
        ("call_operator", "NEEDS_OPERATOR", None),
    ),
]


@pytest.mark.parametrize(("exits", "step"), _EXIT_STEPS)
def test_leaving_never_touches_the_stop(exits: list[OrderView], step: tuple[object, ...]) -> None:
    assert brief(next_action(LEAVING, [ENTERED, LIVE_STOP, *exits], ONE)) == step


def test_leaving_without_a_live_stop_does_not_wait_for_one() -> None:
    lost = order(OrderLeg.STOP, OrderStatus.SENDING)
    assert brief(next_action(LEAVING, [ENTERED, lost], ONE)) == ("write_intent", "EXITING", "new exit-1")


@pytest.mark.parametrize(
    ("former", "step"),
    [
        (OrderStatus.REJECTED, ("ask", "EXITING", "stop-2")),
        (OrderStatus.NOT_ACCEPTED, ("write_intent", "EXITING", "new exit-2")),
        (OrderStatus.CANCELED, ("write_intent", "EXITING", "new exit-2")),
    ],
)
def test_a_refused_exit_asks_for_a_stop_of_unknown_outcome_which_may_have_closed_the_position(
    former: OrderStatus, step: tuple[object, ...]
) -> None:
    moved = order(OrderLeg.STOP, OrderStatus.SENDING, 2)
    former_exit = order(OrderLeg.EXIT, former)
    assert brief(next_action(LEAVING, [ENTERED, LIVE_STOP, moved, former_exit], ONE)) == step
    known = replace(moved, status=OrderStatus.NOT_ACCEPTED)
    again = next_action(LEAVING, [ENTERED, LIVE_STOP, known, former_exit], ONE)
    assert brief(again) == ("write_intent", "EXITING", "new exit-2")


@pytest.mark.parametrize(("most", "leaving"), [("0.9", "0.9"), ("1", "1"), ("1.1", "1"), (None, "1")])
def test_what_leaves_is_at_most_the_largest_order_that_the_venue_takes(
    most: str | None, leaving: str
) -> None:
    largest = None if most is None else Decimal(most)
    limited = replace(LEAVING, largest_order=largest)
    assert next_action(limited, [ENTERED, LIVE_STOP], ONE).quantity == Decimal(leaving)
    gone = replace(LIVE_STOP, status=OrderStatus.FILLED, quantity=Decimal("0.5"))
    stopped = replace(PROTECTED, largest_order=largest)
    assert next_action(stopped, [ENTERED, gone], ONE).quantity == Decimal(leaving)


@pytest.mark.parametrize(("most", "leaving"), [("0.2", "0.2"), ("0.3", "0.3"), ("0.4", "0.3")])
def test_a_part_is_at_most_the_largest_order_that_the_venue_takes(most: str, leaving: str) -> None:
    limited = replace(PROTECTED, scale_out_quantity=Decimal("0.3"), largest_order=Decimal(most))
    assert next_action(limited, [ENTERED, LIVE_STOP], ONE).quantity == Decimal(leaving)


def test_a_stop_is_over_the_whole_position_however_large() -> None:
    limited = replace(PROTECTED, largest_order=Decimal("0.5"))
    assert next_action(limited, [ENTERED], ONE).quantity == ONE


def test_leaving_waits_for_an_entry_whose_outcome_is_unknown() -> None:
    sending = order(OrderLeg.ENTRY, OrderStatus.SENDING)
    assert brief(next_action(LEAVING, [sending, LIVE_STOP], ONE)) == ("ask", "EXITING", "entry-1")


def test_leaving_cancels_the_rest_of_the_entry_first() -> None:
    partial = order(OrderLeg.ENTRY, OrderStatus.OPEN)
    assert brief(next_action(LEAVING, [partial, LIVE_STOP], ONE)) == ("cancel", "EXITING", "entry-1")


def test_an_exit_that_left_a_remainder_is_followed_by_one_over_the_remainder() -> None:
    done = order(OrderLeg.EXIT, OrderStatus.FILLED)
    action = next_action(LEAVING, [ENTERED, LIVE_STOP, done], Decimal("0.3"))
    assert (brief(action), action.quantity) == (("write_intent", "EXITING", "new exit-2"), Decimal("0.3"))


def test_the_stop_is_cancelled_only_when_flat_and_then_the_trade_closes() -> None:
    done = order(OrderLeg.EXIT, OrderStatus.FILLED)
    gone = replace(LEAVING, status=TradeStatus.EXITING)
    assert brief(next_action(gone, [ENTERED, LIVE_STOP, done], ZERO)) == ("cancel", "EXITING", "stop-1")
    cancelled = replace(LIVE_STOP, status=OrderStatus.CANCELED)
    assert brief(next_action(gone, [ENTERED, cancelled, done], ZERO)) == ("finish", "CLOSED", None)


_LEFT_OVERS = [
    (order(OrderLeg.EXIT, OrderStatus.INTENT), "drop"),
    (order(OrderLeg.STOP, OrderStatus.INTENT, 2), "drop"),
    (order(OrderLeg.STOP, OrderStatus.SENDING, 2), "ask"),
    (order(OrderLeg.STOP, OrderStatus.OPEN, 2), "cancel"),
    (order(OrderLeg.ENTRY, OrderStatus.OPEN, 2), "cancel"),
]


@pytest.mark.parametrize(("left", "kind"), _LEFT_OVERS)
def test_a_flat_trade_clears_away_what_is_left_before_it_closes(left: OrderView, kind: str) -> None:
    stopped = order(OrderLeg.STOP, OrderStatus.FILLED)
    action = next_action(PROTECTED, [ENTERED, stopped, left], ZERO)
    assert (action.kind, action.client_order_id) == (kind, left.client_order_id)


PART = Decimal("0.3")
DUE = replace(PROTECTED, scale_out_quantity=PART)
_PART_STEPS = [
    ([], ("write_intent", "PROTECTED", "new scale_out-1")),
    ([order(OrderLeg.SCALE_OUT, OrderStatus.INTENT)], ("send", "PROTECTED", "scale_out-1")),
    ([order(OrderLeg.SCALE_OUT, OrderStatus.SENDING)], ("ask", "PROTECTED", "scale_out-1")),
    ([order(OrderLeg.SCALE_OUT, OrderStatus.PARTIAL)], ("ask", "PROTECTED", "scale_out-1")),
    (
        [order(OrderLeg.SCALE_OUT, OrderStatus.NOT_ACCEPTED)],
        ("write_intent", "PROTECTED", "new scale_out-2"),
    ),
    (
        [order(OrderLeg.SCALE_OUT, OrderStatus.REJECTED, n) for n in range(1, MAX_SCALE_OUT_FAILURES + 1)],
        ("nothing", "PROTECTED", None),
    ),
]


@pytest.mark.parametrize(("parts", "step"), _PART_STEPS)
def test_a_part_that_is_due_leaves_from_a_protected_position(
    parts: list[OrderView], step: tuple[object, ...]
) -> None:
    assert brief(next_action(DUE, [ENTERED, LIVE_STOP, *parts], ONE)) == step


@pytest.mark.parametrize(("due", "left"), [("0.3", None), ("0.6", "0.31")])
def test_a_crumb_of_a_part_that_the_venue_refuses_leaves_with_the_next_part(
    due: str, left: str | None
) -> None:
    """Of the first part 0.29 left; 0.01 is below the venue's least order."""
    filled, crumb = Decimal("0.29"), Decimal("0.01")
    first = order(OrderLeg.SCALE_OUT, OrderStatus.CANCELED, filled_quantity=filled, recorded_quantity=filled)
    refused = [
        order(OrderLeg.SCALE_OUT, OrderStatus.REJECTED, n + 2, quantity=crumb)
        for n in range(MAX_SCALE_OUT_FAILURES)
    ]
    rest = ONE - filled
    trade = replace(PROTECTED, scale_out_quantity=Decimal(due))
    stop = replace(LIVE_STOP, quantity=rest)
    asked = next_action(trade, [ENTERED, stop, first, *refused], rest).quantity
    assert asked == (None if left is None else Decimal(left))


def test_a_part_asks_for_what_is_due_less_what_has_left() -> None:
    assert next_action(DUE, [ENTERED, LIVE_STOP], ONE).quantity == PART
    some = order(
        OrderLeg.SCALE_OUT,
        OrderStatus.CANCELED,
        quantity=PART,
        filled_quantity=Decimal("0.1"),
        recorded_quantity=Decimal("0.1"),
    )
    stop = replace(LIVE_STOP, quantity=Decimal("0.9"))
    assert next_action(DUE, [ENTERED, stop, some], Decimal("0.9")).quantity == Decimal("0.2")


def test_the_stop_comes_before_the_part_and_follows_it() -> None:
    assert next_action(replace(DUE, status=TradeStatus.OPEN_UNPROTECTED), [ENTERED], ONE).leg is OrderLeg.STOP
    done = order(
        OrderLeg.SCALE_OUT,
        OrderStatus.FILLED,
        quantity=PART,
        filled_quantity=PART,
        recorded_quantity=PART,
    )
    rest = ONE - PART
    action = next_action(DUE, [ENTERED, LIVE_STOP, done], rest)
    assert (action.leg, action.quantity, action.replaces) == (OrderLeg.STOP, rest, "stop-1")
    orders = [ENTERED, LIVE_STOP, done, order(OrderLeg.STOP, OrderStatus.OPEN, 2, quantity=rest)]
    assert brief(next_action(DUE, orders, rest)) == ("cancel", "PROTECTED", "stop-1")


def test_a_part_over_the_whole_rest_is_an_exit() -> None:
    action = next_action(replace(DUE, scale_out_quantity=ONE), [ENTERED, LIVE_STOP], ONE)
    assert (action.leg, action.exit_reason) == (OrderLeg.EXIT, ExitReason.TAKE_PROFIT)


def test_leaving_whole_drops_a_part_that_was_not_sent_and_asks_for_one_that_was() -> None:
    waiting = order(OrderLeg.SCALE_OUT, OrderStatus.INTENT)
    assert brief(next_action(LEAVING, [ENTERED, LIVE_STOP, waiting], ONE))[0] == "drop"
    sent = order(OrderLeg.SCALE_OUT, OrderStatus.SENDING)
    assert next_action(LEAVING, [ENTERED, LIVE_STOP, sent], ONE).leg is OrderLeg.EXIT
    refused = order(OrderLeg.EXIT, OrderStatus.REJECTED)
    assert brief(next_action(LEAVING, [ENTERED, LIVE_STOP, sent, refused], ONE)) == (
        "ask",
        "EXITING",
        "scale_out-1",
    )


@pytest.mark.parametrize(("attempt", "forgiven", "leg"), [(1, 1, OrderLeg.EXIT), (1, 0, None), (2, 1, None)])
def test_exits_that_were_forgiven_do_not_count(attempt: int, forgiven: int, leg: OrderLeg | None) -> None:
    trade = replace(LEAVING, exits_forgiven=forgiven)
    refused = order(OrderLeg.EXIT, OrderStatus.REJECTED, MAX_EXIT_ATTEMPTS + attempt - 1)
    assert next_action(trade, [ENTERED, LIVE_STOP, refused], ONE).leg is leg


def test_a_position_that_is_gone_keeps_its_status_until_all_fills_are_read() -> None:
    stopped = order(OrderLeg.STOP, OrderStatus.FILLED, recorded_quantity=ZERO)
    for trade in (PROTECTED, LEAVING):
        assert brief(next_action(trade, [ENTERED, stopped], ZERO)) == ("read_fills", "PROTECTED", "stop-1")
