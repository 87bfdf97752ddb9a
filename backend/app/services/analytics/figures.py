"""Figures with their sample and their interval, out of returns and out of trades."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from app.domain.attribution import NEVER, UNITS_PER_QUOTE, Causes, Cut, TradeColumns
from app.domain.decimal_text import plain
from app.domain.metrics import uncertainty
from app.domain.metrics.figure_columns import SeriesFigures, figure_columns, series_figures
from app.domain.metrics.trade_figures import FEW_TRADES, trade_figures
from app.domain.metrics.uncertainty import Interval, SumsFigure, interval_of
from app.domain.types import ExitReason
from app.services.analytics.views import CausesView, FigureView

Series = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PATH_DRAWS: Final = 200  # resamples of the whole path, for figures that depend on its order
PERCENT: Final = 100.0
QUOTE: Final = float(UNITS_PER_QUOTE)

RETURN_FIGURES: Final = (
    ("total_return", "percent"),
    ("annual_return", "percent"),
    ("volatility", "percent"),
    ("sharpe_ratio", "ratio"),
    ("sortino_ratio", "ratio"),
    ("calmar_ratio", "ratio"),
    ("omega_ratio", "ratio"),
    ("max_drawdown", "percent"),
    ("ulcer_index", "percent"),
)
TRADE_FIGURES: Final = (
    ("win_rate", "percent"),
    ("payoff_ratio", "ratio"),
    ("profit_factor", "ratio"),
    ("expectancy", "quote"),
    ("expectancy_r", "r"),
    ("average_win", "quote"),
    ("average_loss", "quote"),
    ("largest_win", "quote"),
    ("largest_loss", "quote"),
    ("longest_winning_streak", "count"),
    ("longest_losing_streak", "count"),
    ("median_holding_seconds", "seconds"),
)
BY_HAND: Final = (ExitReason.MANUAL, ExitReason.EXTERNAL)  # here, or at the venue
TRADE_SUMS: Final[dict[str, SumsFigure]] = {
    "win_rate": uncertainty.win_rate_of_sums,
    "payoff_ratio": uncertainty.payoff_ratio_of_sums,
    "profit_factor": uncertainty.profit_factor_of_sums,
    "expectancy": uncertainty.expectancy_of_sums,
    "expectancy_r": uncertainty.expectancy_r_of_sums,
}


def figure(name: str, unit: str, value: float | None, n: int, interval: Interval | None = None) -> FigureView:
    """One figure as it is shown; percent is 0-100."""
    scale = PERCENT if unit == "percent" else 1.0
    low, high = (None, None) if interval is None else (interval.low * scale, interval.high * scale)
    level = None if interval is None else interval.level
    shown = None if value is None else value * scale
    return FigureView(name, unit, shown, n, low, high, level, n < FEW_TRADES)


def figures_of_returns(returns: Series, periods_per_year: int) -> list[FigureView]:
    """Every figure of a series, each with an interval where ten returns and more give one."""
    found = series_figures(returns, periods_per_year)
    intervals = _return_intervals(returns, periods_per_year, found)
    return [
        figure(name, unit, getattr(found, name), returns.size, intervals.get(name))
        for name, unit in RETURN_FIGURES
    ]


def _return_intervals(returns: Series, periods: int, found: SeriesFigures) -> dict[str, Interval | None]:
    """Sums give Sharpe, Sortino and omega; the rest needs the whole path of each draw."""
    if returns.size < uncertainty.LEAST_SAMPLE:
        return {}
    block = uncertainty.serial_block(returns.size)
    sums = uncertainty.resampled_sums(uncertainty.return_terms(returns), block)
    by_sums: dict[str, SumsFigure] = {
        "sharpe_ratio": uncertainty.sharpe_of_sums(periods),
        "sortino_ratio": uncertainty.sortino_of_sums(periods),
        "omega_ratio": uncertainty.omega_of_sums,
    }
    drawn = {name: of_sums(sums, returns.size) for name, of_sums in by_sums.items()}
    paths = figure_columns(uncertainty.resampled_rows(returns, block, draws=PATH_DRAWS), periods)
    for name in (
        "total_return",
        "annual_return",
        "volatility",
        "calmar_ratio",
        "max_drawdown",
        "ulcer_index",
    ):
        drawn[name] = getattr(paths, name)
    return {name: interval_of(values) for name, values in drawn.items() if getattr(found, name) is not None}


def figures_of_trades(columns: TradeColumns) -> tuple[list[FigureView], int, int]:
    """(figures, won, lost) of closed trades; they are put into closing order here."""
    closed, opened = columns.closed_ms, columns.opened_ms
    net, risk = columns.net / QUOTE, columns.risk / QUOTE
    if (closed[1:] < closed[:-1]).any():  # mostly they stand in order already
        order = np.argsort(closed, kind="stable")
        closed, opened, net, risk = closed[order], opened[order], net[order], risk[order]
    known = risk > 0
    r_multiples = np.full(net.size, np.nan)
    np.divide(net, risk, out=r_multiples, where=known)
    held = (closed - opened)[opened != NEVER] / 1000
    found = trade_figures(net, r_multiples, held)
    intervals: dict[str, Interval | None] = {}
    if net.size >= uncertainty.LEAST_SAMPLE:
        drawn, block = uncertainty.trade_sample(uncertainty.trade_terms(net, r_multiples))
        sums = uncertainty.resampled_sums(drawn, block)
        intervals = {name: interval_of(of_sums(sums, net.size)) for name, of_sums in TRADE_SUMS.items()}
    counts: dict[str, Callable[[], int]] = {
        "expectancy_r": lambda: int(known.sum()),
        "average_win": lambda: found.won,
        "average_loss": lambda: found.lost,
    }
    views = [
        figure(name, unit, getattr(found, name), counts.get(name, lambda: net.size)(), intervals.get(name))
        for name, unit in TRADE_FIGURES
    ]
    views.append(figure("closed_by_hand", "percent", _by_hand(columns), net.size))
    return views, found.won, found.lost


def _by_hand(columns: TradeColumns) -> float | None:
    """How often somebody stepped in: the fraction of closed trades that a person closed, None without a trade."""
    rules = columns.labels[Cut.EXIT_RULE]
    codes = [code for code, name in enumerate(rules.names) if name in BY_HAND]
    return float(np.isin(rules.codes, codes).mean()) if rules.codes.size else None


def quote(units: int) -> str:
    """Units of 1e-8 as an exact amount of quote currency."""
    return plain(Decimal(units).scaleb(-8))


def causes_view(causes: Causes) -> CausesView:
    """P&L by cause as exact amounts."""
    return CausesView(
        quote(causes.net),
        quote(causes.signal),
        quote(causes.sizing),
        quote(causes.slippage),
        quote(causes.fees),
        quote(causes.funding),
    )
