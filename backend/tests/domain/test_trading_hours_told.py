"""How far ahead trading hours are told, what of a closing gone by, and which closing holds a weekend."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.domain.trading_hours import Sessions, Span, TradingHours, TradingSchedule, WeeklyHours, trading_hours

MONDAY = date(2026, 11, 23)
ALWAYS = TradingSchedule(time_zone="UTC")
LEAVING = replace(ALWAYS, leave_before_close=True, leave_minutes=15)
EXCHANGE = replace(ALWAYS, calendar="XTKS")


def day(number: int) -> date:
    """A day counted from that Monday."""
    return MONDAY + timedelta(days=number)


def ms(number: int, clock: str = "00:00") -> int:
    """A moment of such a day, UTC."""
    at = datetime.combine(day(number), time.fromisoformat(clock), UTC)
    return round(at.timestamp() * 1000)


def closed(schedule: TradingSchedule, *numbers: int) -> TradingSchedule:
    return replace(schedule, closed_dates=tuple(day(number) for number in numbers))


def says(
    schedule: TradingSchedule, clock: str = "12:00", number: int = 0, sessions: Sessions | None = None
) -> TradingHours:
    return trading_hours(schedule, sessions, ms(number, clock))


# Told is what lies nearer than the twenty-first midnight: what lies behind it may still change.


@pytest.mark.parametrize(("number", "told"), [(20, True), (21, False)])
def test_a_closing_three_weeks_ahead_is_not_told_yet(number: int, told: bool) -> None:
    assert says(closed(ALWAYS, number)) == TradingHours(True, ends_ms=ms(number) if told else None)


@pytest.mark.parametrize(("number", "told"), [(20, True), (21, False)])
def test_an_opening_three_weeks_ahead_is_not_told_yet(number: int, told: bool) -> None:
    assert says(closed(ALWAYS, *range(number))) == TradingHours(False, opens_ms=ms(number) if told else None)


@pytest.mark.parametrize(("minutes", "told"), [(61, True), (60, False)])
def test_leaving_three_weeks_ahead_is_not_told_yet(minutes: int, told: bool) -> None:
    """An hour west of Greenwich the day ends an hour later."""
    west = closed(replace(LEAVING, time_zone="Etc/GMT+1", leave_minutes=minutes), 21)
    leaves = ms(20, "23:59") if told else None
    assert says(west) == TradingHours(True, ends_ms=leaves, leaves_ms=leaves)


@pytest.mark.parametrize(("opens", "told"), [(4, True), (5, False), (6, False)])
def test_what_an_exchange_does_within_ten_days_of_the_end_of_its_calendar_is_not_told(
    opens: int, told: bool
) -> None:
    known = Sessions((Span(ms(opens), ms(14)),), ms(-30), ms(15))
    assert says(EXCHANGE, sessions=known) == TradingHours(False, opens_ms=ms(opens) if told else None)


def test_a_session_that_lasts_until_the_end_of_its_calendar_is_not_known_to_close() -> None:
    leaving = replace(EXCHANGE, leave_before_close=True)
    known = Sessions((Span(ms(0), ms(1)),), ms(-30), ms(1))
    assert says(leaving, "23:55", sessions=known) == TradingHours(True)


# A closing before which positions are left: where it has gone by, what is held is left at once.


@pytest.mark.parametrize("days", [1, 2, 3, 4])
def test_what_was_to_be_left_up_to_three_days_ago_is_still_to_be_left(days: int) -> None:
    shut = closed(LEAVING, *range(1 - days, 1))
    leaves = ms(-days, "23:45") if days < 4 else None
    assert says(shut) == TradingHours(False, opens_ms=ms(1), leaves_ms=leaves)


def test_an_evening_three_days_ago_counts_too() -> None:
    friday = replace(LEAVING, hours=(WeeklyHours((4,), time(9), time(17)),))
    assert says(friday).leaves_ms == ms(-3, "16:45")


def test_hours_that_have_opened_since_leave_nothing_to_be_left() -> None:
    assert says(closed(LEAVING, -1)) == TradingHours(True)


def test_at_the_moment_itself_positions_are_left_and_no_entry_is_made() -> None:
    shut = closed(LEAVING, 1)
    assert says(shut, "23:44") == TradingHours(True, ends_ms=ms(0, "23:45"), leaves_ms=ms(0, "23:45"))
    assert says(shut, "23:45") == TradingHours(False, opens_ms=ms(2), leaves_ms=ms(0, "23:45"))


def test_hours_that_end_where_an_exchange_opens_never_open_and_leave_nothing() -> None:
    mornings = replace(
        EXCHANGE, leave_before_close=True, hours=(WeeklyHours(tuple(range(5)), time(9), time(17)),)
    )
    known = Sessions(tuple(Span(ms(at, "17:00"), ms(at, "20:00")) for at in range(-7, 40)), ms(-30), ms(40))
    assert says(mornings, sessions=known) == TradingHours(False)


# Left before a weekend is where any moment of the closing is on a Saturday or a Sunday.


def weekly(*spans: tuple[int, str, int, str]) -> tuple[TradingSchedule, Sessions]:
    """Positions are left before a weekend in these sessions, from a day's time until a day's time."""
    held = tuple(Span(ms(since, opens), ms(until, closes)) for since, opens, until, closes in spans)
    return replace(EXCHANGE, leave_before_weekend=True), Sessions(held, ms(-30), ms(40))


@pytest.mark.parametrize(
    ("closes", "opens", "left"),
    [
        ((2, "00:00"), (3, "00:00"), False),  # all of Wednesday
        ((0, "17:00"), (4, "23:59"), False),
        ((4, "17:00"), (5, "00:00"), False),  # until the first moment of Saturday
        ((4, "17:00"), (5, "00:01"), True),
        ((4, "17:00"), (5, "10:00"), True),
        ((5, "10:00"), (5, "11:00"), True),  # an hour of Saturday
        ((6, "23:58"), (6, "23:59"), True),
        ((3, "17:00"), (7, "09:00"), True),
    ],
)
def test_positions_are_left_before_a_closing_that_holds_a_moment_of_a_weekend(
    closes: tuple[int, str], opens: tuple[int, str], left: bool
) -> None:
    schedule, known = weekly((-1, "00:00", *closes), (*opens, 40, "00:00"))
    ends = ms(*closes) - (15 * 60_000 if left else 0)
    assert trading_hours(schedule, known, ms(0)) == TradingHours(True, None, ends, ends if left else None)


@pytest.mark.parametrize(("opens", "left"), [("05:00", False), ("05:01", True)])
def test_the_weekend_begins_at_the_midnight_of_the_schedules_zone(opens: str, left: bool) -> None:
    """In New York Saturday begins at five o'clock UTC."""
    schedule, known = weekly((-1, "00:00", 4, "17:00"), (5, opens, 40, "00:00"))
    there = replace(schedule, time_zone="America/New_York")
    assert (trading_hours(there, known, ms(0)).leaves_ms is not None) is left
