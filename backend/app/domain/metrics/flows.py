"""Growth in the presence of deposits and withdrawals: the trader's (time-weighted) and the money's.

Flows are signed: a deposit is positive. A flow is never profit or loss.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]

SECONDS_PER_YEAR = 365 * 86_400
MOST_RATE = 1e6
TOLERANCE = 1e-12


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

    def missing(rate: float) -> float:
        return float(np.sum(amounts * np.power(1 + rate, years))) - final_equity

    return _root(missing, -1.0, MOST_RATE)


def _root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Bisect on 1 + rate in logarithms; None where the ends have one sign."""
    at_low, at_high = function(low), function(high)
    if at_low == 0:
        return low
    if not (np.isfinite(at_low) and np.isfinite(at_high)) or at_low * at_high > 0:
        return None
    left, right = np.log1p(max(low, -1 + 1e-15)), np.log1p(high)
    while right - left > TOLERANCE:
        middle = (left + right) / 2
        if function(float(np.expm1(middle))) * at_low > 0:
            left = middle
        else:
            right = middle
    return float(np.expm1((left + right) / 2))
