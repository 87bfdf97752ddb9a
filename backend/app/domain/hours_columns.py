"""Trading hours of a review's rows as columns, and the time around fundings, in the order of `HOURS_LEVELS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import numpy as np

from app.domain.fixed_point import IntColumn
from app.domain.funding import pays_within
from app.domain.risk_facts import HoursFact, ReviewRow
from app.domain.types import RiskLevel

OPEN: Final = 1
CLOSED: Final = 0
UNKNOWN: Final = -1
HOURS_LEVELS: Final = (RiskLevel.USER, RiskLevel.WALLET, RiskLevel.VENUE)


def open_codes(rows: Sequence[ReviewRow]) -> IntColumn:
    """Return OPEN, also without a schedule, CLOSED, or UNKNOWN for each level and row."""
    return _column([[open_code(hours) for hours in _schedules(row)] for row in rows])


def funding_codes(rows: Sequence[ReviewRow]) -> IntColumn:
    """Return OPEN, also where no schedule asks about fundings, CLOSED or UNKNOWN for each level and row."""
    return _column([funding_codes_of(row) for row in rows])


def open_codes_of(row: ReviewRow) -> tuple[int, ...]:
    """Return `open_codes` of one row."""
    return tuple([open_code(hours) for hours in _schedules(row)])


def funding_codes_of(row: ReviewRow) -> tuple[int, ...]:
    """Return `funding_codes` of one row."""
    return tuple([_funding_code(row, hours) for hours in _schedules(row)])


def opening_of(row: ReviewRow, level: RiskLevel) -> int | None:
    """Return when the level's trading hours open next, in market milliseconds; None where that is not known."""
    hours = _schedules(row)[HOURS_LEVELS.index(level)]
    return None if hours is None else hours.opens_ms or None


def skipped_minutes_of(row: ReviewRow, level: RiskLevel) -> int:
    """Return how many minutes the level keeps free before a funding; 0: none."""
    hours = _schedules(row)[HOURS_LEVELS.index(level)]
    return 0 if hours is None or hours.skip_funding_minutes is None else hours.skip_funding_minutes


def seconds_until_funding(row: ReviewRow) -> int:
    """Return in how many seconds the next funding is, 0 where it is not known."""
    funding = row.market.funding
    return 0 if funding is None else (funding.at_ms - row.market.market_ms) // 1000


def open_code(hours: HoursFact | None) -> int:
    """Return OPEN, also without a schedule, CLOSED or UNKNOWN."""
    if hours is None:
        return OPEN
    if hours.is_open is None:
        return UNKNOWN
    return OPEN if hours.is_open else CLOSED


_schedules: Final[Callable[[ReviewRow], tuple[HoursFact | None, ...]]] = attrgetter(
    "user.hours", "wallet.hours", "wallet.venue_hours"
)
_NO_SCHEDULE: Final = (None, None, None)


@dataclass(frozen=True, slots=True)
class HoursColumns:
    """Both together."""

    open_codes: IntColumn
    funding_codes: IntColumn

    @staticmethod
    def of(rows: Sequence[ReviewRow]) -> "HoursColumns":
        """Return the columns; most batches meet nobody who has a schedule."""
        if any(_schedules(row) != _NO_SCHEDULE for row in rows):
            return HoursColumns(open_codes(rows), funding_codes(rows))
        is_open = np.full((len(HOURS_LEVELS), len(rows)), OPEN, dtype=np.int64)
        return HoursColumns(is_open, is_open)


def _column(of_rows: Sequence[Sequence[int]]) -> IntColumn:
    """Turn rows of levels into levels of rows."""
    return np.array(of_rows, dtype=np.int64).reshape(-1, len(HOURS_LEVELS)).T


def _funding_code(row: ReviewRow, hours: HoursFact | None) -> int:
    """CLOSED within the minutes before a funding that the entry would pay, UNKNOWN where a schedule asks and the
    funding is not known, else OPEN."""
    if hours is None or hours.skip_funding_minutes is None:
        return OPEN
    market = row.market
    pays = pays_within(row.intent.side, market.funding, market.market_ms, hours.skip_funding_minutes)
    if pays is None:
        return UNKNOWN
    return CLOSED if pays else OPEN
