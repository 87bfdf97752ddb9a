"""The health score: bounds of every part, unknown facts, and messages that do not flutter."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.position_health import (
    SCALES,
    HealthBand,
    HealthFacts,
    HealthPart,
    band_of,
    degraded_to,
    position_health,
    recovered_to,
)

WELL = HealthFacts(
    room_r=1.0,
    age_share=0.5,
    signal_confidence=0.8,
    volatility_ratio=1.0,
    funding_r_per_day=-0.01,
    liquidation_share=5.0,
    correlated_share=0.0,
)
NAMES = [field.name for field in fields(HealthFacts)]


def test_a_position_that_stands_well_has_a_hundred() -> None:
    found = position_health(WELL)
    assert (found.score, found.band) == (100, HealthBand.HEALTHY)


@pytest.mark.parametrize(("name", "scale"), list(zip(NAMES, SCALES, strict=True)), ids=NAMES)
def test_each_part_weighs_what_is_published(name: str, scale: object) -> None:
    assert sum(each.weight for each in SCALES) == pytest.approx(1)
    chosen = next(each for each in SCALES if each is scale)
    for share, mark in ((-0.1, 0), (0, 0), (0.5, 0.5), (1, 1), (1.1, 1)):
        value = chosen.bad + (chosen.good - chosen.bad) * share
        found = position_health(replace(WELL, **{name: value}))
        assert found.score == round(100 * (1 - chosen.weight * (1 - mark)))


def test_an_unknown_fact_is_said_and_left_out() -> None:
    found = position_health(replace(WELL, volatility_ratio=None, room_r=0.0))
    reading = next(one for one in found.readings if one.part is HealthPart.VOLATILITY)
    assert (reading.mark, reading.sentence) == (None, "the change of volatility is unknown")
    assert found.score == round(100 * 0.6 / 0.9)


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_without_the_distance_to_the_stop_there_is_no_score(unknown: float | None) -> None:
    found = position_health(replace(WELL, room_r=unknown))
    assert (found.score, found.band) == (None, None)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, HealthBand.HEALTHY),
        (70, HealthBand.HEALTHY),
        (69, HealthBand.WATCH),
        (40, HealthBand.WATCH),
        (39, HealthBand.WEAK),
        (0, HealthBand.WEAK),
    ],
)
def test_bands(score: int, band: HealthBand) -> None:
    assert band_of(score) is band


@pytest.mark.parametrize(
    ("told", "score", "worse"),
    [
        (HealthBand.HEALTHY, 67, None),
        (HealthBand.HEALTHY, 66, HealthBand.WATCH),
        (HealthBand.HEALTHY, 36, HealthBand.WEAK),
        (HealthBand.WATCH, 37, None),
        (HealthBand.WATCH, 36, HealthBand.WEAK),
        (HealthBand.WEAK, 10, None),
        (HealthBand.HEALTHY, 100, None),
        (HealthBand.WATCH, 96, None),
        (HealthBand.HEALTHY, None, None),
    ],
)
def test_a_fall_is_told_once_it_is_well_below_the_border(
    told: HealthBand, score: int | None, worse: HealthBand | None
) -> None:
    assert degraded_to(told, score) is worse


@pytest.mark.parametrize(
    ("told", "score", "kept"),
    [
        (HealthBand.WATCH, 72, HealthBand.WATCH),
        (HealthBand.WATCH, 73, HealthBand.HEALTHY),
        (HealthBand.WEAK, 43, HealthBand.WATCH),
        (HealthBand.WEAK, None, HealthBand.WEAK),
        (HealthBand.HEALTHY, 10, HealthBand.HEALTHY),
        (HealthBand.WEAK, 73, HealthBand.HEALTHY),
        (HealthBand.WEAK, 2, HealthBand.WEAK),
        (HealthBand.WATCH, 50, HealthBand.WATCH),
    ],
)
def test_a_recovery_is_remembered_once_it_is_well_inside(
    told: HealthBand, score: int | None, kept: HealthBand
) -> None:
    assert recovered_to(told, score) is kept


readings = st.none() | st.floats(-10, 10)


@given(st.builds(HealthFacts, *[readings] * len(NAMES)))
def test_the_score_is_between_0_and_100_and_every_part_is_explained(facts: HealthFacts) -> None:
    found = position_health(facts)
    assert found.score is None or 0 <= found.score <= 100
    assert [reading.part for reading in found.readings] == list(HealthPart)
    assert all(reading.sentence for reading in found.readings)
