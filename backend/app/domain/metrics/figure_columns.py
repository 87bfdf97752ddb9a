"""Every figure of a return series in one pass, for one series or ten thousand: rows are series, columns intervals.

The functions of `returns`, `drawdowns` and `tail_risk` say what each figure is, one at a time, and are the oracle of
this one, which shares what they have in common. One series at a time, so that it and its two scratch rows stay in
the processor's first cache; what is left of it (the product of growth, its running peak and one partition are most
of the time) is plain numbers, because an operation on an array of one costs as much as one on a thousand.
"""

from dataclasses import dataclass, fields
from math import inf, isfinite, isnan, nan, sqrt

import numpy as np
import numpy.typing as npt

from app.domain.metrics.returns import NO_SPREAD, SeriesError

Matrix = npt.NDArray[np.float64]
Column = npt.NDArray[np.float64]

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
    found = _figures(returns, periods_per_year, confidence_level, *_scratch(returns.size))
    return SeriesFigures(returns.size, *(None if isnan(one) else one for one in found))


def figure_columns(returns: Matrix, periods_per_year: float, confidence_level: float = 0.95) -> FigureColumns:
    """Return every figure of each row. Raises SeriesError where there is no interval, or a value that is not
    finite."""
    if returns.ndim != MATRIX_DIMENSIONS or returns.shape[1] == 0:
        raise SeriesError(f"series stand in the rows of a matrix with intervals, not in {returns.shape}")
    curve, peak = _scratch(returns.shape[1])
    rows = [_figures(row, periods_per_year, confidence_level, curve, peak) for row in returns]
    return FigureColumns(*np.array(rows).reshape(-1, len(NAMES)).T)


def _scratch(count: int) -> tuple[Column, Column]:
    """Two rows to write over, of one point more than there are returns."""
    return np.empty(count + 1), np.empty(count + 1)


def _figures(
    returns: Column, periods_per_year: float, confidence_level: float, curve: Column, peak: Column
) -> tuple[float, ...]:
    """The figures in the order of NAMES, NaN where undefined; `curve` and `peak` are written over."""
    count = returns.size
    total = float(np.add.reduce(returns))
    if not isfinite(total):
        raise SeriesError("a return series holds finite numbers only")
    mean, least, most = total / count, float(returns.min()), float(returns.max())
    scratch = curve[1:]
    np.subtract(returns, mean, out=scratch)
    deviation = sqrt(_squares(scratch) / max(count - 1, 1))
    np.minimum(returns, 0, out=scratch)
    shortfall, lost = sqrt(_squares(scratch) / count), -float(np.add.reduce(scratch))
    growth, deepest, ulcer = _falls(returns, curve, peak)
    annual = nan if least < -1 else _annual(growth, periods_per_year / count)
    scale = sqrt(periods_per_year)
    is_spread = count >= LEAST_FOR_SPREAD
    enough = NO_SPREAD * max(most, -least, TINY) if is_spread else inf
    return (
        nan if least < -1 else growth - 1,
        annual,
        deviation * scale if is_spread else nan,
        mean * scale / deviation if deviation > enough else nan,
        mean * scale / shortfall if shortfall > enough else nan,
        annual / deepest if deepest > 0 else nan,
        (total + lost) / lost if lost > 0 else nan,
        deepest,
        ulcer,
        *_tail(returns, 1 - confidence_level),
    )


def _falls(returns: Column, curve: Column, peak: Column) -> tuple[float, float, float]:
    """Growth of 1 over the whole, the deepest drawdown and the ulcer index."""
    curve[0] = 1  # the start is a peak of its own
    np.add(returns, 1, out=curve[1:])
    np.multiply.accumulate(curve, out=curve)
    whole = float(curve[-1])
    # Floats that are not negative are in the order of their bits; negative ones are behind them in both orders, and
    # the start is positive. The running maximum of whole numbers is found faster.
    np.maximum.accumulate(curve.view(np.int64), out=peak.view(np.int64))
    np.divide(curve, peak, out=curve)
    np.subtract(1, curve, out=curve)
    return whole, float(curve.max()), sqrt(_squares(curve) / returns.size)


def _tail(returns: Column, tail: float) -> tuple[float, float]:
    """The linear quantile and the mean of what lies at or below it, as losses; NaN with under one per tail."""
    count = returns.size
    if count * tail < 1 - 1e-9:
        return nan, nan
    place = (count - 1) * tail
    below = int(place)
    parted = np.partition(returns, below + 1)
    worst, above = parted[: below + 1], float(parted[below + 1])
    at = float(worst.max())
    return -(at + (above - at) * (place - below)), -float(np.add.reduce(worst)) / (below + 1)


def _annual(growth: float, power: float) -> float:
    """What grows to the same in a year; NaN where no float holds it."""
    try:
        grown = growth**power - 1
    except OverflowError:
        return nan
    return grown if isfinite(grown) else nan


def _squares(column: Column) -> float:
    return float(column.dot(column))
