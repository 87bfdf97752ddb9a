"""Correlation of returns between symbols, signed by side, and the groups that arise from it.

Daily returns over 60 days, or hourly ones over 14 days where history is short. Two longs of symbols that move
together concentrate risk, and so do a long and a short of symbols that move against each other; a hedge does
not. What is not known counts as correlated.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from app.domain.fixed_point import FloatColumn
from app.domain.types import Side

DAILY_RETURNS: Final = 60
HOURLY_RETURNS: Final = 14 * 24
MIN_DAILY_RETURNS: Final = 30  # with fewer, hours tell more
_PLACES: Final = 6


def log_returns(closes: Sequence[float | None]) -> FloatColumn:
    """Return ln(close / close before); NaN where either is missing or not above zero. One fewer than closes."""
    prices = np.array([math.nan if close is None else close for close in closes], dtype=np.float64)
    sound = np.where(prices > 0, prices, np.nan)
    return np.diff(np.log(sound))


def correlation(first: FloatColumn, second: FloatColumn, *, least: int = MIN_DAILY_RETURNS) -> Decimal | None:
    """Return Pearson's correlation of two return series that end at the same time, -1 to 1, six places.

    Only moments known to both count. None with fewer than `least` of them, or where one series never moves.
    """
    length = min(len(first), len(second))
    if length == 0:
        return None
    one, other = first[-length:], second[-length:]
    known = np.isfinite(one) & np.isfinite(other)
    if int(known.sum()) < least:
        return None
    one, other = one[known] - one[known].mean(), other[known] - other[known].mean()
    scale = math.sqrt(float(one @ one) * float(other @ other))
    if not scale > 0:
        return None
    return Decimal(repr(round(min(max(float(one @ other) / scale, -1.0), 1.0), _PLACES)))


def correlation_of_symbols(
    daily: tuple[FloatColumn, FloatColumn], hourly: tuple[FloatColumn, FloatColumn]
) -> Decimal | None:
    """Return the correlation of 60 daily returns, or of 14 days of hours where too few days are known."""
    by_day = correlation(daily[0][-DAILY_RETURNS:], daily[1][-DAILY_RETURNS:])
    if by_day is not None:
        return by_day
    return correlation(hourly[0][-HOURLY_RETURNS:], hourly[1][-HOURLY_RETURNS:], least=HOURLY_RETURNS // 2)


def signed_correlation(unsigned: Decimal | None, held: Side, candidate: Side) -> Decimal | None:
    """Return the correlation of two positions' results: turned round where their sides differ."""
    return None if unsigned is None else unsigned * held.sign * candidate.sign


def daily_volatility(returns: FloatColumn, *, least: int = 20) -> Decimal | None:
    """Return the standard deviation of daily returns (sample, n - 1), a fraction; None with fewer than
    `least` known ones or where the price never moves."""
    known = returns[np.isfinite(returns)][-DAILY_RETURNS:]
    if len(known) < least:
        return None
    deviation = float(np.std(known, ddof=1))
    return Decimal(repr(round(deviation, 8))) if deviation > 0 else None
