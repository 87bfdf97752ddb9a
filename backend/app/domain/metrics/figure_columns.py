"""Every figure of a return series in one pass, for one series or ten thousand: rows are series, columns intervals.

The functions of `returns`, `drawdowns` and `tail_risk` say what each figure is, one at a time, and are the oracle of
this one, which shares what they have in common. The product of growth, its running peak and one partition are
nearly all of the time, so that compiling it would gain little (see benchmarks/metrics.py).
"""

from dataclasses import dataclass, fields
from math import isnan, sqrt

import numpy as np
import numpy.typing as npt

from app.domain.metrics.returns import NO_SPREAD, SeriesError

Matrix = npt.NDArray[np.float64]
Column = npt.NDArray[np.float64]

ROWS_AT_ONCE = 4  # as many as stay in the processor's second cache with their two scratch rows
LEAST_FOR_SPREAD = 2
MATRIX_DIMENSIONS = 2
TINY = float(np.finfo(np.float64).tiny)


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
    found = _figures(returns[None, :], periods_per_year, confidence_level)
    return SeriesFigures(returns.size, *(None if isnan(one) else one for one in found[:, 0].tolist()))


def figure_columns(returns: Matrix, periods_per_year: float, confidence_level: float = 0.95) -> FigureColumns:
    """Return every figure of each row. Raises SeriesError where there is no interval, or a value that is not
    finite."""
    if returns.ndim != MATRIX_DIMENSIONS or returns.shape[1] == 0:
        raise SeriesError(f"series stand in the rows of a matrix with intervals, not in {returns.shape}")
    whole = np.empty((len(NAMES), returns.shape[0]))
    for first in range(0, returns.shape[0], ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        whole[:, part] = _figures(returns[part], periods_per_year, confidence_level)
    return FigureColumns(*whole)


def _figures(returns: Matrix, periods_per_year: float, confidence_level: float) -> Matrix:
    """A row for each of NAMES. The small operations are few on purpose: for one series they are half of the time."""
    rows, count = returns.shape
    total = np.add.reduce(returns, axis=1)
    if not np.isfinite(total).all():
        raise SeriesError("a return series holds finite numbers only")
    mean = total / count
    least, most = np.minimum.reduce(returns, axis=1), np.maximum.reduce(returns, axis=1)
    above, below = np.empty((4, rows)), np.empty((4, rows))  # sharpe, sortino, calmar, omega
    scratch = returns - mean[:, None]
    below[0] = _squares(scratch) / max(count - 1, 1)
    np.minimum(returns, 0, out=scratch)
    below[1] = _squares(scratch) / count
    below[3] = -np.add.reduce(scratch, axis=1)
    np.sqrt(below[:2], out=below[:2])
    growth, below[2], ulcer = _falls(returns, scratch)
    annual = _annual(growth, periods_per_year / count)
    scale = sqrt(periods_per_year)
    above[:2], above[2], above[3] = mean * scale, annual, total + below[3]
    enough = np.zeros((4, rows))
    enough[:2] = (
        np.inf if count < LEAST_FOR_SPREAD else NO_SPREAD * np.maximum(np.maximum(most, -least), TINY)
    )
    found = np.full((len(NAMES), rows), np.nan)
    np.divide(above, below, out=found[3:7], where=below > enough)
    found[0], found[1], found[7], found[8] = growth - 1, annual, below[2], ulcer
    if (least < -1).any():
        found[[0, 1, 5], :] = np.where(least < -1, np.nan, found[[0, 1, 5], :])
    if count >= LEAST_FOR_SPREAD:
        found[2] = below[0] * scale
    found[9], found[10] = _tail(returns, 1 - confidence_level)
    return found


def _falls(returns: Matrix, scratch: Matrix) -> tuple[Column, Column, Column]:
    """Growth of 1 over the whole, the deepest drawdown and the ulcer index; `scratch` is written over."""
    curve = returns + 1
    np.multiply.accumulate(curve, axis=1, out=curve)
    whole = curve[:, -1].copy()
    peak = np.maximum.accumulate(curve, axis=1, out=scratch)
    np.maximum(peak, 1, out=peak)  # the start is a peak of its own
    np.divide(curve, peak, out=curve)
    np.subtract(1, curve, out=curve)
    return whole, np.maximum.reduce(curve, axis=1), np.sqrt(_squares(curve) / curve.shape[1])


def _tail(returns: Matrix, tail: float) -> tuple[Column, Column]:
    """The linear quantile and the mean of what lies at or below it, as losses; NaN with under one per tail."""
    rows, count = returns.shape
    if count * tail < 1 - 1e-9:
        return np.full(rows, np.nan), np.full(rows, np.nan)
    place = (count - 1) * tail
    below = int(place)
    parted = np.partition(returns, below + 1, axis=1)
    worst, above = parted[:, : below + 1], parted[:, below + 1]
    at = np.maximum.reduce(worst, axis=1)
    return -(at + (above - at) * (place - below)), -np.add.reduce(worst, axis=1) / (below + 1)


def _annual(growth: Column, power: float) -> Column:
    with np.errstate(over="ignore", invalid="ignore"):
        grown = np.power(growth, power) - 1
    if not np.isfinite(grown).all():
        grown[~np.isfinite(grown)] = np.nan
    return grown


def _squares(matrix: Matrix) -> Column:
    return np.asarray(np.einsum("ij,ij->i", matrix, matrix))
