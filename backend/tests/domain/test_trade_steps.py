"""What a trade does next, one written-down situation per test, and a venue that fails at random."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.order_states import can_move
from app.domain.trade_steps import (
    MAX_ENTRY_ATTEMPTS,
    MAX_STOP_FAILURES,
    Action,
    ActionKind,
    OrderView,
    TradeView,
    next_action,
    not_found_means,
)
from app.domain.types import ExitReason, OrderLeg, OrderStatus, TradeStatus
from tests.domain.examples import with_facts
from tests.domain.trade_step_examples import (
    ENTERED,
    IN,
    LIVE_STOP,
    NEW,
    ONE,
    PROTECTED,
    STOP,
    ZERO,
    brief,
    order,
)

_ENTRY_STEPS = [
    (OrderStatus.INTENT, {}, ("send", "ENTERING", "entry-1")),
    (OrderStatus.INTENT, {"may_enter": False}, ("drop", "INTENT", "entry-1")),
    (OrderStatus.INTENT, {"exit_reason": ExitReason.MANUAL}, ("drop", "INTENT", "entry-1")),
    (OrderStatus.SENDING, {}, ("ask", "ENTERING", "entry-1")),
    (OrderStatus.SENDING, {"may_enter": False}, ("ask", "ENTERING", "entry-1")),
    (OrderStatus.OPEN, {}, ("ask", "ENTERING", "entry-1")),
    (OrderStatus.OPEN, {"exit_reason": ExitReason.MANUAL}, ("cancel", "ENTERING", "entry-1")),
    (OrderStatus.NOT_ACCEPTED, {}, ("write_intent", "ENTERING", "new entry-2")),
    (OrderStatus.NOT_ACCEPTED, {"may_enter": False}, ("finish", "EXPIRED", None)),
    (OrderStatus.REJECTED, {}, ("finish", "REJECTED", None)),
    (OrderStatus.CANCELED, {}, ("finish", "EXPIRED", None)),
]


@pytest.mark.parametrize(("status", "changed", "step"), _ENTRY_STEPS)
def test_before_the_first_fill(
    status: OrderStatus, changed: dict[str, object], step: tuple[object, ...]
) -> None:
    trade = with_facts(NEW, changed)
    assert brief(next_action(trade, [order(OrderLeg.ENTRY, status)], ZERO)) == step


def test_a_trade_without_an_entry_order_writes_its_intent() -> None:
    action = next_action(NEW, [], ZERO)
    assert brief(action) == ("write_intent", "INTENT", "new entry-1")
    assert action.quantity == ONE
    assert brief(next_action(replace(NEW, may_enter=False), [], ZERO)) == ("finish", "EXPIRED", None)


def test_the_last_entry_attempt_that_was_not_accepted_ends_the_trade() -> None:
    last = order(OrderLeg.ENTRY, OrderStatus.NOT_ACCEPTED, MAX_ENTRY_ATTEMPTS)
    assert brief(next_action(NEW, [last], ZERO)) == ("finish", "EXPIRED", None)
    before = order(OrderLeg.ENTRY, OrderStatus.NOT_ACCEPTED, MAX_ENTRY_ATTEMPTS - 1)
    assert next_action(NEW, [before], ZERO).attempt == MAX_ENTRY_ATTEMPTS


def test_fills_that_are_not_recorded_are_read_before_anything_else() -> None:
    unread = replace(ENTERED, recorded_quantity=ZERO)
    assert brief(next_action(NEW, [unread], ZERO)) == ("read_fills", "INTENT", "entry-1")
    stopped = order(OrderLeg.STOP, OrderStatus.FILLED, recorded_quantity=ZERO)
    assert brief(next_action(PROTECTED, [ENTERED, stopped], ONE)) == (
        "read_fills",
        "OPEN_UNPROTECTED",
        "stop-1",
    )


_STOP_STEPS = [
    ([], ("write_intent", "OPEN_UNPROTECTED", "new stop-1")),
    ([order(OrderLeg.STOP, OrderStatus.INTENT)], ("send", "OPEN_UNPROTECTED", "stop-1")),
    ([order(OrderLeg.STOP, OrderStatus.SENDING)], ("ask", "OPEN_UNPROTECTED", "stop-1")),
    ([LIVE_STOP], ("nothing", "PROTECTED", None)),
    ([order(OrderLeg.STOP, OrderStatus.NOT_ACCEPTED)], ("write_intent", "OPEN_UNPROTECTED", "new stop-2")),
    ([order(OrderLeg.STOP, OrderStatus.REJECTED)], ("write_intent", "OPEN_UNPROTECTED", "new stop-2")),
    ([order(OrderLeg.STOP, OrderStatus.CANCELED)], ("write_intent", "OPEN_UNPROTECTED", "new stop-2")),
    (
        [order(OrderLeg.STOP, OrderStatus.REJECTED, would_trigger=True)],
        ("write_intent", "EXITING", "new exit-1"),
    ),
    ([order(OrderLeg.STOP, OrderStatus.FILLED)], ("write_intent", "EXITING", "new exit-1")),
]


@pytest.mark.parametrize(("stops", "step"), _STOP_STEPS)
def test_a_position_gets_its_stop(stops: list[OrderView], step: tuple[object, ...]) -> None:
    assert brief(next_action(IN, [ENTERED, *stops], ONE)) == step


def test_the_first_stop_is_over_the_whole_position_at_the_wanted_price() -> None:
    action = next_action(replace(IN, entered_quantity=Decimal("0.4")), [], Decimal("0.4"))
    assert (action.quantity, action.trigger_price) == (Decimal("0.4"), STOP)


def test_too_many_failed_stops_leave_at_market() -> None:
    failed = [order(OrderLeg.STOP, OrderStatus.REJECTED, n) for n in range(1, MAX_STOP_FAILURES + 1)]
    action = next_action(IN, [ENTERED, *failed], ONE)
    assert brief(action) == ("write_intent", "EXITING", "new exit-1")
    assert action.exit_reason is ExitReason.UNPROTECTED
    assert next_action(IN, [ENTERED, *failed[:-1]], ONE).leg is OrderLeg.STOP


@pytest.mark.parametrize("status", [OrderStatus.INTENT, OrderStatus.SENDING, OrderStatus.NOT_ACCEPTED])
def test_too_long_without_a_stop_leaves_at_market(status: OrderStatus) -> None:
    late = replace(IN, unprotected_too_long=True)
    action = next_action(late, [ENTERED, order(OrderLeg.STOP, status)], ONE)
    assert (action.leg, action.exit_reason) == (OrderLeg.EXIT, ExitReason.UNPROTECTED)


def test_a_position_without_a_stop_price_is_left_at_market() -> None:
    action = next_action(replace(IN, stop_price=None), [ENTERED], ONE)
    assert (action.leg, action.exit_reason) == (OrderLeg.EXIT, ExitReason.UNPROTECTED)


def test_a_moved_stop_is_placed_before_the_former_one_is_cancelled() -> None:
    moved = replace(PROTECTED, stop_price=Decimal(97))
    first = next_action(moved, [ENTERED, LIVE_STOP], ONE)
    assert brief(first) == ("write_intent", "PROTECTED", "new stop-2")
    assert (first.trigger_price, first.replaces) == (Decimal(97), "stop-1")
    second = order(OrderLeg.STOP, OrderStatus.INTENT, 2, trigger_price=Decimal(97))
    orders = [ENTERED, LIVE_STOP, second]
    assert brief(next_action(moved, orders, ONE)) == ("send", "PROTECTED", "stop-2")
    orders[2] = replace(second, status=OrderStatus.SENDING)
    assert brief(next_action(moved, orders, ONE)) == ("ask", "PROTECTED", "stop-2")
    orders[2] = replace(second, status=OrderStatus.OPEN)
    assert brief(next_action(moved, orders, ONE)) == ("cancel", "PROTECTED", "stop-1")
    orders[1] = replace(LIVE_STOP, status=OrderStatus.CANCELED)
    assert brief(next_action(moved, orders, ONE)) == ("nothing", "PROTECTED", None)


def test_a_replacement_that_failed_leaves_the_former_stop_in_place() -> None:
    moved = replace(PROTECTED, stop_price=Decimal(97))
    failed = order(OrderLeg.STOP, OrderStatus.REJECTED, 2, trigger_price=Decimal(97))
    assert brief(next_action(moved, [ENTERED, LIVE_STOP, failed], ONE)) == ("nothing", "PROTECTED", None)
    further = replace(moved, stop_price=Decimal(98))
    action = next_action(further, [ENTERED, LIVE_STOP, failed], ONE)
    assert brief(action) == ("write_intent", "PROTECTED", "new stop-3")
    assert action.replaces == "stop-1"


def test_a_replacement_that_never_arrived_is_tried_again_a_few_times_and_then_after_a_pause() -> None:
    moved = replace(PROTECTED, stop_price=Decimal(97))
    orders = [ENTERED, LIVE_STOP]
    for attempt in range(2, 2 + MAX_STOP_FAILURES):
        action = next_action(moved, orders, ONE)
        assert brief(action) == ("write_intent", "PROTECTED", f"new stop-{attempt}")
        assert action.replaces == "stop-1"
        failed = order(OrderLeg.STOP, OrderStatus.NOT_ACCEPTED, attempt, trigger_price=Decimal(97))
        orders.append(replace(failed, failed_lately=True))
    assert brief(next_action(moved, orders, ONE)) == ("nothing", "PROTECTED", None)
    orders[-1] = replace(orders[-1], failed_lately=False)
    action = next_action(moved, orders, ONE)
    assert brief(action) == ("write_intent", "PROTECTED", f"new stop-{2 + MAX_STOP_FAILURES}")
    assert action.replaces == "stop-1"


def test_a_stop_that_could_not_be_moved_still_follows_a_position_that_became_smaller() -> None:
    moved = replace(PROTECTED, stop_price=Decimal(97))
    failed = [
        order(OrderLeg.STOP, OrderStatus.NOT_ACCEPTED, attempt, trigger_price=Decimal(97), failed_lately=True)
        for attempt in range(2, 2 + MAX_STOP_FAILURES)
    ]
    part = order(OrderLeg.SCALE_OUT, OrderStatus.FILLED, quantity=Decimal("0.4"))
    part = replace(part, filled_quantity=Decimal("0.4"), recorded_quantity=Decimal("0.4"))
    action = next_action(moved, [ENTERED, LIVE_STOP, *failed, part], Decimal("0.6"))
    assert brief(action) == ("write_intent", "PROTECTED", f"new stop-{2 + MAX_STOP_FAILURES}")
    assert (action.quantity, action.replaces) == (Decimal("0.6"), "stop-1")


def test_a_stop_over_less_than_the_position_is_enlarged_and_does_not_protect() -> None:
    small = replace(LIVE_STOP, quantity=Decimal("0.4"))
    action = next_action(PROTECTED, [ENTERED, small], ONE)
    assert brief(action) == ("write_intent", "OPEN_UNPROTECTED", "new stop-2")
    assert (action.quantity, action.replaces) == (ONE, "stop-1")


def test_a_partial_entry_is_protected_and_then_watched() -> None:
    partial = order(
        OrderLeg.ENTRY,
        OrderStatus.PARTIAL,
        filled_quantity=Decimal("0.4"),
        recorded_quantity=Decimal("0.4"),
    )
    trade = replace(IN, entered_quantity=Decimal("0.4"))
    assert next_action(trade, [partial], Decimal("0.4")).leg is OrderLeg.STOP
    covered = [partial, replace(LIVE_STOP, quantity=Decimal("0.4"))]
    assert brief(next_action(trade, covered, Decimal("0.4"))) == ("ask", "PROTECTED", "entry-1")


@pytest.mark.parametrize("position", [Decimal("-0.1"), Decimal("1.1")])
def test_fills_that_do_not_add_up_call_the_operator(position: Decimal) -> None:
    action = next_action(PROTECTED, [ENTERED, LIVE_STOP], position)
    assert brief(action) == ("call_operator", "NEEDS_OPERATOR", None)


@pytest.mark.parametrize("status", [TradeStatus.CLOSED, TradeStatus.REJECTED, TradeStatus.EXPIRED])
def test_a_trade_that_is_over_does_nothing(status: TradeStatus) -> None:
    assert brief(next_action(replace(NEW, status=status), [], ZERO)) == ("nothing", status.value, None)


@pytest.mark.parametrize(("now_ms", "means"), [(1499, None), (1500, "NOT_ACCEPTED"), (1501, "NOT_ACCEPTED")])
def test_an_unknown_order_is_not_accepted_only_after_deadline_and_margin(
    now_ms: int, means: str | None
) -> None:
    sending = order(OrderLeg.ENTRY, OrderStatus.SENDING)
    assert not_found_means(sending, now_ms=now_ms, deadline_ms=1000, margin_ms=500) == means


def test_only_a_sending_order_can_turn_out_not_accepted() -> None:
    assert not_found_means(LIVE_STOP, now_ms=9_999, deadline_ms=0, margin_ms=0) is None


def test_the_rest_of_an_entry_whose_signal_is_too_old_is_cancelled() -> None:
    some = Decimal("0.4")
    partial = order(OrderLeg.ENTRY, OrderStatus.PARTIAL, filled_quantity=some, recorded_quantity=some)
    trade = replace(PROTECTED, entered_quantity=some, may_enter=False)
    action = next_action(trade, [partial, replace(LIVE_STOP, quantity=some)], some)
    assert brief(action) == ("cancel", "PROTECTED", "entry-1")


@dataclass
class Venue:
    """A trade and a venue driven by the steps; `outcomes` decides what becomes of each order sent."""

    trade: TradeView
    outcomes: list[str]
    orders: dict[str, OrderView] = field(default_factory=dict)
    position: Decimal = ZERO
    cancelled_in_position: int = 0
    sent: list[str] = field(default_factory=list)

    def run(self, steps: int) -> Action:
        for _ in range(steps):
            action = next_action(self.trade, list(self.orders.values()), self.position)
            moved = action.status is not self.trade.status
            assert not moved or can_move(self.trade.status, action.status), action
            self.trade = replace(self.trade, status=action.status)
            if action.kind in (ActionKind.FINISH, ActionKind.NOTHING, ActionKind.CALL_OPERATOR):
                return action
            self.carry_out(action)
        raise AssertionError("the steps do not end")

    def carry_out(self, action: Action) -> None:
        if action.kind is ActionKind.WRITE_INTENT:
            assert action.leg is not None
            assert action.attempt is not None
            assert action.quantity is not None
            view = order(action.leg, OrderStatus.INTENT, action.attempt, quantity=action.quantity)
            assert view.client_order_id not in self.orders
            self.orders[view.client_order_id] = replace(view, trigger_price=action.trigger_price)
            if action.exit_reason is not None:
                self.trade = replace(self.trade, exit_reason=action.exit_reason)
            return
        assert action.client_order_id is not None
        held = self.orders[action.client_order_id]
        match action.kind:
            case ActionKind.SEND:
                assert held.client_order_id not in self.sent, "sent twice"
                self.sent.append(held.client_order_id)
                self.settle(held, self.outcomes.pop() if self.outcomes else "filled")
            case ActionKind.ASK:
                self.settle(held, self.outcomes.pop() if self.outcomes else "filled")
            case ActionKind.CANCEL:
                covering = [
                    o for o in self.orders.values() if o.leg is OrderLeg.STOP and o.status is OrderStatus.OPEN
                ]
                if held.leg is OrderLeg.STOP and self.position > 0 and len(covering) == 1:
                    self.cancelled_in_position += 1
                self.move(held, OrderStatus.CANCELED)
            case ActionKind.DROP:
                self.move(held, OrderStatus.CANCELED)
            case _:
                raise AssertionError(action)

    def move(self, held: OrderView, status: OrderStatus) -> None:
        assert can_move(held.status, status), (held, status)
        self.orders[held.client_order_id] = replace(held, status=status)

    def settle(self, held: OrderView, outcome: str) -> None:
        if held.status is OrderStatus.INTENT:
            self.move(held, OrderStatus.SENDING)
            held = self.orders[held.client_order_id]
        if outcome == "unknown":
            return
        if outcome in ("rejected", "not_accepted") and held.status is OrderStatus.SENDING:
            self.move(held, OrderStatus(outcome.upper()))
        elif held.leg is OrderLeg.STOP:
            if held.status is OrderStatus.SENDING:
                self.move(held, OrderStatus.OPEN)
        else:
            self.move(held, OrderStatus.FILLED)
            done = self.orders[held.client_order_id]
            self.orders[held.client_order_id] = replace(
                done, filled_quantity=held.quantity, recorded_quantity=held.quantity
            )
            entered = held.leg is OrderLeg.ENTRY
            self.position += held.quantity if entered else -held.quantity
            assert self.position >= 0, "more was left than held"
            if entered:
                self.trade = replace(self.trade, entered_quantity=self.position)


@given(
    outcomes=st.lists(
        st.sampled_from(["filled", "filled", "unknown", "rejected", "not_accepted"]), max_size=25
    ),
    parts=st.lists(st.sampled_from([Decimal("0.3"), Decimal("0.6"), ONE]), max_size=2),
    leave=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_the_venue_does_a_trade_ends_flat_or_protected(
    outcomes: list[str], parts: list[Decimal], leave: bool
) -> None:
    venue = Venue(NEW, list(outcomes))
    action = venue.run(200)
    for part in sorted(parts):
        if not action.status.is_terminal:
            venue.trade = replace(venue.trade, scale_out_quantity=part)
            action = venue.run(200)
    if leave and not action.status.is_terminal:
        venue.trade = replace(venue.trade, exit_reason=ExitReason.MANUAL)
        action = venue.run(200)
        assert action.status is TradeStatus.CLOSED
    live = [o for o in venue.orders.values() if o.status in (OrderStatus.OPEN, OrderStatus.SENDING)]
    if action.status.is_terminal:
        assert venue.position == 0
        assert live == []
    else:
        assert action.status is TradeStatus.PROTECTED
        (stop,) = live  # one whose resizing was refused stays larger: it only reduces
        assert stop.leg is OrderLeg.STOP
        assert stop.quantity >= venue.position
    assert venue.cancelled_in_position == 0


def test_a_stop_that_is_filled_in_part_and_covers_what_is_left_stays() -> None:
    left = Decimal("0.6")
    stop = order(OrderLeg.STOP, OrderStatus.PARTIAL, filled_quantity=ONE - left, recorded_quantity=ONE - left)
    assert brief(next_action(PROTECTED, [ENTERED, stop], left)) == ("nothing", "PROTECTED", None)


def test_of_several_older_stops_the_newest_goes_first() -> None:
    stops = [order(OrderLeg.STOP, OrderStatus.OPEN, attempt) for attempt in (1, 2, 3)]
    assert brief(next_action(PROTECTED, [ENTERED, *stops], ONE)) == ("cancel", "PROTECTED", "stop-2")
