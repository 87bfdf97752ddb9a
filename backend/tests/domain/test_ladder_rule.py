"""When the monitor asks for the next step of a ladder: at its price, of a position that stands whole under a stop."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.exit_rules import AddStep, Leave, MoveStop, OpenPosition, react
from tests.domain.examples import INSTRUMENT
from tests.domain.test_exit_rules import HELD, at, mirrored

# Entered at 100, stop at 95; the next step, its second, is bought at 97.
LADDER = replace(HELD, take_profit_price=None, ladder_price=Decimal(97), ladder_step=2)
SHORT_LADDER = replace(mirrored(LADDER), ladder_price=Decimal(103))
STEP = AddStep(2)


@pytest.mark.parametrize(
    ("mark", "step"),
    [
        ("100", None),
        ("97.5", None),
        ("97.01", None),
        ("97", STEP),
        ("96", STEP),
        ("95.5", STEP),
        ("95.01", STEP),
        ("95", None),  # the stop's price: what it buys would be sold at once
        ("94.9", None),
    ],
)
def test_the_step_is_asked_for_from_its_price_down_to_the_stop(mark: str, step: AddStep | None) -> None:
    assert at(LADDER, mark).add == step
    assert at(SHORT_LADDER, str(200 - Decimal(mark)), "100").add == step


def test_asking_for_a_step_is_an_event_and_leaves_nothing() -> None:
    reaction = at(LADDER, "97")
    assert reaction.is_event
    assert (reaction.leave, reaction.part, reaction.move) == (None, None, None)


@pytest.mark.parametrize(
    "held",
    [
        replace(LADDER, ladder_price=None, ladder_step=None),
        replace(LADDER, ladder_price=None),
        replace(LADDER, ladder_step=None),
        replace(LADDER, has_live_stop=False),
        replace(LADDER, parts_taken=1),
        replace(LADDER, parts_taken=1, has_live_stop=False),
    ],
)
def test_no_step_is_bought_without_a_ladder_a_live_stop_or_the_whole_position(held: OpenPosition) -> None:
    assert at(held, "96").add is None


def test_a_stop_that_follows_the_price_past_the_step_ends_it() -> None:
    # The volatility stop stands 2 behind the best price of 100: at 98, above the step.
    reaction = at(replace(LADDER, volatility_distance=Decimal(2)), "97")
    assert reaction.add is None
    assert isinstance(reaction.leave, Leave)


CHEAP = replace(
    LADDER,
    entry_price=Decimal("0.05"),
    initial_stop_price=Decimal("0.04"),
    stop_price=Decimal("0.04"),
    quantity=Decimal("0.9"),
    ladder_price=Decimal("0.045"),
    instrument=replace(INSTRUMENT, price_tick=Decimal("0.0001")),
)


@pytest.mark.parametrize(
    ("mark", "step"), [("0.0451", None), ("0.045", STEP), ("0.0401", STEP), ("0.04", None)]
)
def test_a_coin_of_cents_has_its_steps(mark: str, step: AddStep | None) -> None:
    assert at(CHEAP, mark, "0.05").add == step


@pytest.mark.parametrize(("mark", "part"), [("0.0599", None), ("0.06", 1), ("0.07", 2), ("0.08", 3)])
def test_less_than_a_coin_of_cents_leaves_in_parts(mark: str, part: int | None) -> None:
    reaction = at(replace(CHEAP, scales_out=True), mark, "0.05")
    assert (None if reaction.part is None else reaction.part.step) == part


@pytest.mark.parametrize("mark", ["0", "-1", "NaN"])
def test_a_mark_that_is_no_price_causes_nothing(mark: str) -> None:
    short = replace(mirrored(HELD), take_profit_price=Decimal(90))
    reaction = at(short, mark)
    assert (reaction.best, reaction.is_event) == (Decimal(100), False)


@pytest.mark.parametrize(("distance", "stop"), [("4.5", "95.5"), ("4.6", None)])
def test_the_stop_moves_from_a_tenth_of_r_on(distance: str, stop: str | None) -> None:
    move = at(replace(LADDER, volatility_distance=Decimal(distance)), "100").move
    assert (None if move is None else move.stop_price) == (None if stop is None else Decimal(stop))


def test_a_stop_that_gains_nothing_is_not_moved() -> None:
    unknown = replace(HELD, instrument=None)
    reaction = react(unknown, Decimal(101), Decimal(100), 0, step_r_fraction=Decimal(0))
    assert not isinstance(reaction.move, MoveStop)
