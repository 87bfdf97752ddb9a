"""Leaving in parts: which parts, when they are due, and the stop that costs nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.scale_out import (
    ScaleOutStep,
    break_even_stop,
    due_step,
    scale_out_plan,
)
from app.domain.types import Side
from tests.domain.examples import INSTRUMENT

D = Decimal


def plan(quantity: str = "0.3", side: Side = Side.LONG, stop: str = "9900") -> tuple[ScaleOutStep, ...]:
    return scale_out_plan(
        side=side, quantity=D(quantity), entry_price=D(10_000), initial_stop=D(stop), instrument=INSTRUMENT
    )


def test_thirds_leave_at_one_two_and_three_r() -> None:
    assert plan() == (
        ScaleOutStep(1, D(1), D(10_100), D("0.1")),
        ScaleOutStep(2, D(2), D(10_200), D("0.1")),
        ScaleOutStep(3, D(3), D(10_300), D("0.1")),
    )


def test_a_short_leaves_below_its_entry() -> None:
    assert [step.price for step in plan(side=Side.SHORT, stop="10100")] == [D(9_900), D(9_800), D(9_700)]


@pytest.mark.parametrize(
    ("quantity", "parts"),
    [
        ("0.001", {3: "0.001"}),
        ("0.002", {1: "0.001", 3: "0.001"}),
        ("0.003", {1: "0.001", 2: "0.001", 3: "0.001"}),
        ("0.004", {1: "0.001", 2: "0.001", 3: "0.002"}),
        ("0.005", {1: "0.001", 2: "0.001", 3: "0.003"}),
    ],
)
def test_what_is_too_small_goes_in_fewer_parts(quantity: str, parts: dict[int, str]) -> None:
    found = {int(step.r_multiple): str(step.quantity) for step in plan(quantity)}
    assert found == parts


def test_no_part_is_under_the_smallest_order() -> None:
    dear = replace(INSTRUMENT, min_quantity=D("0.1"))
    found = scale_out_plan(
        side=Side.LONG, quantity=D("0.29"), entry_price=D(100), initial_stop=D(99), instrument=dear
    )
    assert [step.quantity for step in found] == [D("0.145"), D("0.145")]


@pytest.mark.parametrize(
    ("taken", "mark", "number", "quantity"),
    [
        (0, "10099.9", None, None),
        (0, "10100", 1, "0.1"),
        (1, "10100", None, None),
        (1, "10200", 2, "0.1"),
        (0, "10250", 2, "0.2"),
        (0, "10300", 3, "0.3"),
        (3, "10400", None, None),
        (0, "0", None, None),
        (0, "-1", None, None),
    ],
)
def test_what_is_due_is_all_that_the_price_has_reached(
    taken: int, mark: str, number: int | None, quantity: str | None
) -> None:
    found = due_step(plan(), taken, Side.LONG, D(mark))
    assert (None if found is None else (found.number, str(found.quantity))) == (
        None if number is None else (number, quantity)
    )


@pytest.mark.parametrize(
    ("quantity", "stop"), [("0", "9900"), ("-1", "9900"), ("1", "10000"), ("1", "10001")]
)
def test_a_position_without_size_or_risk_has_no_parts(quantity: str, stop: str) -> None:
    with pytest.raises(ValueError, match="no parts"):
        plan(quantity, stop=stop)


@pytest.mark.parametrize("side", Side)
def test_break_even_pays_both_fees_and_hardly_more(side: Side) -> None:
    fee = D("0.0005")
    stop = break_even_stop(side=side, entry_price=D("10000.3"), fee_rate=fee, instrument=INSTRUMENT)
    left = side.sign * (stop - D("10000.3")) - fee * (stop + D("10000.3"))
    assert 0 <= left < INSTRUMENT.price_tick
    assert stop % INSTRUMENT.price_tick == 0


@given(
    st.sampled_from(Side),
    st.integers(1, 10_000).map(lambda steps: steps * INSTRUMENT.quantity_step),
    st.integers(1, 9_999).map(lambda ticks: ticks * INSTRUMENT.price_tick),
)
def test_parts_add_up_on_steps_and_ticks_and_follow_one_another(
    side: Side, quantity: Decimal, risk: Decimal
) -> None:
    entry = D(10_000)
    found = scale_out_plan(
        side=side,
        quantity=quantity,
        entry_price=entry,
        initial_stop=entry - side.sign * risk,
        instrument=INSTRUMENT,
    )
    assert sum(step.quantity for step in found) == quantity
    assert all(step.quantity % INSTRUMENT.quantity_step == 0 and step.quantity > 0 for step in found)
    prices = [side.sign * step.price for step in found]
    assert prices == sorted(prices)
    assert all(side.sign * (step.price - entry) > 0 for step in found)


@pytest.mark.parametrize(("mark", "part"), [("0", None), ("-1", None), ("0.5", 3)])
def test_a_price_that_is_none_reaches_no_part(mark: str, part: int | None) -> None:
    due = due_step(plan(side=Side.SHORT, stop="10100"), 0, Side.SHORT, D(mark))
    assert (None if due is None else due.number) == part


@pytest.mark.parametrize(("quantity", "parts"), [("0.001", [3]), ("0.002", [1, 3]), ("0.003", [1, 2, 3])])
def test_a_venue_without_a_least_quantity_still_takes_whole_steps(quantity: str, parts: list[int]) -> None:
    found = scale_out_plan(
        side=Side.LONG,
        quantity=D(quantity),
        entry_price=D(10_000),
        initial_stop=D(9_900),
        instrument=replace(INSTRUMENT, min_quantity=D(0)),
    )
    assert [int(step.r_multiple) for step in found] == parts
    assert all(step.quantity == D("0.001") for step in found)
