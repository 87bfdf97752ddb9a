from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.loss_windows import TimeZoneError, WindowLength, window_bounds, window_loss
from app.domain.risk_facts import LossWindow


def _utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "start", "end"),
    [
        (WindowLength.DAY, _utc(2025, 10, 9, 22), _utc(2025, 10, 10, 22)),
        (WindowLength.WEEK, _utc(2025, 10, 5, 22), _utc(2025, 10, 12, 22)),
        # The month ends after the clock went back: 23:00 UTC is then midnight in Berlin.
        (WindowLength.MONTH, _utc(2025, 9, 30, 22), _utc(2025, 10, 31, 23)),
    ],
)
def test_windows_are_calendar_windows(length: WindowLength, start: datetime, end: datetime) -> None:
    bounds = window_bounds(_utc(2025, 10, 10, 21), length, "Europe/Berlin")
    assert (bounds.start, bounds.end) == (start, end)


def test_midnight_belongs_to_the_new_day() -> None:
    just_before = window_bounds(_utc(2025, 10, 9, 21, 59, 59), WindowLength.DAY, "Europe/Berlin")
    at = window_bounds(_utc(2025, 10, 9, 22), WindowLength.DAY, "Europe/Berlin")
    assert just_before.end == at.start == _utc(2025, 10, 9, 22)


@pytest.mark.parametrize(("day", "hours"), [((2025, 3, 30), 23), ((2025, 10, 26), 25), ((2025, 10, 27), 24)])
def test_a_day_in_which_the_clock_changes_is_shorter_or_longer(day: tuple[int, int, int], hours: int) -> None:
    bounds = window_bounds(_utc(*day, 12), WindowLength.DAY, "Europe/Berlin")
    assert bounds.end - bounds.start == timedelta(hours=hours)


@given(
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    length=st.sampled_from(WindowLength),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"]),
)
def test_a_moment_is_in_its_window_and_the_next_one_begins_where_it_ends(
    at: datetime, length: WindowLength, zone: str
) -> None:
    bounds = window_bounds(at, length, zone)
    assert bounds.start <= at < bounds.end
    assert window_bounds(bounds.start, length, zone) == bounds
    assert window_bounds(bounds.end, length, zone).start == bounds.end


@pytest.mark.parametrize("zone", ["", "Berlin", "../etc/passwd", "Europe/Nowhere", "Europe"])
def test_what_is_no_time_zone_is_an_error(zone: str) -> None:
    with pytest.raises(TimeZoneError):
        window_bounds(_utc(2025, 1, 1), WindowLength.DAY, zone)


def test_a_naive_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        window_bounds(datetime(2025, 1, 1), WindowLength.DAY, "UTC")  # noqa: DTZ001


@pytest.mark.parametrize(("equity", "tripped"), [("9500.00000001", False), ("9500", True), ("9499", True)])
def test_a_window_trips_at_its_amount(equity: str, tripped: bool) -> None:
    verdict = window_loss(LossWindow(Decimal(10_000)), Decimal(equity), max_loss_usd=Decimal(500))
    assert verdict.tripped is tripped


@pytest.mark.parametrize(("equity", "tripped"), [("9500.00000001", False), ("9500", True), ("9499", True)])
def test_a_window_trips_at_its_percent(equity: str, tripped: bool) -> None:
    verdict = window_loss(LossWindow(Decimal(10_000)), Decimal(equity), max_loss_fraction=Decimal("0.05"))
    assert verdict.tripped is tripped


def test_whichever_limit_is_reached_first_trips() -> None:
    window = LossWindow(Decimal(100_000))
    both = {"max_loss_usd": Decimal(500), "max_loss_fraction": Decimal("0.05")}
    assert window_loss(window, Decimal(99_500), **both).tripped
    assert not window_loss(window, Decimal(99_501), **both).tripped


def test_flows_are_neither_gain_nor_loss() -> None:
    window = LossWindow(Decimal(10_000), deposits=Decimal(2_000), withdrawals=Decimal(1_000))
    verdict = window_loss(window, Decimal(10_910))
    assert (verdict.loss, verdict.base, verdict.percent) == (Decimal(90), Decimal(9_000), Decimal(1))


def test_a_gain_is_a_negative_loss() -> None:
    verdict = window_loss(LossWindow(Decimal(10_000)), Decimal(10_100), max_loss_usd=Decimal(0))
    assert (verdict.loss, verdict.tripped) == (Decimal(-100), False)


def test_a_window_that_tripped_stays_tripped() -> None:
    window = LossWindow(Decimal(10_000), tripped=True)
    assert window_loss(window, Decimal(11_000), max_loss_usd=Decimal(500)).tripped


def test_the_percent_of_an_empty_base_is_undefined() -> None:
    verdict = window_loss(LossWindow(Decimal(0)), Decimal(0))
    assert (verdict.percent, verdict.tripped) == (None, False)
