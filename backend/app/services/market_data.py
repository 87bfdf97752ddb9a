"""Prices as they come: published for everybody, and turned into "this bar is closed"."""

import asyncio
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from app.core.db import Database
from app.domain.price_batch import PriceTick
from app.domain.timeframes import Timeframe
from app.domain.venue import Quote
from app.repositories.subscriptions import Subscription, SystemSubscriptionRepository

log = structlog.get_logger(__name__)


class PricePublisher(Protocol):
    """Where prices are published."""

    async def publish(self, venue: str, ticks: Sequence[PriceTick], wall_ms: int) -> None: ...


class JobQueue(Protocol):
    """Where background work is asked for."""

    async def enqueue(self, job: str, *arguments: str | int, key: str) -> None: ...


def job_key(subscription: Subscription, bar_close_ms: int) -> str:
    """The same bar asks for one job, however often it is seen to close."""
    return f"signals:{subscription.venue}:{subscription.symbol}:{subscription.timeframe.value}:{bar_close_ms}"


class BarClock:
    """Tells from market time which bars have closed. Of several closed at once only the newest counts: a
    signal of an older one would have expired."""

    def __init__(self) -> None:
        self._closed: dict[tuple[str, str, Timeframe], int] = {}

    def advance(
        self, venue: str, symbol: str, market_ms: int, timeframes: Iterable[Timeframe]
    ) -> list[tuple[Timeframe, int]]:
        """Return (timeframe, close in market ms) of the newest bar of each, where it was not told before."""
        news = []
        for timeframe in timeframes:
            close = market_ms - market_ms % timeframe.milliseconds
            key = (venue, symbol, timeframe)
            if self._closed.get(key, -1) < close:
                self._closed[key] = close
                news.append((timeframe, close))
        return news


class MarketFeed:
    """One venue's prices: collected, published every few milliseconds, bars announced."""

    def __init__(
        self,
        venue: str,
        publisher: PricePublisher,
        queue: JobQueue,
        flush_seconds: float,
    ) -> None:
        self._venue = venue
        self._publisher = publisher
        self._queue = queue
        self._flush_seconds = flush_seconds
        self._waiting: list[PriceTick] = []
        self._received_at: datetime | None = None  # of the oldest that waits
        self._bars = BarClock()
        self._subscribed: dict[str, frozenset[Timeframe]] = {}

    def subscribe(self, subscriptions: Iterable[Subscription]) -> None:
        """Whose bars are wanted from now on."""
        found: dict[str, set[Timeframe]] = {}
        for held in subscriptions:
            if held.venue == self._venue:
                found.setdefault(held.symbol, set()).add(held.timeframe)
        self._subscribed = {symbol: frozenset(frames) for symbol, frames in found.items()}

    async def accept(self, quotes: Sequence[Quote]) -> None:
        """Take in prices; closed bars are announced at once, together. A price that is no number is dropped."""
        closed: list[tuple[Subscription, int]] = []
        for quote in quotes:
            tick = _tick(quote)
            if not (math.isfinite(tick.mark) and math.isfinite(tick.last)):
                continue
            if not self._waiting:
                self._received_at = quote.received_at
            self._waiting.append(tick)
            frames = self._subscribed.get(quote.symbol, frozenset())
            closed += [
                (Subscription(self._venue, quote.symbol, timeframe), close)
                for timeframe, close in self._bars.advance(self._venue, quote.symbol, tick.market_ms, frames)
            ]
        await asyncio.gather(*(self._announce(wanted, close) for wanted, close in closed))

    async def _announce(self, bars: Subscription, close: int) -> None:
        await self._queue.enqueue(
            "compute_signals",
            bars.venue,
            bars.symbol,
            bars.timeframe.value,
            close,
            key=job_key(bars, close),
        )

    async def publish_forever(self) -> None:
        """Publish what has come, together, until cancelled; as of when the oldest of it came, so that nobody takes
        for new what waited while this process hung."""
        while True:
            await asyncio.sleep(self._flush_seconds)
            waiting, received_at = self._waiting, self._received_at
            self._waiting = []
            if waiting and received_at is not None:
                wall_ms = round(received_at.timestamp() * 1000)
                await self._publisher.publish(self._venue, waiting, wall_ms)


def _tick(quote: Quote) -> PriceTick:
    market_ms = round(quote.market_time.timestamp() * 1000)
    return PriceTick(quote.symbol, float(quote.mark_price), float(quote.last_price), market_ms)


async def keep_subscriptions(feeds: Sequence[MarketFeed], system: Database, seconds: float) -> None:
    """Tell the feeds every few seconds which bars somebody trades on."""
    while True:
        try:
            async with system.system() as session:
                wanted = await SystemSubscriptionRepository(session).all()
            for feed in feeds:
                feed.subscribe(wanted)
        except OSError as error:
            log.warning("the subscriptions cannot be read", error=type(error).__name__)
        await asyncio.sleep(seconds)
