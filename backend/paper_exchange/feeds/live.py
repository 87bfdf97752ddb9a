"""A market that is followed: what has been heard of a real venue becomes steps, and silence becomes staleness.

Nothing here opens a socket. Market time is the followed venue's: it runs on for at most a second beyond the last thing
heard, so that a feed that falls silent stands still instead of being extended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from paper_exchange.feeds.bars import BarRow, FeedBar
from paper_exchange.feeds.path import PathPoint
from paper_exchange.feeds.play import FeedStep, MarkPoint

MINUTE_MS = 60_000
LONGEST_EXTENSION_MS = 1_000
MOST_STEPS_AT_ONCE = 12
MOST_WAITING = 10_000


class LiveFeedError(Exception):
    """The venue to follow cannot be reached; says which, and what can be done."""


class LiveSource:
    """The followed venue's minute bars up to now; the newest may be unfinished."""

    kind = "live"
    interval_ms = MINUTE_MS

    def __init__(self, series: Mapping[str, Mapping[int, FeedBar]]) -> None:
        self.symbols = tuple(sorted(series))
        times = sorted({open_ms for bars in series.values() for open_ms in bars})
        self._rows = [
            BarRow(open_ms, {symbol: bars[open_ms] for symbol, bars in series.items() if open_ms in bars})
            for open_ms in times
        ]

    @property
    def start_ms(self) -> int:
        """Market time of the start: the newest bar's opening."""
        return self._rows[-1].open_ms

    def history(self) -> list[BarRow]:
        """Every finished bar."""
        return self._rows[:-1]

    def next_row(self) -> BarRow | None:
        """The bar that is being made."""
        return self._rows[-1]

    def bookmark(self) -> str:
        return ""

    def resume(self, bookmark: str) -> None:
        """What was missed is in the bars."""


@dataclass(frozen=True, slots=True)
class HeardTrade:
    """A trade of the followed venue; price in ticks, quantity in steps."""

    symbol: str
    time_ms: int
    point: PathPoint


def _merged(points: list[PathPoint]) -> PathPoint:
    """One trade for several: their volume, at the price farthest from where they began."""
    first = points[0].price
    farthest = max(points, key=lambda point: abs(point.price - first))
    return PathPoint(farthest.price, sum(point.quantity for point in points), farthest.taker_bought)


def thinned(points: list[PathPoint], most: int) -> list[PathPoint]:
    """At most `most` (>= 2) trades with the same volume, the same last trade, and the same extremes or nearly so."""
    joined: list[PathPoint] = []
    for point in points:
        before = joined[-1] if joined else None
        if before is not None and (before.price, before.taker_bought) == (point.price, point.taker_bought):
            joined[-1] = PathPoint(point.price, before.quantity + point.quantity, point.taker_bought)
        else:
            joined.append(point)
    if len(joined) <= most:
        return joined
    early, parts = joined[:-1], most - 1
    bounds = [len(early) * part // parts for part in range(parts + 1)]
    return [*(_merged(early[a:b]) for a, b in pairwise(bounds)), joined[-1]]


class LivePlay:
    """Turns what was heard into steps, in the order in which it was heard."""

    kind = "live"
    interval_ms = MINUTE_MS
    finished = False
    progress = 0.0

    def __init__(self, start_ms: int) -> None:
        self.time_ms = start_ms
        self._waiting: deque[FeedStep] = deque(maxlen=MOST_WAITING)

    def hear_trades(self, trades: Iterable[HeardTrade]) -> None:
        """Trades of one symbol or several, oldest first of each."""
        by_symbol: dict[str, list[PathPoint]] = {}
        time_ms = 0
        for trade in trades:
            by_symbol.setdefault(trade.symbol, []).append(trade.point)
            time_ms = max(time_ms, trade.time_ms)
        lanes = {symbol: thinned(points, MOST_STEPS_AT_ONCE) for symbol, points in by_symbol.items()}
        for number in range(max(map(len, lanes.values()), default=0)):
            points = {symbol: lane[number] for symbol, lane in lanes.items() if number < len(lane)}
            self._waiting.append(FeedStep(time_ms, points))

    def hear_marks(self, time_ms: int, marks: Mapping[str, MarkPoint]) -> None:
        self._waiting.append(FeedStep(time_ms, {}, dict(marks)))

    def next_step(self, steps_per_bar: int) -> FeedStep | None:
        """What was heard next, None while there is nothing new; how finely is not ours to say."""
        del steps_per_bar
        if not self._waiting:
            return None
        step = self._waiting.popleft()
        # Two streams of one venue arrive side by side: time never goes back.
        self.time_ms = max(self.time_ms, step.time_ms)
        return FeedStep(self.time_ms, step.points, step.marks)

    def next_time_ms(self) -> int:
        return self.time_ms + LONGEST_EXTENSION_MS + 1

    def bookmark(self) -> str:
        return "{}"


class Freshness:
    """When each symbol was last heard of, in seconds of a clock that never goes back."""

    def __init__(self, symbols: Iterable[str], stale_after_seconds: float, now: float) -> None:
        self.stale_after_seconds = stale_after_seconds
        self._heard = dict.fromkeys(symbols, now)

    def hear(self, symbols: Iterable[str], now: float) -> None:
        for symbol in symbols:
            if symbol in self._heard:
                self._heard[symbol] = now

    def age_seconds(self, now: float) -> float:
        """Since the symbol longest silent was heard of."""
        return now - min(self._heard.values())

    def stale(self, now: float) -> frozenset[str]:
        """The symbols of which nothing has been heard for longer than allowed."""
        return frozenset(
            symbol for symbol, heard in self._heard.items() if now - heard > self.stale_after_seconds
        )
