"""A report as it is read, before it is drawn: text, tables and the values of charts, the same for HTML and PDF."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

ABSENT: Final = "—"
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


class ChartKind(StrEnum):
    """How values are drawn."""

    LINE = "line"
    FALL = "fall"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class Chart:
    """`positions` rise; `labels` stand under the first and the last. Without a value `absent` says why."""

    title: str
    kind: ChartKind
    unit: str
    positions: tuple[float, ...]
    values: tuple[float, ...]
    labels: tuple[str, str]
    absent: str


@dataclass(frozen=True, slots=True)
class Table:
    """The first column is words, the others stand to the right. Without rows `absent` says why."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    absent: str
    note: str = ""
    worded: int = 1  # how many columns from the left are words


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole report. `is_live` marks real money; `so_far` is set while the month is not over."""

    title: str
    scope: str
    environment: str
    is_live: bool
    month: str
    so_far: str | None
    time_zone: str
    made: str
    notes: tuple[str, ...]
    headline: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]


def month_words(month: date) -> str:
    """ "October 2026"."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def month_bounds(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the month and the first after it in that zone, aware UTC."""
    first = month.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    begin, end = (datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) for day in (first, after))
    return begin, end
