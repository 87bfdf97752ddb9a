"""How far a figure can be trusted: intervals by resampling.

Returns are resampled in blocks of random length, so that their dependence in time is kept (stationary bootstrap,
Politis and Romano 1994); trades one by one. The draw is seeded: the same sample gives the same interval.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
RowFigure = Callable[[Series], Series]  # a figure of each row; NaN where undefined

DRAWS = 1_000
LEAST_SAMPLE = 10
LEAST_DEFINED = 0.9  # of the draws; below it the figure is mostly undefined and has no interval


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float
    level: float


def bootstrap_interval(
    sample: Series, figure: RowFigure, *, mean_block: float | None = None, level: float = 0.95, seed: int = 7
) -> Interval | None:
    """Return the percentile interval of `figure`; None under ten values or where too many draws leave the figure
    undefined. `mean_block` is the mean length of the blocks: 1 for independent values, the cube root of the
    sample's length where not given."""
    if sample.size < LEAST_SAMPLE:
        return None
    block = max(1.0, sample.size ** (1 / 3)) if mean_block is None else mean_block
    drawn = figure(sample[_places(sample.size, block, np.random.default_rng(seed))])
    defined = drawn[np.isfinite(drawn)]
    if defined.size < LEAST_DEFINED * DRAWS:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def sharpe_rows(periods_per_year: float) -> RowFigure:
    """The Sharpe ratio of each row."""

    def figure(rows: Series) -> Series:
        return np.asarray(_ratio(rows.mean(axis=1), rows.std(axis=1, ddof=1)) * np.sqrt(periods_per_year))

    return figure


def sortino_rows(periods_per_year: float) -> RowFigure:
    """The Sortino ratio of each row."""

    def figure(rows: Series) -> Series:
        downside = np.sqrt(np.mean(np.minimum(rows, 0) ** 2, axis=1))
        return np.asarray(_ratio(rows.mean(axis=1), downside) * np.sqrt(periods_per_year))

    return figure


def win_rate_rows(rows: Series) -> Series:
    """The share of positive values of each row."""
    return np.asarray((rows > 0).mean(axis=1))


def mean_rows(rows: Series) -> Series:
    """The mean of each row."""
    return np.asarray(rows.mean(axis=1))


def profit_factor_rows(rows: Series) -> Series:
    """Gains over losses of each row; NaN without a loss."""
    return _ratio(np.maximum(rows, 0).sum(axis=1), -np.minimum(rows, 0).sum(axis=1))


def _ratio(above: Series, below: Series) -> Series:
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


def _places(size: int, mean_block: float, random: np.random.Generator) -> npt.NDArray[np.intp]:
    """Places of every draw: a block goes on to the next place, or with probability 1 / mean_block begins anew."""
    begins = random.random((DRAWS, size)) < 1 / mean_block
    begins[:, 0] = True
    starts = random.integers(0, size, (DRAWS, size))
    at = np.where(begins, np.arange(size), 0)
    last_begin = np.maximum.accumulate(at, axis=1)
    rows = np.arange(DRAWS)[:, None]
    return np.asarray((starts[rows, last_begin] + np.arange(size) - last_begin) % size)
