"""Follows the public data of a real venue through ccxt.pro: bars at the start, then trades and mark prices.

Needs no keys and sends no orders. When the connection breaks it is made again for ever; in the meantime the feed goes
stale, which is reported and never papered over.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Protocol

import ccxt.pro

from paper_exchange import clock
from paper_exchange.feeds.bars import FeedBar
from paper_exchange.feeds.candle_files import Scale
from paper_exchange.feeds.live import MINUTE_MS, Freshness, HeardTrade, LiveFeedError, LivePlay, LiveSource
from paper_exchange.feeds.path import PathPoint
from paper_exchange.feeds.play import MarkPoint

HISTORY_BARS = 1_500
START_SECONDS = 30.0
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 3.0
PAUSE_SECONDS = 0.02

log = logging.getLogger("paper_exchange.live")

Json = Mapping[str, object]


class Client(Protocol):
    """What is used of ccxt.pro."""

    async def load_markets(self) -> object: ...
    async def fetch_ohlcv(
        self, symbol: str, timeframe: str, since: int | None, limit: int
    ) -> list[list[float]]: ...
    async def watch_trades(self, symbol: str) -> list[Json]: ...
    async def watch_mark_price(self, symbol: str) -> Json: ...
    async def close(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Followed:
    """Which venue: ccxt's name of it, and another base address than its own (None for its own)."""

    venue: str
    url: str | None

    @property
    def name(self) -> str:
        return self.venue if self.url is None else f"{self.venue} at {self.url}"


def _configuration(followed: Followed) -> dict[str, object]:
    configuration: dict[str, object] = {"enableRateLimit": True, "options": {"fetchCurrencies": False}}
    if followed.url is not None:
        base = followed.url.rstrip("/")
        api: dict[str, object] = {
            "fapiPublic": f"{base}/fapi/v1",
            "fapiPublicV2": f"{base}/fapi/v2",
            "fapiPublicV3": f"{base}/fapi/v3",
            "fapiData": f"{base}/futures/data",
            "ws": {"linear": base.replace("http", "ws", 1) + "/ws"},
        }
        configuration["urls"] = {"api": api}
    return configuration


def unified(symbol: str) -> str:
    """ccxt's name of a USDT perpetual."""
    return f"{symbol.removesuffix('USDT')}/USDT:USDT"


def _units(value: object, decimals: int) -> int | None:
    """Whole ticks or steps; None for anything that is not a number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return round(value * 10.0**decimals)


def _bar(row: list[float], scale: Scale) -> FeedBar | None:
    prices = [_units(value, scale.price) for value in row[1:5]]
    volume = _units(row[5], scale.quantity)
    if volume is None or any(price is None or price < 1 for price in prices):
        return None
    open_, high, low, close = (price or 1 for price in prices)
    return FeedBar(open_, max(open_, high, low, close), min(open_, high, low, close), close, volume)


def _trade(row: Json, symbol: str, scale: Scale) -> HeardTrade | None:
    price, quantity = _units(row.get("price"), scale.price), _units(row.get("amount"), scale.quantity)
    time_ms = row.get("timestamp")
    if not price or quantity is None or not isinstance(time_ms, int):
        return None
    return HeardTrade(symbol, time_ms, PathPoint(price, quantity, row.get("side") == "buy"))


def _mark(row: Json) -> MarkPoint | None:
    mark, index = row.get("markPrice"), row.get("indexPrice")
    prices = [Decimal(str(one)) for one in (mark, index) if isinstance(one, int | float) and one > 0]
    match prices:
        case [known_mark, known_index]:
            return MarkPoint(known_mark, known_index)
    return None


class Follower:
    """One connection to the followed venue."""

    def __init__(self, followed: Followed, scales: Mapping[str, Scale], stale_after_seconds: float) -> None:
        self.followed = followed
        self.freshness = Freshness((), stale_after_seconds, clock.monotonic_seconds())
        self.trouble: str | None = None
        self._stale_after_seconds = stale_after_seconds
        self._scales = scales
        self._names = {unified(symbol): symbol for symbol in scales}
        self._client: Client = getattr(ccxt.pro, followed.venue)(_configuration(followed))
        self._news = asyncio.Event()
        self._closed = False

    @property
    def name(self) -> str:
        """Whom we follow, in words."""
        return self.followed.name

    async def open(self) -> LiveSource:
        """Fetch the bars up to now; raises LiveFeedError when the venue does not answer."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._client.load_markets()
                series = {symbol: await self._history(name) for name, symbol in self._names.items()}
        except (ccxt.BaseError, TimeoutError, OSError) as error:
            await self.close()
            raise LiveFeedError(
                f"{self.name} cannot be followed: it did not answer within {START_SECONDS:g} seconds or answered "
                f"with an error ({type(error).__name__}: {str(error)[:200]}). Check the network, or start with "
                "--feed synthetic or --feed replay."
            ) from error
        series = {symbol: bars for symbol, bars in series.items() if bars}
        if not series:
            await self.close()
            raise LiveFeedError(
                f"{self.name} lists none of {', '.join(self._scales)}, so it cannot be followed."
            )
        self._names = {name: symbol for name, symbol in self._names.items() if symbol in series}
        self.freshness = Freshness(series, self._stale_after_seconds, clock.monotonic_seconds())
        return LiveSource(series)

    async def close(self) -> None:
        """Stop listening; what does not close in time is left to the end of the process."""
        self._closed = True
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._client.close()
        except (ccxt.BaseError, TimeoutError, OSError) as error:
            log.warning("the connection to %s did not close: %r", self.name, error)

    async def _history(self, name: str) -> dict[int, FeedBar]:
        try:
            rows = await self._client.fetch_ohlcv(name, "1m", None, HISTORY_BARS)
        except ccxt.BadSymbol:
            return {}
        scale = self._scales[self._names[name]]
        bars = {int(row[0]): _bar(row, scale) for row in rows}
        return {open_ms: bar for open_ms, bar in bars.items() if bar is not None and not open_ms % MINUTE_MS}

    async def run(self, play: LivePlay) -> None:
        """Hear for ever; what is heard waits in `play`, and `news` returns.

        One listener for each symbol and stream: ccxt hands a call that waits for several only what came first.
        """
        listeners = [
            self._persist(partial(listen, play, name, symbol))
            for name, symbol in self._names.items()
            for listen in (self._hear_trades, self._hear_mark)
        ]
        await asyncio.gather(*listeners)

    async def news(self, seconds: float) -> None:
        """Return when something was heard, or after so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
        # What comes in a burst is dealt with as one.
        await asyncio.sleep(PAUSE_SECONDS)
        self._news.clear()

    async def _persist(self, listen: Callable[[], Awaitable[None]]) -> None:
        # ccxt may turn a cancellation into an error of its own, hence the flag.
        while not self._closed:
            try:
                await listen()
            except (ccxt.BaseError, OSError) as error:
                trouble = f"{type(error).__name__}: {str(error)[:200]}"
                if trouble != self.trouble:
                    log.warning("%s is not heard: %s", self.name, trouble)
                self.trouble = trouble
                await asyncio.sleep(RETRY_SECONDS)

    def _heard(self, symbol: str) -> None:
        self.trouble = None
        self.freshness.hear((symbol,), clock.monotonic_seconds())
        self._news.set()

    async def _hear_trades(self, play: LivePlay, name: str, symbol: str) -> None:
        rows = await self._client.watch_trades(name)
        heard = [_trade(row, symbol, self._scales[symbol]) for row in rows]
        play.hear_trades(trade for trade in heard if trade is not None)
        self._heard(symbol)

    async def _hear_mark(self, play: LivePlay, name: str, symbol: str) -> None:
        row = await self._client.watch_mark_price(name)
        mark, time_ms = _mark(row), row.get("timestamp")
        if mark is not None and isinstance(time_ms, int):
            play.hear_marks(time_ms, {symbol: mark})
            self._heard(symbol)
