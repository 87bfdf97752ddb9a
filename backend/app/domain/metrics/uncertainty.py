"""How far a figure can be trusted: intervals by resampling.

Values are resampled in blocks of random length, so that their dependence in time is kept (stationary bootstrap,
Politis and Romano 1994); with blocks of mean length 1 they are drawn one by one. Every figure here is made of sums
over the sample, and the sum of a block is the difference of two running sums: a draw costs as much as it has
blocks, however long the sample. The draw is seeded: the same sample gives the same interval.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
Terms = npt.NDArray[np.float64]  # rows are values of the sample, columns what is summed of each
Places = npt.NDArray[np.intp]
SumsFigure = Callable[[Terms, int], Series]  # of each draw's sums and the sample's size; NaN where undefined

DRAWS = 1_000
LEAST_SAMPLE = 10
LEAST_DEFINED = 0.9  # of the draws; below it the figure is mostly undefined and has no interval
MOST_BLOCKS = 300  # of a draw of trades: above so many values neighbours are drawn together
MOST_CELLS = 1_000
CELL_BLOCK = 10.0
SEED = 7


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high` in the figure's own unit; `level` is the confidence, 0-1."""

    low: float
    high: float
    level: float


def serial_block(size: int) -> float:
    """Return the mean block length for values that depend on their neighbours: the cube root of their number."""
    return max(1.0, float(np.cbrt(size)))


def trade_block(size: int) -> float:
    """Return the mean block length for trades in closing order: one by one up to 300, then so that a draw has
    about 300 blocks."""
    return max(1.0, size / MOST_BLOCKS)


def resampled_sums(terms: Terms, mean_block: float, *, draws: int = DRAWS, seed: int = SEED) -> Terms:
    """Return the column sums of `draws` resamples, each as long as the sample (which wraps around)."""
    size = terms.shape[0]
    starts, lengths = _blocks(size, mean_block, draws, seed)
    ends = starts + lengths
    sums = np.empty((draws, terms.shape[1]))
    for place, column in enumerate(terms.T):  # one by one: a column of running sums stays in the first cache
        running = np.concatenate(([0.0], np.cumsum(np.concatenate((column, column)))))
        sums[:, place] = (running.take(ends) - running.take(starts)).sum(axis=1)
    return sums


def trade_sample(terms: Terms) -> tuple[Terms, float]:
    """Return (what is drawn, the mean block length): trades, or cells of them in blocks of ten."""
    cells = in_cells(terms)
    return cells, trade_block(terms.shape[0]) if cells is terms else CELL_BLOCK


def in_cells(terms: Terms) -> Terms:
    """Return the sums of about a thousand runs of neighbours where the sample is much longer: blocks of it, drawn
    in cells, cost as much as a short sample's."""
    size = terms.shape[0]
    if size <= MOST_CELLS * 2:
        return terms
    begins = np.linspace(0, size, MOST_CELLS, endpoint=False).astype(np.intp)
    return np.stack([np.add.reduceat(column, begins) for column in terms.T]).T


def bootstrap_interval(
    terms: Terms, figure: SumsFigure, *, mean_block: float, level: float = 0.95, seed: int = SEED
) -> Interval | None:
    """Return the percentile interval of `figure`; None under ten values or where too many draws leave the figure
    undefined."""
    if terms.shape[0] < LEAST_SAMPLE:
        return None
    return interval_of(figure(resampled_sums(terms, mean_block, seed=seed), terms.shape[0]), level)


def interval_of(drawn: Series, level: float = 0.95) -> Interval | None:
    """Return the percentile interval of a figure's draws; None where too many of them are not finite."""
    defined = drawn[np.isfinite(drawn)]
    if defined.size < LEAST_DEFINED * drawn.size:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def resampled_rows(sample: Series, mean_block: float, *, draws: int, seed: int = SEED) -> Terms:
    """Return whole resamples, one per row, for figures that depend on the order of the values."""
    size = sample.size
    starts, lengths = _blocks(size, mean_block, draws, seed)
    flat = lengths.ravel()
    begins = np.cumsum(flat) - flat
    places = np.repeat(starts.ravel() - begins, flat) + np.arange(draws * size)
    twice = np.concatenate((sample, sample))  # a block that reaches over the end goes on at the beginning
    return np.asarray(twice.take(places).reshape(draws, size))


def return_terms(returns: Series) -> Terms:
    """What Sharpe, Sortino and omega are made of: the value, its square, its shortfall below zero (positive) and
    the square of that."""
    short = np.maximum(-returns, 0)
    return np.stack((returns, returns**2, short, short**2)).T


def sharpe_of_sums(periods_per_year: float) -> SumsFigure:
    """The Sharpe ratio out of the sums of `return_terms`."""

    def figure(sums: Terms, size: int) -> Series:
        mean = sums[:, 0] / size
        variance = np.maximum(sums[:, 1] - size * mean**2, 0) / (size - 1)
        return _ratio(mean * np.sqrt(periods_per_year), np.sqrt(variance))

    return figure


def sortino_of_sums(periods_per_year: float) -> SumsFigure:
    """The Sortino ratio out of the sums of `return_terms`."""

    def figure(sums: Terms, size: int) -> Series:
        downside = np.sqrt(np.maximum(sums[:, 3], 0) / size)
        return _ratio(sums[:, 0] / size * np.sqrt(periods_per_year), downside)

    return figure


def omega_of_sums(sums: Terms, _size: int) -> Series:
    """The omega ratio about zero out of the sums of `return_terms`."""
    return _ratio(sums[:, 0] + sums[:, 2], sums[:, 2])


def trade_terms(net_pnl: Series, r_multiples: Series) -> Terms:
    """What figures of trades are made of: won, lost, gains, losses (positive), R and whether R is known (NaN is
    not)."""
    known = np.isfinite(r_multiples)
    terms = np.empty((6, net_pnl.size))  # each term in one piece, as it is summed
    terms[0], terms[1], terms[5] = net_pnl > 0, net_pnl < 0, known
    np.maximum(net_pnl, 0, out=terms[2])
    np.maximum(-net_pnl, 0, out=terms[3])
    terms[4] = np.where(known, r_multiples, 0)
    return terms.T


def win_rate_of_sums(sums: Terms, size: int) -> Series:
    """The share of trades that won, out of the sums of `trade_terms`."""
    return np.asarray(sums[:, 0] / size)


def expectancy_of_sums(sums: Terms, size: int) -> Series:
    """The mean net P&L of a trade."""
    return np.asarray((sums[:, 2] - sums[:, 3]) / size)


def expectancy_r_of_sums(sums: Terms, _size: int) -> Series:
    """The mean R of the trades whose risk is known."""
    return _ratio(sums[:, 4], np.round(sums[:, 5]))


def profit_factor_of_sums(sums: Terms, _size: int) -> Series:
    """Gains over losses; NaN without a loss."""
    return _ratio(sums[:, 2], np.where(np.round(sums[:, 1]) > 0, sums[:, 3], 0))


def payoff_ratio_of_sums(sums: Terms, _size: int) -> Series:
    """The average win over the average loss; NaN without one of them."""
    wins, losses = np.round(sums[:, 0]), np.round(sums[:, 1])
    return _ratio(_ratio(sums[:, 2], wins), _ratio(sums[:, 3], losses))


def _ratio(above: Series, below: Series) -> Series:
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


@lru_cache(8)
def _blocks(size: int, mean_block: float, draws: int, seed: int) -> tuple[Places, Places]:
    """Starts and lengths of every draw's blocks; the last one is cut so that the lengths add up to the size. They
    are the same for every sample of that size, so that the newest few are kept."""
    random = np.random.default_rng(seed)
    chance = 1 / max(mean_block, 1.0)
    if chance == 1:
        return random.integers(0, size, (draws, size)), np.ones((draws, size), dtype=np.intp)
    expected = size * chance
    count = min(size, int(expected + 5 * np.sqrt(expected) + 8))
    lengths = np.minimum(random.geometric(chance, (draws, count)), size)
    lengths[:, -1] = size  # the last takes whatever is left, which is hardly ever any
    ends = np.cumsum(lengths, axis=1)
    lengths = np.clip(size - (ends - lengths), 0, lengths)
    return random.integers(0, size, lengths.shape), lengths
