"""Candles in whole ticks and steps: the feed's own bars, and minute bars built from the trades."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
WEEK_MS = 7 * 24 * 60 * MINUTE_MS
MONDAY_OFFSET_MS = 4 * 24 * 60 * MINUTE_MS  # the epoch was a Thursday
KEPT_BASE_BARS = 20_000
KEPT_MINUTE_BARS = 4_000

INTERVALS_MS: dict[str, int] = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "2h": 120 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "6h": 360 * MINUTE_MS,
    "8h": 480 * MINUTE_MS,
    "12h": 720 * MINUTE_MS,
    "1d": 1_440 * MINUTE_MS,
    "3d": 4_320 * MINUTE_MS,
    "1w": WEEK_MS,
}


def opening(time_ms: int, interval_ms: int) -> int:
    """The open time of the bar of that length which holds `time_ms`."""
    offset = MONDAY_OFFSET_MS if interval_ms == WEEK_MS else 0
    return time_ms - (time_ms - offset) % interval_ms


@dataclass(slots=True)
class Ohlc:
    """Open, high, low and close of anything counted in whole units."""

    open: int
    high: int
    low: int
    close: int

    def add(self, value: int) -> None:
        self.close = value
        if value > self.high:
            self.high = value
        elif value < self.low:
            self.low = value

    def absorb(self, later: Ohlc) -> None:
        """Widen by what follows."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close


def flat(value: int) -> Ohlc:
    return Ohlc(value, value, value, value)


@dataclass(frozen=True, slots=True)
class References:
    """Mark and index price in ticks, and the premium of the last price over the index in 1e-8 (signed)."""

    mark: int
    index: int
    premium: int


@dataclass(slots=True)
class Bar:
    """Prices in ticks, volumes in steps, quote volumes in ticks x steps; mark prices in ticks too.

    `index` is in ticks, `premium` (of last over index, signed) in 1e-8; both are None in bars of history and in those
    journalled before they were kept.
    """

    open_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote: int
    trades: int
    taker_volume: int
    taker_quote: int
    mark_open: int
    mark_high: int
    mark_low: int
    mark_close: int
    index: Ohlc | None = None
    premium: Ohlc | None = None

    def absorb(self, later: Bar) -> None:
        """Widen this bar by one that follows it."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.quote += later.quote
        self.trades += later.trades
        self.taker_volume += later.taker_volume
        self.taker_quote += later.taker_quote
        self.mark_high = max(self.mark_high, later.mark_high)
        self.mark_low = min(self.mark_low, later.mark_low)
        self.mark_close = later.mark_close
        self.index = _joined(self.index, later.index)
        self.premium = _joined(self.premium, later.premium)

    def moved_to(self, open_ms: int) -> Bar:
        """A copy that opens at `open_ms`."""
        return replace(
            self,
            open_ms=open_ms,
            index=None if self.index is None else replace(self.index),
            premium=None if self.premium is None else replace(self.premium),
        )

    def log_range(self) -> float:
        """ln(high / low), >= 0."""
        return math.log(self.high / self.low)


def _joined(earlier: Ohlc | None, later: Ohlc | None) -> Ohlc | None:
    """Both as one; what is not known on one side is taken from the other."""
    if earlier is None or later is None:
        return earlier if later is None else replace(later)
    earlier.absorb(later)
    return earlier


def history_bar(open_ms: int, prices: tuple[int, int, int, int], volume: int) -> Bar:
    """A bar known only by open, high, low, close (ticks) and volume (steps); half of it bought by takers."""
    open_, high, low, close = prices
    middle = (high + low) // 2
    half = volume // 2
    trades = max(1, min(volume, 200))
    return Bar(
        open_ms,
        open_,
        high,
        low,
        close,
        volume,
        volume * middle,
        trades,
        half,
        half * middle,
        open_,
        high,
        low,
        close,
    )


@dataclass(slots=True)
class BarSeries:
    """Closed bars of one length and the one now forming (None before the first trade)."""

    interval_ms: int
    kept: int
    closed: deque[Bar]
    forming: Bar | None = None

    def roll(self, now: int) -> Bar | None:
        """Close the forming bar if its time is over; returns it, or None."""
        bar = self.forming
        if bar is None or now < bar.open_ms + self.interval_ms:
            return None
        self.closed.append(bar)
        self.forming = None
        return bar

    def trade(self, now: int, price: int, quantity: int, taker_bought: bool, beside: References) -> None:
        """Add one trade; the caller has rolled the series to `now` first."""
        bar, mark = self.forming, beside.mark
        if bar is None:
            open_ms = opening(now, self.interval_ms)
            self.forming = bar = Bar(
                open_ms, price, price, price, price, 0, 0, 0, 0, 0, mark, mark, mark, mark
            )
        bar.high = max(bar.high, price)
        bar.low = min(bar.low, price)
        bar.close = price
        bar.volume += quantity
        bar.quote += price * quantity
        bar.trades += bool(quantity)
        if taker_bought:
            bar.taker_volume += quantity
            bar.taker_quote += price * quantity
        bar.mark_high = max(bar.mark_high, mark)
        bar.mark_low = min(bar.mark_low, mark)
        bar.mark_close = mark
        if bar.index is None or bar.premium is None:
            bar.index, bar.premium = flat(beside.index), flat(beside.premium)
        else:
            bar.index.add(beside.index)
            bar.premium.add(beside.premium)


def new_series(interval_ms: int, kept: int, closed: Iterable[Bar] = ()) -> BarSeries:
    return BarSeries(interval_ms, kept, deque(closed, maxlen=kept))


def aggregate(bars: Iterable[Bar], interval_ms: int) -> list[Bar]:
    """Bars of a longer length made of consecutive shorter ones; the last may be unfinished."""
    out: list[Bar] = []
    for bar in bars:
        open_ms = opening(bar.open_ms, interval_ms)
        if out and out[-1].open_ms == open_ms:
            out[-1].absorb(bar)
        else:
            out.append(bar.moved_to(open_ms))
    return out


def _as_one(bars: Iterable[Bar]) -> Bar | None:
    """One bar from the first one's opening; None for none."""
    whole: Bar | None = None
    for bar in bars:
        if whole is None:
            whole = bar.moved_to(bar.open_ms)
        else:
            whole.absorb(bar)
    return whole


@dataclass(slots=True)
class Candles:
    """All the bars of one market: `base` at the feed's own length, `minutes` for anything shorter."""

    base: BarSeries
    minutes: BarSeries
    _day: tuple[int | None, Bar | None] | None = None

    def roll(self, now: int) -> list[tuple[int, Bar]]:
        """Close what is over at `now`; returns (interval in ms, bar) of each closed one."""
        series = (self.base,) if self.base.interval_ms == MINUTE_MS else (self.minutes, self.base)
        rolled = ((one.interval_ms, one.roll(now)) for one in series)
        return [(interval, bar) for interval, bar in rolled if bar is not None]

    def trade(self, now: int, price: int, quantity: int, taker_bought: bool, beside: References) -> None:
        self.base.trade(now, price, quantity, taker_bought, beside)
        if self.base.interval_ms != MINUTE_MS:
            self.minutes.trade(now, price, quantity, taker_bought, beside)

    def day(self) -> Bar | None:
        """The last 24 market hours as one bar, None before the first trade; its closed part is kept until a bar
        closes.
        """
        series = self.base
        closed, forming = series.closed, series.forming
        newest = closed[-1].open_ms if closed else None
        if self._day is None or self._day[0] != newest:
            count = max(1, DAY_MS // series.interval_ms) - 1
            recent = list(islice(reversed(closed), count))
            self._day = newest, _as_one(reversed(recent))
        known = self._day[1]
        return _as_one(bar for bar in (known, forming) if bar is not None)

    def source(self, interval_ms: int) -> BarSeries:
        """The finest series that bars of that length are exact multiples of."""
        if interval_ms >= self.base.interval_ms and interval_ms % self.base.interval_ms == 0:
            return self.base
        return self.minutes

    def window(
        self, interval_ms: int, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Bar]:
        """At most `limit` bars, oldest first: from `start_ms` when given, else the newest up to `end_ms`."""
        series = self.source(interval_ms)
        wanted = limit * (interval_ms // series.interval_ms) + interval_ms // series.interval_ms
        chosen: list[Bar] = []
        forming = [] if series.forming is None else [series.forming]
        for bar in (*forming, *reversed(series.closed)):
            if end_ms is not None and bar.open_ms > end_ms:
                continue
            if start_ms is not None and opening(bar.open_ms, interval_ms) < start_ms:
                break
            if start_ms is None and len(chosen) >= wanted:
                break
            chosen.append(bar)
        bars = aggregate(reversed(chosen), interval_ms)
        return bars[:limit] if start_ms is not None else bars[-limit:]


def new_candles(base_interval_ms: int) -> Candles:
    return Candles(new_series(base_interval_ms, KEPT_BASE_BARS), new_series(MINUTE_MS, KEPT_MINUTE_BARS))
