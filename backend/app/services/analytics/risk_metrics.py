"""What the bad intervals cost, whether the claim holds, and what returns have to do with a benchmark."""

from datetime import timedelta
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from app.domain.attribution import UNITS_PER_QUOTE, Cut, TradeColumns
from app.domain.metrics.returns import beta, correlation
from app.domain.metrics.tail_risk import (
    TailMethod,
    excess_kurtosis,
    rolling_coverage,
    skewness,
    tail_risk,
)
from app.domain.snapshots import Resolution
from app.domain.timeframes import Timeframe
from app.repositories.candles import SystemCandleRepository
from app.services.analytics.figures import PERCENT, figure, figures_of_returns
from app.services.analytics.ranges import Chosen
from app.services.analytics.series import Line
from app.services.analytics.sources import Sources, asked, moment_of, note_of
from app.services.analytics.views import FigureView, JudgedView, PairView, RiskMetricsView, TailView

Series = npt.NDArray[np.float64]
BENCHMARK: Final = "BTC/USDT:USDT"
LEVELS: Final = (0.95, 0.99)
HORIZONS: Final = (1, 10)
WINDOW: Final = 250  # returns that a claim is made from when it is judged
MOST_PAIRED: Final = 12
# Bars whose closes stand at the ends of a resolution's intervals, and of venues that trade the benchmark.
BARS: Final = {Resolution.FINE: Timeframe.M5, Resolution.HOUR: Timeframe.H1, Resolution.DAY: Timeframe.H1}
SHOWN: Final = ("volatility", "max_drawdown", "ulcer_index", "sharpe_ratio", "sortino_ratio", "calmar_ratio")


class RiskMetrics:
    """One question at a time."""

    def __init__(self, sources: Sources, candles: SystemCandleRepository) -> None:
        self._sources = sources
        self._candles = candles

    async def risk_metrics(self, chosen: Chosen, venues: tuple[str, ...]) -> RiskMetricsView:
        """Tail risk by every method, judged on this very series; shape, beta, and correlations of strategies and
        symbols. The benchmark's closes are those that `venues` told."""
        closed = await self._sources.closed(chosen)
        line, _ = await self._sources.line(chosen, closed)
        returns = line.returns
        figures = [
            one for one in figures_of_returns(returns, line.resolution.periods_per_year) if one.name in SHOWN
        ]
        n = returns.size
        figures += [
            figure("skewness", "ratio", skewness(returns), n),
            figure("excess_kurtosis", "ratio", excess_kurtosis(returns), n),
            *await self._beside_benchmark(line, venues),
        ]
        return RiskMetricsView(
            asked=asked(chosen, line, note_of(line, closed, chosen)),
            n=n,
            benchmark=BENCHMARK,
            figures=figures,
            tails=[
                _tail(returns, method, level, days)
                for method in TailMethod
                for level in LEVELS
                for days in HORIZONS
            ],
            correlations=[*_correlations(closed, Cut.STRATEGY), *_correlations(closed, Cut.SYMBOL)],
        )

    async def _beside_benchmark(self, line: Line, venues: tuple[str, ...]) -> list[FigureView]:
        """Beta and correlation over the intervals whose both ends the benchmark's bars tell."""
        pairs = np.empty((2, 0))
        if line.equity.size > 1:
            frame = BARS[line.resolution]
            length = timedelta(milliseconds=frame.milliseconds)
            bars = await self._candles.closes(
                venues, BENCHMARK, frame.value, moment_of(line.at_ms[0]) - length, moment_of(line.at_ms[-1])
            )
            pairs = _paired(line, {round((at + length).timestamp() * 1000): close for at, close in bars})
        n = pairs.shape[1]
        return [
            figure("beta", "ratio", beta(pairs[0], pairs[1]), n),
            figure("correlation", "ratio", correlation(pairs[0], pairs[1]), n),
        ]


def _paired(line: Line, closes: dict[int, float]) -> Series:
    """(ours, the benchmark's) returns of the intervals where both are known."""
    prices = np.array([closes.get(round(at), np.nan) for at in line.at_ms.tolist()])
    theirs = prices[1:] / prices[:-1] - 1
    known = np.isfinite(theirs) & np.isfinite(line.gained)
    return np.stack((line.gained[known], theirs[known]))


def _tail(returns: Series, method: TailMethod, level: float, horizon: int) -> TailView:
    found = tail_risk(returns, method, level, horizon)
    judged = rolling_coverage(returns, method, level, WINDOW) if horizon == 1 else None
    return TailView(
        method.value,
        level,
        horizon,
        None if found is None else found.value_at_risk * PERCENT,
        None if found is None else found.expected_shortfall * PERCENT,
        None
        if judged is None
        else JudgedView(
            judged.observations, judged.exceptions, judged.expected, judged.p_value, not judged.is_rejected()
        ),
    )


def _correlations(closed: TradeColumns, cut: Cut) -> list[PairView]:
    """Of the daily P&L of each two keys with the most trades, over the days from the first close to the newest."""
    if closed.closed_ms.size == 0:
        return []
    days = closed.closed_ms // int(Resolution.DAY.step.total_seconds() * 1000)
    days, labels = days - days.min(), closed.labels[cut]
    count = int(days.max()) + 1
    most = np.argsort(-np.bincount(labels.codes, minlength=len(labels.names)), kind="stable")[:MOST_PAIRED]
    made: dict[str, Series] = {
        labels.names[code]: np.bincount(
            days[rows], weights=closed.net[rows] / float(UNITS_PER_QUOTE), minlength=count
        ).astype(np.float64)
        for code in most.tolist()
        if (rows := labels.codes == code).any()
    }
    return [
        PairView(first, second, count, correlation(made[first], made[second]))
        for first, second in combinations(sorted(made), 2)
    ]
