"""The month of a report: its words, and its first and last moment in the owner's time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain.report_sheet import Table, month_bounds, month_words


@pytest.mark.parametrize(
    ("month", "words"),
    [
        (date(2026, 1, 1), "January 2026"),
        (date(2026, 10, 31), "October 2026"),
        (date(2027, 12, 1), "December 2027"),
    ],
)
def test_a_month_is_named_with_its_year(month: date, words: str) -> None:
    assert month_words(month) == words


@pytest.mark.parametrize(
    ("month", "zone", "begin", "end"),
    [
        (date(2026, 12, 31), "UTC", "2026-12-01 00:00", "2027-01-01 00:00"),
        (date(2028, 2, 29), "UTC", "2028-02-01 00:00", "2028-03-01 00:00"),
        # an hour later in winter than in summer: the clocks change within these months
        (date(2026, 3, 15), "Europe/Berlin", "2026-02-28 23:00", "2026-03-31 22:00"),
        (date(2026, 10, 1), "Europe/Berlin", "2026-09-30 22:00", "2026-10-31 23:00"),
        (date(2026, 6, 1), "America/New_York", "2026-06-01 04:00", "2026-07-01 04:00"),
    ],
)
def test_a_month_begins_and_ends_at_midnight_in_its_zone(
    month: date, zone: str, begin: str, end: str
) -> None:
    first, after = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (begin, end))
    assert month_bounds(month, ZoneInfo(zone)) == (first, after)


def test_a_table_begins_with_one_column_of_words() -> None:
    assert Table("Symbols", ("Symbol", "P&L"), (), "No trades").worded == 1
