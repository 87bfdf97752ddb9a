"""Figures of closed trades: how often, how much, in what order, and against what risk.

`net_pnl` is in quote currency, after fees and funding, one value per trade in closing order. A trade of exactly
zero is neither won nor lost; it counts among the trades.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]

FEW_TRADES = 30  # below it every ratio is marked: it says little yet


@dataclass(frozen=True, slots=True)
class TradeFigures:
    """Fractions are 0-1, money in quote currency, None where undefined. `profit_factor` and `payoff_ratio` are
    None without a losing trade (and the payoff without a winning one); `expectancy_r` without a trade whose risk
    is known."""

    count: int
    won: int
    lost: int
    net_pnl: float
    win_rate: float | None
    payoff_ratio: float | None
    profit_factor: float | None
    expectancy: float | None
    expectancy_r: float | None
    average_win: float | None
    average_loss: float | None
    largest_win: float | None
    largest_loss: float | None
    longest_winning_streak: int
    longest_losing_streak: int
    median_holding_seconds: float | None
    is_few: bool


@dataclass(frozen=True, slots=True)
class Excursions:
    """How far a trade ran against and for its owner while open, per base unit in quote currency, both >= 0."""

    adverse: float
    favourable: float


def trade_figures(
    net_pnl: Column, r_multiples: Column | None = None, holding_seconds: Column | None = None
) -> TradeFigures:
    """Return every figure. `r_multiples` has NaN where a trade's risk is not known."""
    wins, losses, count = net_pnl > 0, net_pnl < 0, net_pnl.size
    won, lost = int(np.count_nonzero(wins)), int(np.count_nonzero(losses))
    gained, given = float(np.maximum(net_pnl, 0).sum()), float(np.maximum(-net_pnl, 0).sum())
    average_win = gained / won if won else None
    average_loss = given / lost if lost else None
    known_r = np.empty(0) if r_multiples is None else r_multiples[np.isfinite(r_multiples)]
    return TradeFigures(
        count=count,
        won=won,
        lost=lost,
        net_pnl=float(net_pnl.sum()),
        win_rate=won / count if count else None,
        payoff_ratio=average_win / average_loss if average_win is not None and average_loss else None,
        profit_factor=gained / given if given else None,
        expectancy=float(net_pnl.mean()) if count else None,
        expectancy_r=float(known_r.mean()) if known_r.size else None,
        average_win=average_win,
        average_loss=average_loss,
        largest_win=float(net_pnl.max()) if won else None,
        largest_loss=-float(net_pnl.min()) if lost else None,
        longest_winning_streak=longest_run(wins),
        longest_losing_streak=longest_run(losses),
        median_holding_seconds=_median(holding_seconds),
        is_few=count < FEW_TRADES,
    )


def longest_run(held: npt.NDArray[np.bool_]) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], held.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def excursions(sign: int, entry_price: float, highs: Column, lows: Column) -> Excursions | None:
    """Return MAE and MFE from the bars a trade was open in; `sign` is +1 for long, -1 for short. None without a
    bar. The bars of entry and exit are counted whole, so that both figures are upper bounds."""
    if highs.size == 0:
        return None
    best, worst = (highs.max(), lows.min()) if sign > 0 else (lows.min(), highs.max())
    return Excursions(
        max(0.0, float(sign * (entry_price - worst))), max(0.0, float(sign * (best - entry_price)))
    )


def _median(column: Column | None) -> float | None:
    return None if column is None or column.size == 0 else float(np.median(column))
