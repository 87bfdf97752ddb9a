"""Trading hours at, before and after their edges; summer time; weekends, holidays, breaks and leaving before them."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.trading_hours import (
    DAY_MS,
    MINUTE_MS,
    SATURDAY,
    UNKNOWN_HOURS,
    Sessions,
    Span,
    TradingHours,
    TradingSchedule,
    WeeklyHours,
    trading_hours,
)

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
WEEKDAYS = (0, 1, 2, 3, 4)
NINE_TO_FIVE = WeeklyHours(WEEKDAYS, time(9), time(17))
OFFICE = TradingSchedule(time_zone=BERLIN, hours=(NINE_TO_FIVE,))


def ms(text: str) -> int:
    """Milliseconds of a moment of UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def says(schedule: TradingSchedule, at: str, sessions: Sessions | None = None) -> TradingHours:
    return trading_hours(schedule, sessions, ms(at))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23 07:59:59.999", False),  # 08:59:59.999 in Berlin
        ("2026-11-23 08:00", True),
        ("2026-11-23 15:59:59.999", True),
        ("2026-11-23 16:00", False),
    ],
)
def test_hours_hold_their_opening_and_not_their_closing(at: str, is_open: bool) -> None:
    assert says(OFFICE, at).is_open is is_open


def test_closed_hours_say_when_they_open_and_open_ones_when_they_end() -> None:
    assert says(OFFICE, "2026-11-20 16:00") == TradingHours(False, opens_ms=ms("2026-11-23 08:00"))
    assert says(OFFICE, "2026-11-20 15:00") == TradingHours(True, ends_ms=ms("2026-11-20 16:00"))


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2026-03-27", "08:00", "16:00"),  # the Friday before the clocks go forward
        ("2026-03-30", "07:00", "15:00"),
        ("2026-10-23", "07:00", "15:00"),  # and before they go back
        ("2026-10-26", "08:00", "16:00"),
    ],
)
def test_hours_move_with_summer_time(day: str, opens: str, closes: str) -> None:
    before, after = says(OFFICE, f"{day} 00:00"), says(OFFICE, f"{day} {opens}")
    assert before.opens_ms == ms(f"{day} {opens}")
    assert after == TradingHours(True, ends_ms=ms(f"{day} {closes}"))


def test_a_time_that_the_clock_skips_is_an_hour_later() -> None:
    night = replace(OFFICE, hours=(WeeklyHours((6,), time(2, 30), time(6)),))
    assert says(night, "2026-03-29 00:00").opens_ms == ms("2026-03-29 01:30")  # 03:30 of summer time
    assert says(night, "2026-03-29 02:00") == TradingHours(True, ends_ms=ms("2026-03-29 04:00"))


def test_a_time_that_the_clock_shows_twice_is_the_first() -> None:
    night = replace(OFFICE, hours=(WeeklyHours((6,), time(2, 15), time(2, 45)),))
    assert says(night, "2026-10-25 00:20") == TradingHours(True, ends_ms=ms("2026-10-25 00:45"))
    assert says(night, "2026-10-25 01:20").is_open is False


def test_hours_over_midnight_belong_to_the_day_on_which_they_open() -> None:
    late = TradingSchedule(time_zone="UTC", hours=(WeeklyHours((4,), time(22), time(2)),))
    for at, is_open in (("21:59", False), ("22:00", True), ("23:59", True)):
        assert says(late, f"2026-11-20 {at}").is_open is is_open
    assert says(late, "2026-11-21 01:59").is_open is True
    assert says(late, "2026-11-21 02:00").is_open is False
    assert says(late, "2026-11-20 01:00").is_open is False  # Thursday has no evening


def test_midnight_to_midnight_is_whole_days_that_join() -> None:
    days = TradingSchedule(time_zone=NEW_YORK, hours=(WeeklyHours(WEEKDAYS, time(), time()),))
    assert says(days, "2026-11-17 12:00") == TradingHours(True, ends_ms=ms("2026-11-21 05:00"))


def test_without_hours_it_is_always_open() -> None:
    assert says(TradingSchedule(time_zone="UTC"), "2026-11-21 12:00") == TradingHours(True)


def test_weekends_are_those_of_the_zone() -> None:
    weekdays = TradingSchedule(time_zone=NEW_YORK, trade_weekends=False)
    assert says(weekdays, "2026-11-21 04:59") == TradingHours(True, ends_ms=ms("2026-11-21 05:00"))
    assert says(weekdays, "2026-11-21 05:00") == TradingHours(False, opens_ms=ms("2026-11-23 05:00"))
    assert says(weekdays, "2026-11-23 05:00").is_open is True


def test_own_holidays_are_closed() -> None:
    held = replace(OFFICE, closed_dates=(date(2026, 12, 24), date(2026, 12, 25)))
    assert says(held, "2026-12-24 10:00") == TradingHours(False, opens_ms=ms("2026-12-28 08:00"))


EXCHANGE = TradingSchedule(time_zone="UTC", calendar="XTKS")
SESSIONS = Sessions(
    (
        Span(ms("2026-11-20 00:00"), ms("2026-11-20 02:30")),  # Friday with its break
        Span(ms("2026-11-20 03:30"), ms("2026-11-20 06:30")),
        Span(ms("2026-11-24 00:00"), ms("2026-11-24 02:30")),  # Monday is a holiday
        Span(ms("2026-11-24 03:30"), ms("2026-11-24 06:30")),
    ),
    ms("2026-11-01 00:00"),
    ms("2026-12-31 00:00"),
)


@pytest.mark.parametrize(
    ("at", "is_open", "opens"),
    [
        ("2026-11-20 02:29", True, None),
        ("2026-11-20 02:30", False, "2026-11-20 03:30"),  # the break
        ("2026-11-20 03:30", True, None),
        ("2026-11-20 06:30", False, "2026-11-24 00:00"),
        ("2026-11-23 05:00", False, "2026-11-24 00:00"),  # the holiday
        ("2026-11-24 00:00", True, None),
    ],
)
def test_exchange_is_followed_with_its_breaks_and_holidays(at: str, is_open: bool, opens: str | None) -> None:
    found = says(EXCHANGE, at, SESSIONS)
    assert (found.is_open, found.opens_ms) == (is_open, None if opens is None else ms(opens))


def test_own_hours_cut_an_exchanges_sessions() -> None:
    mornings = replace(EXCHANGE, hours=(WeeklyHours(WEEKDAYS, time(1), time(4)),))
    assert says(mornings, "2026-11-20 00:30", SESSIONS).opens_ms == ms("2026-11-20 01:00")
    assert says(mornings, "2026-11-20 03:30", SESSIONS) == TradingHours(True, ends_ms=ms("2026-11-20 04:00"))


@pytest.mark.parametrize("at", ["2026-10-31 23:59", "2026-12-31 00:00"])
def test_sessions_that_do_not_reach_the_moment_are_not_known(at: str) -> None:
    assert says(EXCHANGE, at, SESSIONS) == UNKNOWN_HOURS
    assert says(EXCHANGE, "2026-11-20 01:00", None) == UNKNOWN_HOURS


LEAVING = replace(OFFICE, leave_before_close=True, leave_minutes=30)


def test_positions_are_left_before_the_closing_and_entries_end_then() -> None:
    leaves = ms("2026-11-23 15:30")
    assert says(LEAVING, "2026-11-23 12:00") == TradingHours(True, ends_ms=leaves, leaves_ms=leaves)
    at = says(LEAVING, "2026-11-23 15:30")
    assert at == TradingHours(False, opens_ms=ms("2026-11-24 08:00"), leaves_ms=leaves)
    assert says(LEAVING, "2026-11-24 08:00").leaves_ms == ms("2026-11-24 15:30")


def test_flat_before_the_weekend_keeps_positions_on_the_other_evenings() -> None:
    weekly = replace(OFFICE, leave_before_weekend=True)
    friday = ms("2026-11-20 15:45")
    assert says(weekly, "2026-11-18 12:00") == TradingHours(True, None, ms("2026-11-18 16:00"), friday)
    assert says(weekly, "2026-11-20 12:00") == TradingHours(True, None, friday, friday)
    assert says(weekly, "2026-11-21 12:00").leaves_ms == friday  # gone by: what is still held is left now
    assert says(weekly, "2026-11-23 08:00").leaves_ms == ms("2026-11-27 15:45")


def test_flat_before_a_weekend_that_a_holiday_makes_longer() -> None:
    friday_off = replace(OFFICE, leave_before_weekend=True, closed_dates=(date(2026, 12, 25),))
    assert says(friday_off, "2026-12-23 12:00").leaves_ms == ms("2026-12-24 15:45")


def test_flat_before_the_weekend_of_an_exchange() -> None:
    weekly = replace(EXCHANGE, leave_before_weekend=True, leave_minutes=10)
    found = says(weekly, "2026-11-20 01:00", SESSIONS)
    assert found.leaves_ms == ms("2026-11-20 06:20")  # not before the break


def test_leaving_longer_than_a_session_lasts_makes_no_entry() -> None:
    short = TradingSchedule(
        time_zone="UTC",
        hours=(WeeklyHours((0,), time(9), time(9, 30)),),
        leave_before_close=True,
        leave_minutes=60,
    )
    assert says(short, "2026-11-23 09:10").is_open is False


_CLOCKS = st.times().map(lambda one: one.replace(second=0, microsecond=0))
_HOURS = st.builds(
    WeeklyHours,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    opens=_CLOCKS,
    closes=_CLOCKS,
)
_SCHEDULES = st.builds(
    TradingSchedule,
    time_zone=st.sampled_from([BERLIN, NEW_YORK, "UTC", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    hours=st.lists(_HOURS, max_size=3).map(tuple),
    trade_weekends=st.booleans(),
    leave_before_close=st.booleans(),
    leave_before_weekend=st.booleans(),
    leave_minutes=st.integers(0, 240),
)


@given(_SCHEDULES, st.integers(ms("2026-01-01 00:00"), ms("2027-01-01 00:00")))
def test_what_is_told_ahead_comes_true(schedule: TradingSchedule, at_ms: int) -> None:
    now = trading_hours(schedule, None, at_ms)
    if now.ends_ms is not None:
        assert now.is_open
        assert at_ms < now.ends_ms
        assert trading_hours(schedule, None, now.ends_ms - 1).is_open is True
        assert trading_hours(schedule, None, now.ends_ms).is_open is False
    if now.opens_ms is not None:
        assert now.is_open is False
        assert at_ms < now.opens_ms <= at_ms + 22 * DAY_MS
        assert trading_hours(schedule, None, now.opens_ms).is_open is True
        assert trading_hours(schedule, None, now.opens_ms - MINUTE_MS).is_open is False or (
            now.opens_ms - MINUTE_MS < at_ms
        )
    if now.is_open and now.leaves_ms is not None:
        assert now.leaves_ms > at_ms


@given(_SCHEDULES, st.integers(ms("2026-01-01 00:00"), ms("2027-01-01 00:00")))
def test_the_zones_own_clock_decides(schedule: TradingSchedule, at_ms: int) -> None:
    """Where no leaving shortens it, a schedule without nights is open exactly when the wall clock says so."""
    plain = replace(schedule, leave_before_close=False, leave_before_weekend=False)
    days = [one for one in plain.hours if one.opens < one.closes]
    if len(days) != len(plain.hours) or not days or plain.time_zone == "Australia/Lord_Howe":
        return
    wall = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(plain.time_zone))
    if wall.utcoffset() != wall.replace(hour=12).utcoffset() or wall.month in (3, 10, 11):
        return
    wanted = any(one.opens <= wall.time() < one.closes and wall.weekday() in one.days for one in days)
    wanted = wanted and (plain.trade_weekends or wall.weekday() < SATURDAY)
    assert trading_hours(plain, None, at_ms).is_open is wanted
