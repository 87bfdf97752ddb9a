"""Indicators of one (symbol, timeframe), computed once and shared by every strategy.

Each is TA-Lib's, over the columns given, NaN where it is not defined yet. Every value at a bar depends
on that bar and earlier ones only.
"""

from collections.abc import Callable

import numpy as np

from app.domain.fixed_point import FloatColumn
from app.domain.signals.ta_lib import ta_lib


class Features:
    """Indicators over the given columns, each computed at its first use and kept."""

    __slots__ = ("_close", "_high", "_kept", "_low", "_volume")

    def __init__(
        self, *, high: FloatColumn, low: FloatColumn, close: FloatColumn, volume: FloatColumn
    ) -> None:
        self._high = high
        self._low = low
        self._close = close
        self._volume = volume
        self._kept: dict[tuple[str, int], FloatColumn] = {}

    def __len__(self) -> int:
        return len(self._close)

    def _keep(self, name: str, period: int, compute: Callable[[], object]) -> FloatColumn:
        key = (name, period)
        if key not in self._kept:
            self._kept[key] = np.asarray(compute(), dtype=np.float64)
        return self._kept[key]

    def ema(self, period: int) -> FloatColumn:
        """Return the exponential moving average of the close, quote currency."""
        return self._keep("ema", period, lambda: ta_lib().EMA(self._close, period))

    def adx(self, period: int) -> FloatColumn:
        """Return Wilder's average directional index, 0-100."""
        return self._keep("adx", period, lambda: ta_lib().ADX(self._high, self._low, self._close, period))

    def plus_di(self, period: int) -> FloatColumn:
        """Return Wilder's positive directional indicator, 0-100."""
        return self._keep(
            "plus_di", period, lambda: ta_lib().PLUS_DI(self._high, self._low, self._close, period)
        )

    def minus_di(self, period: int) -> FloatColumn:
        """Return Wilder's negative directional indicator, 0-100."""
        return self._keep(
            "minus_di", period, lambda: ta_lib().MINUS_DI(self._high, self._low, self._close, period)
        )

    def atr(self, period: int) -> FloatColumn:
        """Return Wilder's average true range, quote currency."""
        return self._keep("atr", period, lambda: ta_lib().ATR(self._high, self._low, self._close, period))

    def channel_high(self, period: int) -> FloatColumn:
        """Return the Donchian channel's upper line: the highest high of the `period` bars before each bar."""
        return self._keep("channel_high", period, lambda: _before(ta_lib().MAX(self._high, period)))

    def channel_low(self, period: int) -> FloatColumn:
        """Return the Donchian channel's lower line: the lowest low of the `period` bars before each bar."""
        return self._keep("channel_low", period, lambda: _before(ta_lib().MIN(self._low, period)))

    def volume_ratio(self, period: int) -> FloatColumn:
        """Return each bar's volume over the mean of the `period` bars before it; NaN where that is zero."""
        return self._keep("volume_ratio", period, lambda: self._volume_ratio(period))

    def _volume_ratio(self, period: int) -> FloatColumn:
        mean = _before(_means(self._volume, period))
        return np.where(mean > 0, self._volume / np.where(mean > 0, mean, 1.0), np.nan)


def _means(column: FloatColumn, period: int) -> FloatColumn:
    """Return the mean of each value and the `period` - 1 before it, NaN for the first ones. Every window is added up
    by itself: what a running sum carries along of volumes long gone is no volume."""
    means = np.full(len(column), np.nan)
    if len(column) >= period:
        means[period - 1 :] = np.lib.stride_tricks.sliding_window_view(column, period).mean(axis=1)
    return means


def _before(column: FloatColumn) -> FloatColumn:
    """Return the column moved on by one bar, so that a bar sees what was known before it."""
    moved = np.empty_like(column)
    moved[0] = np.nan
    moved[1:] = column[:-1]
    return moved
