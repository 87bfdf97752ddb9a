"""Every figure of a return series in one pass, for one series or ten thousand: rows are series, columns intervals.

The functions of `returns`, `drawdowns` and `tail_risk` say what each figure is, one at a time, and are the oracle of
this one, which shares what they have in common. One series at a time, so that it and its scratch stay in the
processor's cache; what is left of it is plain numbers, because an operation on an array of one costs as much as one
on a thousand. Most of the time goes to what depends on its own last value, the product of growth and its running
peak: of many series these are taken over a block at once, in steps that do not wait for one another.
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from math import inf, isfinite, isnan, nan, sqrt

import numpy as np
import numpy.typing as npt

from app.domain.metrics.drawdowns import drawdowns_of_returns
from app.domain.metrics.returns import NO_SPREAD, SeriesError
from app.domain.metrics.tail_risk import STANDARD_NORMAL, has_tail

Matrix = npt.NDArray[np.float64]
Column = npt.NDArray[np.float64]
Cube = npt.NDArray[np.float64]
Falls = tuple[float, float, float]

LEAST_FOR_SPREAD = 2
MATRIX_DIMENSIONS = 2
BLOCK_ROWS = 16
STRIDE = 12  # neighbouring intervals that a block's steps lead through, all runs of them at once
SURELY_AROUND = (
    0.6  # of a bell curve's quantile: a threshold that leaves a few times the tail, and is seldom below it
)


@dataclass(frozen=True, slots=True)
class FigureColumns:
    """One value per series, NaN where undefined. Meaning, sign and unit are those of the functions of the same
    name; `value_at_risk` and `expected_shortfall` are historical, positive losses of one interval."""

    total_return: Column
    annual_return: Column
    volatility: Column
    sharpe_ratio: Column
    sortino_ratio: Column
    calmar_ratio: Column
    omega_ratio: Column
    max_drawdown: Column
    ulcer_index: Column
    value_at_risk: Column
    expected_shortfall: Column


@dataclass(frozen=True, slots=True)
class SeriesFigures:
    """The same of one series of `count` returns, None where undefined."""

    count: int
    total_return: float | None
    annual_return: float | None
    volatility: float | None
    sharpe_ratio: float | None
    sortino_ratio: float | None
    calmar_ratio: float | None
    omega_ratio: float | None
    max_drawdown: float | None
    ulcer_index: float | None
    value_at_risk: float | None
    expected_shortfall: float | None


NAMES = tuple(field.name for field in fields(FigureColumns))


def series_figures(returns: Column, periods_per_year: float, confidence_level: float = 0.95) -> SeriesFigures:
    """Return every figure of one series; of an empty one, all None. Raises SeriesError as `figure_columns`."""
    if returns.size == 0:
        return SeriesFigures(0, *(None for _ in NAMES))
    if returns.ndim != 1:
        raise SeriesError(f"a return series has one dimension, not {returns.ndim}")
    total = float(np.add.reduce(returns))
    if not isfinite(total):
        raise _not_finite()
    curve, peak = np.empty(returns.size + 1), np.empty(returns.size + 1)
    falls = _falls(returns, curve, peak)
    found = _figures(returns, periods_per_year, confidence_level, total, falls, peak[1:])
    return SeriesFigures(returns.size, *(None if isnan(one) else one for one in found))


def figure_columns(returns: Matrix, periods_per_year: float, confidence_level: float = 0.95) -> FigureColumns:
    """Return every figure of each row. Raises SeriesError where there is no interval, or a value that is not
    finite."""
    if returns.ndim != MATRIX_DIMENSIONS or returns.shape[1] == 0:
        raise SeriesError(f"series stand in the rows of a matrix with intervals, not in {returns.shape}")
    count = returns.shape[1]
    places = (count // STRIDE + 1) * STRIDE  # at least one more than returns: the start
    scratch = np.empty((2, min(BLOCK_ROWS, returns.shape[0]) * places))
    found = []
    for first in range(0, returns.shape[0], BLOCK_ROWS):
        block = returns[first : first + BLOCK_ROWS]
        totals = np.add.reduce(block, axis=1)
        if not np.isfinite(totals).all():
            raise _not_finite()
        falls = _falls_of_rows(block, scratch[:, : len(block) * places])
        for row, total, fall in zip(block, totals.tolist(), falls, strict=True):
            found.append(_figures(row, periods_per_year, confidence_level, total, fall, scratch[0, :count]))
    return FigureColumns(*np.array(found).reshape(-1, len(NAMES)).T)


def _not_finite() -> SeriesError:
    return SeriesError("a return series holds finite numbers only")


def _figures(
    returns: Column,
    periods_per_year: float,
    confidence_level: float,
    total: float,
    falls: Falls,
    scratch: Column,
) -> tuple[float, ...]:
    """The figures in the order of NAMES, NaN where undefined; `scratch` is written over."""
    count, (growth, deepest, ulcer) = returns.size, falls
    mean = total / count
    np.subtract(returns, mean, out=scratch)
    deviation = sqrt(_squares(scratch) / max(count - 1, 1))
    np.minimum(returns, 0.0, out=scratch)
    shortfall, lost = sqrt(_squares(scratch) / count), -float(np.add.reduce(scratch))
    least, at_risk, expected = _tail(returns, 1 - confidence_level, mean, deviation)
    if least < -1 or not isfinite(growth):
        growth = nan
    annual = _annual(growth, periods_per_year / count)
    scale = sqrt(periods_per_year)
    is_spread = count >= LEAST_FOR_SPREAD
    enough = inf
    if is_spread:
        # No value lies farther from the mean (Samuelson 1968); where that leaves doubt the largest one is looked for.
        enough = NO_SPREAD * (abs(mean) + deviation * sqrt(count))
        if min(deviation, shortfall) <= enough:
            enough = NO_SPREAD * float(np.abs(returns).max())
    return (
        growth - 1,
        annual,
        deviation * scale if is_spread else nan,
        mean * scale / deviation if deviation > enough else nan,
        mean * scale / shortfall if shortfall > enough else nan,
        annual / deepest if deepest > 0 else nan,
        (total + lost) / lost if lost > 0 else nan,
        deepest,
        ulcer,
        at_risk,
        expected,
    )


def _falls(returns: Column, curve: Column, peak: Column) -> Falls:
    """Growth of 1 over the whole, the deepest drawdown and the ulcer index; `curve` and `peak` are written over."""
    curve[0] = 1  # the start is a peak of its own
    np.add(returns, 1, out=curve[1:])
    np.multiply.accumulate(curve, out=curve)
    whole = float(curve[-1])
    if returns.min() <= -1:
        return whole, *_falls_anew(returns)
    # Floats that are not negative are in the order of their bits; negative ones are behind them in both orders, and
    # the start is positive. The running maximum of whole numbers is found faster.
    np.maximum.accumulate(curve.view(np.int64), out=peak.view(np.int64))
    np.divide(curve, peak, out=curve)
    np.subtract(1, curve, out=curve)
    return whole, float(curve.max()), sqrt(_squares(curve) / returns.size)


def _falls_of_rows(block: Matrix, scratch: Matrix) -> list[Falls]:
    """The same of each row. Time is cut into runs of STRIDE intervals: cube [k, row, run] is interval k of a run, so
    that each step leads every run of every row one interval on; then the ends of the runs are carried over."""
    rows, count = block.shape
    growths = scratch[1].reshape(rows, -1)
    growths[:, :-count] = 1  # in front of the first return the start is repeated: no drawdown
    np.add(block, 1, out=growths[:, -count:])
    curves, peaks = scratch.reshape(2, STRIDE, rows, -1)
    curves[...] = growths.reshape(rows, -1, STRIDE).transpose(2, 0, 1)
    _accumulate(np.multiply, curves)
    wholes = curves[-1, :, -1].tolist()
    peaks[...] = curves
    _accumulate(np.maximum, peaks)
    np.divide(curves, peaks, out=curves)
    np.subtract(1, curves, out=curves)
    deepest = curves.max(axis=0).max(axis=1).tolist()
    ulcers = np.sqrt(np.vecdot(curves, curves).sum(axis=0) / count).tolist()
    for row in np.flatnonzero(block.min(axis=1) <= -1).tolist():
        deepest[row], ulcers[row] = _falls_anew(block[row])
    return list(zip(wholes, deepest, ulcers, strict=True))


def _falls_anew(returns: Column) -> tuple[float, float]:
    """The deepest drawdown and the ulcer index where all was lost meanwhile, which is seldom."""
    curve = drawdowns_of_returns(returns)
    return float(curve.max()), sqrt(_squares(curve[1:]) / returns.size)


def _accumulate(step: np.ufunc, cube: Cube) -> None:
    """Run `step` through the time of a cube, in place."""
    for place in range(1, STRIDE):
        step(cube[place], cube[place - 1], out=cube[place])
    ends = step.accumulate(cube[-1], axis=1)
    step(cube[:, :, 1:], ends[:, :-1], out=cube[:, :, 1:])


def _tail(returns: Column, tail: float, mean: float, deviation: float) -> tuple[float, float, float]:
    """The least return, then the linear quantile and the mean of what lies at or below it, as losses; these are NaN
    with under one per tail."""
    count = returns.size
    if not has_tail(count, tail):
        return float(returns.min()), nan, nan
    place = (count - 1) * tail
    below = int(place)
    # To order the few around the tail costs a third of parting all of them.
    parted = returns.compress(returns < mean + deviation * _threshold(tail))
    if parted.size < below + 2:
        parted = returns.copy()
    parted.sort()
    at, above = parted.item(below), parted.item(below + 1)
    worst = float(np.add.reduce(parted[: below + 1]))
    return parted.item(0), -(at + (above - at) * (place - below)), -worst / (below + 1)


@lru_cache(16)
def _threshold(tail: float) -> float:
    """In deviations from the mean; of any series, what it leaves out is checked."""
    return SURELY_AROUND * STANDARD_NORMAL.inv_cdf(tail)


def _annual(growth: float, power: float) -> float:
    """What grows to the same in a year; NaN where no float holds it."""
    try:
        return float(growth**power - 1)
    except OverflowError:
        return nan


def _squares(column: Column) -> float:
    return float(column.dot(column))
