"""What one mark price causes: the one rule that the monitor, the counterfactual and the tests of both ask."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.exit_rules import (
    ExitRule,
    LeavePart,
    OpenPosition,
    Reaction,
    StandingStop,
    TrailingTerms,
    move_step,
    react,
    standing_stop,
)
from app.domain.types import ExitReason, Instrument, Side

TICK = Decimal("0.1")
HELD = OpenPosition(
    side=Side.LONG,
    entry_price=Decimal(100),
    initial_stop_price=Decimal(95),
    stop_price=Decimal(95),
    has_live_stop=True,
    quantity=Decimal(3),
    instrument=Instrument(
        symbol="A",
        price_tick=TICK,
        quantity_step=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        min_notional=Decimal(5),
        contract_size=Decimal(1),
        max_leverage=20,
        taker_fee_rate=Decimal("0.0005"),
        maker_fee_rate=Decimal("0.0002"),
    ),
    take_profit_price=Decimal(110),
)
TRAILING = replace(
    HELD,
    take_profit_price=None,
    trailing=TrailingTerms(activation_fraction=Decimal("0.02"), fraction=Decimal("0.01")),
)


def mirrored(position: OpenPosition) -> OpenPosition:
    """The same position the other way round, at 100."""
    target = position.take_profit_price
    return replace(
        position,
        side=Side.SHORT,
        initial_stop_price=200 - position.initial_stop_price,
        stop_price=200 - position.stop_price,
        take_profit_price=None if target is None else 200 - target,
    )


def at(position: OpenPosition, mark: str, best: str = "100", ms: int = 0) -> Reaction:
    return react(position, Decimal(mark), Decimal(best), ms)


@pytest.mark.parametrize(("mark", "armed"), [("101.99", False), ("102", True), ("102.01", True)])
def test_a_trailing_stop_arms_at_its_activation(mark: str, armed: bool) -> None:
    assert at(TRAILING, mark).is_armed is armed
    assert at(mirrored(TRAILING), str(200 - Decimal(mark))).is_armed is armed


def test_an_armed_stop_stands_behind_the_best_price_on_a_tick_toward_it() -> None:
    move = at(TRAILING, "103.33").move
    assert move is not None
    assert (move.stop_price, move.rule) == (Decimal("102.3"), ExitRule.TRAILING_STOP)  # 102.2967, up
    short = at(mirrored(TRAILING), "96.67").move
    assert short is not None
    assert short.stop_price == Decimal("97.6")  # 97.6367, down


def test_a_distance_takes_the_place_of_the_fraction() -> None:
    terms = TrailingTerms(activation_fraction=Decimal("0.02"), fraction=Decimal("0.01"), distance=Decimal(3))
    move = at(replace(TRAILING, trailing=terms), "104").move
    assert move is not None
    assert move.stop_price == Decimal(101)


def test_an_armed_stop_keeps_the_best_price_when_the_price_falls_back() -> None:
    armed = replace(TRAILING, is_armed=True, stop_price=Decimal(102))
    back = at(armed, "102.5", best="103")
    assert (back.best, back.is_armed, back.move) == (Decimal(103), True, None)


def test_a_position_without_a_trailing_stop_never_arms() -> None:
    assert at(replace(HELD, take_profit_price=None), "150").is_event is False


@pytest.mark.parametrize("mark", ["NaN", "0", "-1", "Infinity"])
def test_a_price_that_is_not_there_causes_nothing(mark: str) -> None:
    reaction = at(TRAILING, mark)
    assert (reaction.best, reaction.is_armed, reaction.is_event) == (Decimal(100), False, False)


@pytest.mark.parametrize(("mark", "leaves"), [("109.9", False), ("110", True), ("110.1", True)])
def test_a_target_is_reached_at_its_price(mark: str, leaves: bool) -> None:
    for position, price in ((HELD, mark), (mirrored(HELD), str(200 - Decimal(mark)))):
        leave = at(position, price).leave
        assert (leave is not None) is leaves
        assert leave is None or leave.reason is ExitReason.TAKE_PROFIT


@pytest.mark.parametrize(("mark", "leaves"), [("95.1", False), ("95", True), ("94.9", True)])
def test_a_stop_is_ours_to_trigger_only_where_the_venue_does_not_hold_it(mark: str, leaves: bool) -> None:
    naked = replace(HELD, has_live_stop=False)
    assert at(HELD, mark).leave is None
    leave = at(naked, mark).leave
    assert (leave is not None) is leaves
    assert leave is None or (leave.reason, leave.stop_price) == (ExitReason.STOP_LOSS, Decimal(95))


@pytest.mark.parametrize(("ms", "reason"), [(999, None), (1_000, ExitReason.TIME_EXIT)])
def test_time_is_up_at_its_moment(ms: int, reason: ExitReason | None) -> None:
    leave = at(replace(HELD, time_exit_ms=1_000, session_close_ms=2_000), "100", ms=ms).leave
    assert (None if leave is None else leave.reason) == reason
    closing = at(replace(HELD, session_close_ms=ms + 1), "100", ms=ms).leave
    assert closing is None


@pytest.mark.parametrize(("gain", "moves"), [("0.4", False), ("0.5", True), ("0.6", True)])
def test_a_stop_is_moved_from_a_tenth_of_r_on(gain: str, moves: bool) -> None:
    armed = replace(TRAILING, is_armed=True, stop_price=Decimal("101.97") - Decimal(gain))
    assert (at(armed, "103", best="102").move is not None) is moves


@given(
    marks=st.lists(st.decimals(50, 150, places=2), min_size=1, max_size=30),
    is_short=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_a_stop_never_loosens_nor_disarms(marks: list[Decimal], is_short: bool) -> None:
    position = mirrored(TRAILING) if is_short else TRAILING
    best = position.entry_price
    for mark in marks:
        reaction = react(position, mark, best, 0)
        assert reaction.is_armed or not position.is_armed
        assert position.side.sign * (reaction.best - best) >= 0
        if reaction.move is not None:
            assert position.side.sign * (reaction.move.stop_price - position.stop_price) > 0
            position = replace(position, stop_price=reaction.move.stop_price)
        best = reaction.best
        position = replace(position, is_armed=reaction.is_armed)


IN_PARTS = replace(HELD, take_profit_price=None, scales_out=True, stop_price=Decimal(90))
"""Parts at 105, 110 and 115."""


@pytest.mark.parametrize(
    ("mark", "taken", "part"),
    [("104.9", 0, None), ("105", 0, 1), ("109.9", 1, None), ("110", 1, 2), ("115", 0, 3), ("116", 3, None)],
)
def test_a_part_is_left_at_its_price(mark: str, taken: int, part: int | None) -> None:
    held = replace(IN_PARTS, parts_taken=taken)
    for position, price in ((held, mark), (mirrored(held), str(200 - Decimal(mark)))):
        reaction = at(position, price)
        assert reaction.part == (None if part is None else LeavePart(part))
        assert reaction.is_event is (part is not None)
        assert reaction.leave is None


@pytest.mark.parametrize(
    "held",
    [
        replace(IN_PARTS, scales_out=False),
        replace(IN_PARTS, instrument=None),
        replace(IN_PARTS, quantity=Decimal(0)),
        replace(IN_PARTS, initial_stop_price=Decimal(100)),
        replace(IN_PARTS, initial_stop_price=Decimal(101)),
    ],
)
def test_no_part_is_left_that_was_not_wished_or_cannot_be_reckoned(held: OpenPosition) -> None:
    assert at(held, "130").part is None


VOLATILE = replace(HELD, take_profit_price=None, volatility_distance=Decimal("4.04"))


def test_a_volatility_stop_follows_from_the_first_price_on() -> None:
    move = at(VOLATILE, "100.6").move
    assert move is not None
    assert (move.stop_price, move.rule) == (Decimal("96.6"), ExitRule.VOLATILITY_STOP)  # 96.56, up
    assert at(replace(VOLATILE, instrument=None), "110").move is None
    naked = replace(VOLATILE, has_live_stop=False)
    leave = at(naked, "96", best="100.6").leave
    assert leave is not None
    assert (leave.reason, leave.rule, leave.stop_price) == (
        *(ExitReason.VOLATILITY_STOP, ExitRule.VOLATILITY_STOP, Decimal("96.6")),
    )


@pytest.mark.parametrize(
    ("trailing", "volatility", "stop", "rule"),
    [
        ("2", "3", "101", ExitRule.TRAILING_STOP),
        ("3", "2", "101", ExitRule.VOLATILITY_STOP),
        ("2", "2", "101", ExitRule.TRAILING_STOP),  # the first of two at one price
        ("8", "8", "95", ExitRule.STOP_LOSS),  # the stop itself where they reach no farther
        ("9", "9", "95", ExitRule.STOP_LOSS),
    ],
)
def test_the_tightest_of_all_stops_stands(trailing: str, volatility: str, stop: str, rule: ExitRule) -> None:
    terms = TrailingTerms(activation_fraction=Decimal(0), fraction=Decimal(0), distance=Decimal(trailing))
    held = replace(VOLATILE, trailing=terms, volatility_distance=Decimal(volatility))
    assert standing_stop(held, Decimal(103), True) == StandingStop(Decimal(stop), rule)
    unarmed = standing_stop(held, Decimal(103), False)
    assert unarmed.rule is not ExitRule.TRAILING_STOP


def test_a_stop_moves_by_a_part_of_r_and_at_least_a_tick() -> None:
    assert move_step(HELD, Decimal("0.1")) == Decimal("0.5")
    assert move_step(HELD, Decimal("0.01")) == TICK
    assert move_step(replace(HELD, instrument=None), Decimal("0.01")) == Decimal("0.05")
    assert move_step(replace(HELD, initial_stop_price=Decimal(105)), Decimal("0.1")) == Decimal("0.5")


def test_no_move_before_the_interval_is_over_and_none_of_nothing() -> None:
    held = replace(TRAILING, is_armed=True)
    assert react(held, Decimal(104), Decimal(100), 0, may_move=False).move is None
    assert react(held, Decimal(104), Decimal(100), 0, step_r_fraction=Decimal(2)).move is None
    there = replace(TRAILING, is_armed=True, stop_price=Decimal(103))
    assert react(there, Decimal(104), Decimal(100), 0, step_r_fraction=Decimal(0)).move is None


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ({"session_close_ms": 5}, ExitReason.SESSION_CLOSE),
        ({"funding_leave_ms": 5}, ExitReason.FUNDING),
        ({"time_exit_ms": 5, "session_close_ms": 5, "funding_leave_ms": 5}, ExitReason.TIME_EXIT),
        ({"session_close_ms": 5, "funding_leave_ms": 5}, ExitReason.SESSION_CLOSE),
    ],
)
def test_each_time_leaves_at_its_moment_in_this_order(held: dict[str, int], reason: ExitReason) -> None:
    times: Any = held
    timed = replace(HELD, **times)
    assert at(timed, "100", ms=4).leave is None
    leave = at(timed, "100", ms=5).leave
    assert leave is not None
    assert leave.reason is reason
    reached = at(timed, "110", ms=5).leave
    assert reached is not None
    assert reached.reason is ExitReason.TAKE_PROFIT
    assert react(timed, Decimal(100), Decimal(100), 5).is_event
