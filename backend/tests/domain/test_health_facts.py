"""Facts of the health score: signs, unknowns and borders."""

from dataclasses import replace

import pytest

from app.domain.health_facts import (
    FUNDING_INTERVAL_SECONDS,
    PriceFacts,
    StoredReadings,
    funding_r_per_day,
    health_facts,
    liquidation_share,
    ratio,
    room_r,
    standing_signal,
)

LONG = PriceFacts(sign=1, entry=100.0, initial_stop=90.0, stop=95.0, mark=105.0, open_seconds=60.0)
SHORT = PriceFacts(sign=-1, entry=100.0, initial_stop=110.0, stop=105.0, mark=95.0, open_seconds=60.0)


@pytest.mark.parametrize("position", [LONG, SHORT], ids=["long", "short"])
def test_room_is_the_distance_to_the_stop_in_first_risks(position: PriceFacts) -> None:
    assert room_r(position) == 1.0


@pytest.mark.parametrize("position", [LONG, SHORT], ids=["long", "short"])
def test_room_is_zero_at_the_stop_and_negative_beyond(position: PriceFacts) -> None:
    assert position.stop is not None
    assert room_r(replace(position, mark=position.stop)) == 0.0
    beyond = room_r(replace(position, mark=position.stop - position.sign))
    assert beyond is not None
    assert beyond < 0


@pytest.mark.parametrize(
    "position",
    [replace(LONG, entry=None), replace(LONG, stop=None), replace(LONG, mark=None)],
    ids=["entry", "stop", "mark"],
)
def test_room_without_one_of_its_prices_is_unknown(position: PriceFacts) -> None:
    assert room_r(position) is None


def test_room_is_unknown_where_the_first_stop_is_the_entry() -> None:
    assert room_r(replace(LONG, initial_stop=100.0)) is None


@pytest.mark.parametrize(("position", "price"), [(LONG, 85.0), (SHORT, 115.0)], ids=["long", "short"])
def test_liquidation_twice_as_far_as_the_stop_is_two(position: PriceFacts, price: float) -> None:
    assert liquidation_share(position, price) == 2.0
    assert liquidation_share(position, None) is None


def test_funding_is_unknown_before_the_first_booking_and_then_per_day() -> None:
    assert funding_r_per_day(0.0, 50.0, FUNDING_INTERVAL_SECONDS - 1) is None
    assert funding_r_per_day(0.0, 50.0, FUNDING_INTERVAL_SECONDS) == 0.0
    assert funding_r_per_day(-5.0, 50.0, 2 * 86_400.0) == pytest.approx(0.05)
    assert funding_r_per_day(5.0, 50.0, 86_400.0) == pytest.approx(-0.1)
    assert funding_r_per_day(-1.0, 50.0, 60.0) == pytest.approx(0.06)  # one of three bookings a day
    assert funding_r_per_day(-1.0, 50.0, None) is None


def test_signal_of_the_other_side_gives_nothing_and_silence_is_unknown() -> None:
    assert standing_signal("long", "long", 0.7) == 0.7
    assert standing_signal("long", "short", 0.7) == 0.0
    assert standing_signal("long", None, None) is None
    assert standing_signal("long", "short", None) is None
    assert standing_signal("long", None, 0.7) is None


def test_age_is_unknown_without_enough_closed_trades() -> None:
    assert health_facts(StoredReadings(), LONG).age_share is None
    assert health_facts(StoredReadings(usual_seconds=120.0), LONG).age_share == 0.5


@pytest.mark.parametrize(
    ("value", "base", "share"),
    [
        (1.0, 0.5, 2.0),
        (1.0, 1.0, 1.0),
        (0.0, 2.0, 0.0),
        (1.0, 0.0, None),
        (1.0, -1.0, None),
        (None, 1.0, None),
    ],
)
def test_a_ratio_needs_a_base_above_zero(value: float | None, base: float, share: float | None) -> None:
    assert ratio(value, base) == share
