"""Trading hours of a review's rows as columns, and the time around fundings: the user's first, then the wallet's."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from app.domain.fixed_point import IntColumn
from app.domain.funding import pays_within
from app.domain.risk_facts import HoursFact, ReviewRow

OPEN: Final = 1
CLOSED: Final = 0
UNKNOWN: Final = -1


def open_codes(rows: Sequence[ReviewRow]) -> IntColumn:
    """Return OPEN, also without a schedule, CLOSED, or UNKNOWN for each row's user and wallet."""
    codes = [[open_code(row.user.hours) for row in rows], [open_code(row.wallet.hours) for row in rows]]
    return np.array(codes, dtype=np.int64)


def openings(rows: Sequence[ReviewRow]) -> IntColumn:
    """Return the next opening in market milliseconds for each row's user and wallet; 0 where none is known."""
    held = [[_opening(row.user.hours) for row in rows], [_opening(row.wallet.hours) for row in rows]]
    return np.array(held, dtype=np.int64)


def open_code(hours: HoursFact | None) -> int:
    """Return OPEN, also without a schedule, CLOSED or UNKNOWN."""
    if hours is None:
        return OPEN
    if hours.is_open is None:
        return UNKNOWN
    return OPEN if hours.is_open else CLOSED


def funding_codes(rows: Sequence[ReviewRow]) -> IntColumn:
    """Return OPEN, also where no schedule asks about fundings, CLOSED or UNKNOWN for each row's user and wallet."""
    both = [
        [funding_code(row, row.user.hours) for row in rows],
        [funding_code(row, row.wallet.hours) for row in rows],
    ]
    return np.array(both, dtype=np.int64)


def funding_code(row: ReviewRow, hours: HoursFact | None) -> int:
    """Return CLOSED within the minutes before a funding that the entry would pay, UNKNOWN where a schedule asks and
    the funding is not known, else OPEN."""
    if hours is None or hours.skip_funding_minutes is None:
        return OPEN
    pays = pays_within(row.intent.side, row.market.funding, row.market.market_ms, hours.skip_funding_minutes)
    if pays is None:
        return UNKNOWN
    return CLOSED if pays else OPEN


def funding_minutes(rows: Sequence[ReviewRow]) -> IntColumn:
    """Return for each row how many minutes the user and the wallet keep free before a funding (0: none), and
    third in how many seconds it is."""
    held = [
        [_skipped(row.user.hours) for row in rows],
        [_skipped(row.wallet.hours) for row in rows],
        [0 if row.market.funding is None else _seconds(row) for row in rows],
    ]
    return np.array(held, dtype=np.int64)


def _skipped(hours: HoursFact | None) -> int:
    return 0 if hours is None or hours.skip_funding_minutes is None else hours.skip_funding_minutes


def _seconds(row: ReviewRow) -> int:
    funding = row.market.funding
    return 0 if funding is None else (funding.at_ms - row.market.market_ms) // 1000


def _opening(hours: HoursFact | None) -> int:
    return 0 if hours is None or hours.opens_ms is None else hours.opens_ms
