"""Trading hours of a review's rows as columns: the user's first, then the wallet's."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from app.domain.fixed_point import IntColumn
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


def _opening(hours: HoursFact | None) -> int:
    return 0 if hours is None or hours.opens_ms is None else hours.opens_ms
