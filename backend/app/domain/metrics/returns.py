"""Figures of a return series: growth, spread, and the ratios of the two.

A series is float64, one simple return per interval of fixed length (0.01 is one percent), in time order, without
gaps. `periods_per_year` is how many intervals a year has: 365 for daily returns of markets that never close, 252
for exchanges with weekends. A figure is None where it is undefined: too few returns, no spread, a return below
-100 %. No figure is ever infinite or NaN; a series with a value that is not finite is an error.
"""

import numpy as np
import numpy.typing as npt

from app.domain.metrics.drawdowns import max_drawdown

Returns = npt.NDArray[np.float64]

LEAST_RETURNS = 2
"""Under so many there is no spread: a sample deviation divides by their number less one."""
# A spread this small beside the size of the returns is rounding, not spread: constant returns have no Sharpe.
NO_SPREAD = 1e-12


class SeriesError(ValueError):
    """A series that no figure can be taken of: not one-dimensional, or with values that are not finite."""


def checked(returns: npt.ArrayLike) -> Returns:
    """Return the series as float64; raises SeriesError where it is not one of finite numbers."""
    series = np.asarray(returns, dtype=np.float64)
    if series.ndim != 1:
        raise SeriesError(f"a return series has one dimension, not {series.ndim}")
    if not np.isfinite(series).all():
        place = int(np.flatnonzero(~np.isfinite(series))[0])
        raise SeriesError(f"return {place} is {series[place]}")
    return series


def total_return(returns: Returns) -> float | None:
    """Return the compounded return over the whole series; None for an empty one, a return below -100 % or where
    no float holds it."""
    if returns.size == 0 or (returns < -1).any():
        return None
    with np.errstate(over="ignore"):
        grown = float(np.prod(1 + returns) - 1)
    return grown if np.isfinite(grown) else None


def annual_return(returns: Returns, periods_per_year: float) -> float | None:
    """Return the constant yearly return that compounds to the same end (CAGR); None as for total_return."""
    whole = total_return(returns)
    if whole is None:
        return None
    with np.errstate(over="ignore"):
        grown = float(np.power(1 + whole, periods_per_year / returns.size) - 1)
    return grown if np.isfinite(grown) else None


def volatility(returns: Returns, periods_per_year: float) -> float | None:
    """Return the sample standard deviation (n - 1) per year; None under two returns."""
    if returns.size < LEAST_RETURNS:
        return None
    return float(np.std(returns, ddof=1) * np.sqrt(periods_per_year))


def sharpe_ratio(returns: Returns, periods_per_year: float, risk_free_return: float = 0.0) -> float | None:
    """Return mean excess return over its standard deviation, per year (Sharpe 1994, "The Sharpe Ratio").

    `risk_free_return` is per interval. None under two returns or where they do not vary.
    """
    if returns.size < LEAST_RETURNS:
        return None
    excess = returns - risk_free_return
    spread = float(np.std(excess, ddof=1))
    if _is_nothing(spread, excess):
        return None
    return float(np.mean(excess) / spread * np.sqrt(periods_per_year))


def sortino_ratio(returns: Returns, periods_per_year: float, target_return: float = 0.0) -> float | None:
    """Return mean excess return over downside deviation, per year (Sortino and Price 1994).

    The downside deviation counts every interval, with zero where the target was met. None under two returns
    or where no return is below the target.
    """
    if returns.size < LEAST_RETURNS:
        return None
    excess = returns - target_return
    downside = float(np.sqrt(np.mean(np.minimum(excess, 0) ** 2)))
    if _is_nothing(downside, excess):
        return None
    return float(np.mean(excess) / downside * np.sqrt(periods_per_year))


def calmar_ratio(returns: Returns, periods_per_year: float) -> float | None:
    """Return annual return over maximum drawdown (Young 1991); None where either is undefined or there was no
    drawdown."""
    growth, fall = annual_return(returns, periods_per_year), max_drawdown(returns)
    return None if growth is None or not fall else growth / fall


def omega_ratio(returns: Returns, target_return: float = 0.0) -> float | None:
    """Return the sum of gains above over the sum of shortfalls below a target per interval (Keating and
    Shadwick 2002); None where nothing fell short."""
    excess = returns - target_return
    shortfall = float(-np.sum(np.minimum(excess, 0)))
    return None if shortfall == 0 else float(np.sum(np.maximum(excess, 0))) / shortfall


def beta(returns: Returns, benchmark: Returns) -> float | None:
    """Return the slope of the returns on the benchmark's; None under two pairs or where the benchmark does not
    vary. Raises SeriesError where the two are not equally long."""
    _check_pairs(returns, benchmark)
    if returns.size < LEAST_RETURNS or _is_nothing(float(np.std(benchmark)), benchmark):
        return None
    theirs = benchmark - benchmark.mean()
    return float(np.dot(returns, theirs) / np.dot(theirs, theirs))


def correlation(returns: Returns, others: Returns) -> float | None:
    """Return Pearson's correlation, -1 to 1; None under two pairs or where either does not vary."""
    _check_pairs(returns, others)
    if returns.size < LEAST_RETURNS:
        return None
    if _is_nothing(float(np.std(returns)), returns) or _is_nothing(float(np.std(others)), others):
        return None
    ours, theirs = returns - returns.mean(), others - others.mean()
    found = np.dot(ours, theirs) / np.sqrt(np.dot(ours, ours) * np.dot(theirs, theirs))
    return float(np.clip(found, -1, 1))


def mean_exposure(notionals: Returns, equities: Returns) -> float | None:
    """Return the mean of |notional| / equity over moments; None where a moment's equity is not positive."""
    if notionals.size == 0 or (equities <= 0).any():
        return None
    return float(np.mean(np.abs(notionals) / equities))


def annual_turnover(traded_notional: float, mean_equity: float, years: float) -> float | None:
    """Return traded notional, both ways, over mean equity per year; None where either divisor is not
    positive."""
    return traded_notional / mean_equity / years if mean_equity > 0 and years > 0 else None


def _is_nothing(spread: float, series: Returns) -> bool:
    return spread <= NO_SPREAD * float(np.max(np.abs(series)))


def _check_pairs(returns: Returns, others: Returns) -> None:
    if returns.size != others.size:
        raise SeriesError(f"{returns.size} returns cannot be compared with {others.size}")
