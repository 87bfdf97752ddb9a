"""Volatility of bars as one number."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from app.domain.signals.ta_lib import ta_lib

ATR_PERIOD: Final = 14


def average_true_range(
    high: Sequence[float], low: Sequence[float], close: Sequence[float], period: int = ATR_PERIOD
) -> float | None:
    """Return Wilder's average true range of the newest bar, quote currency; bars oldest first.

    None for too few bars, or where it is not a number above zero. J. W. Wilder, "New Concepts in Technical
    Trading Systems", 1978."""
    if len(close) <= period:
        return None
    found = float(ta_lib().ATR(np.asarray(high), np.asarray(low), np.asarray(close), period)[-1])
    return found if math.isfinite(found) and found > 0 else None
