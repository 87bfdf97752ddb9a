"""Growth in the presence of deposits and withdrawals: the trader's (time-weighted) and the money's.

Flows are signed: a deposit is positive. A flow is never profit or loss.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]

SECONDS_PER_YEAR = 365 * 86_400
MOST_RATE = 1e6


def time_weighted_returns(equity: Series, flows: Series) -> Series:
    """Return one simple return per interval, flows taken out.

    `equity[i]` is measured at moment i after `flows[i]` came in, so interval i gains
    (equity[i] - flows[i]) / equity[i - 1] - 1; the first moment has none. NaN where an interval began with no
    positive equity: such an interval has no return, and the caller leaves it out (GIPS 2020, 2.A.20).
    Raises ValueError where the two are not equally long.
    """
    if equity.size != flows.size:
        raise ValueError(f"{equity.size} equities and {flows.size} flows")
    base = equity[:-1]
    gained = np.full(max(equity.size - 1, 0), np.nan)
    np.divide(equity[1:] - flows[1:], base, out=gained, where=base > 0)
    return gained - 1


def money_weighted_return(
    moments: Sequence[datetime], flows: Sequence[float], final_equity: float
) -> float | None:
    """Return the yearly rate at which the flows grow to `final_equity` at the last moment (internal rate of
    return, actual/365), -1 to 1,000,000; None where no such rate exists or time did not pass.

    `moments` has one entry per flow and one more, the end.
    """
    if len(moments) != len(flows) + 1:
        raise ValueError(f"{len(flows)} flows need {len(flows) + 1} moments, not {len(moments)}")
    end = moments[-1]
    years = np.array([(end - moment).total_seconds() / SECONDS_PER_YEAR for moment in moments[:-1]])
    amounts = np.asarray(flows, dtype=np.float64)
    if years.size == 0 or years.max() <= 0:
        return None

    def missing(growth: float) -> float:
        return float(np.sum(amounts * np.power(growth, years))) - final_equity

    low, high = 0.0, 1 + MOST_RATE
    at_low = missing(low)
    if at_low == 0:
        return -1.0
    if not at_low * missing(high) <= 0:
        return None
    while low < (middle := (low + high) / 2) < high:  # until no float lies between
        if missing(middle) * at_low > 0:
            low = middle
        else:
            high = middle
    return high - 1
