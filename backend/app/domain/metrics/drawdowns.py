"""Falls from the highest point: how deep, from when to when, and whether they were made up for.

Drawdown is (peak - equity) / peak, zero or positive. The start of a series is a peak of its own, so that a loss
in the first interval counts. Whoever lost all of it, or more, begins anew with what is paid in then: the fall ends
there, and gains of the new equity make up for none of it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Places count equity points from 0, the start. `depth` is a fraction; `recovery` is the first place at the
    old peak again, None where the fall lasts on."""

    peak: int
    trough: int
    recovery: int | None
    depth: float


def equity_curve(returns: Series) -> Series:
    """Return the growth of 1, one point more than returns: the start first."""
    return np.concatenate(([1.0], np.cumprod(1 + returns)))


def drawdown_curve(equity: Series) -> Series:
    """Return the drawdown at each point of an equity curve. Where the peak is not positive it is 0."""
    peak = np.maximum.accumulate(equity)
    return np.where(peak > 0, (peak - equity) / np.where(peak > 0, peak, 1.0), 0.0)


def drawdowns_of_returns(returns: Series) -> Series:
    """Return the drawdown at the start and after each return. An interval that began without equity has none (NaN):
    it changes nothing, so that what begins anew does so with its first return."""
    known = np.isfinite(returns)
    lost = np.flatnonzero(known & (returns <= -1))
    parts = [equity_curve(part) for part in np.split(np.where(known, returns, 0), lost + 1)]
    curve = np.concatenate([drawdown_curve(parts[0]), *(drawdown_curve(part)[1:] for part in parts[1:])])
    places = np.concatenate(([0], np.where(known, np.arange(1, curve.size), 0)))
    return np.asarray(curve[np.maximum.accumulate(places)])


def max_drawdown(returns: Series) -> float | None:
    """Return the deepest drawdown as a fraction, 0 where there was none; None for an empty series."""
    return None if returns.size == 0 else float(drawdowns_of_returns(returns).max())


def ulcer_index(returns: Series) -> float | None:
    """Return the root mean square drawdown over the intervals' ends (Martin and McCann 1989), as a fraction;
    None for an empty series."""
    if returns.size == 0:
        return None
    return float(np.sqrt(np.mean(drawdowns_of_returns(returns)[1:] ** 2)))


def drawdowns(curve: Series, most: int | None = None) -> list[Drawdown]:
    """Return the falls of a curve of drawdowns, deepest first, `most` of them at most. One fall lasts from its peak
    to the first point that reaches the peak again."""
    under = np.concatenate(([False], curve > 0, [False]))
    begins = np.flatnonzero(~under[:-1] & under[1:])
    ends = np.flatnonzero(under[:-1] & ~under[1:])  # the first place that is no longer under
    found = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        trough = begin + int(np.argmax(curve[begin:end]))
        found.append(Drawdown(begin - 1, trough, end if end < curve.size else None, float(curve[trough])))
    found.sort(key=lambda fall: (-fall.depth, fall.peak))
    return found if most is None else found[:most]
