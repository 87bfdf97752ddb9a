"""The monitor: prices in; published, turned into closed bars, and held against every open position of its shards.

Of several monitors one leads: it follows the venue, publishes what it hears and announces closed bars. The others
take their prices from Redis, and from the venue itself while Redis is silent; intents go to Postgres. So every
one of them works with Redis down.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from app.bootstrap.market import MarketParts
from app.core.clock import utc_now
from app.core.config import get_settings
from app.core.garbage_collection import settle_garbage_collection
from app.core.metrics import loop_failed
from app.domain.price_batch import PricesUnavailableError
from app.services.market_data import MarketFeed, keep_subscriptions

FEED_VENUES = ("paper",)  # venues whose prices are followed by this process
BESTS_SECONDS = 0.2
SUBSCRIPTION_SECONDS = 1.0
TEND_FRACTION = 1 / 3  # of a lease
SWEEP_ROWS = 250  # few enough to be read between two prices
SWEEP_SECONDS = 1.0
ATR_SECONDS = 5.0
NAKED_SECONDS = 5.0
WITHOUT_REDIS_SECONDS = 10.0
RETRY_SECONDS = 0.5
GATHER_SECONDS = 0.005

log = structlog.get_logger(__name__)


async def forever(what: str, work: Callable[[], Awaitable[None]], pause: float = RETRY_SECONDS) -> None:
    """Do the work until cancelled; where it fails, say so and begin again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception(
                "a part of the monitor failed and is begun again",
                part=what,
                failures=loop_failed(f"monitor {what}"),
            )
        await asyncio.sleep(pause)


class Monitor:
    """One process: the prices of every venue, and the book of its shards."""

    def __init__(self, parts: MarketParts) -> None:
        self._parts = parts
        self._watch = parts.watch
        self._feeds: dict[str, MarketFeed] = {venue: parts.feed(venue) for venue in FEED_VENUES}

    async def run(self) -> None:
        """Until cancelled; then the shards are given back."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(forever("shards", self._tend, self._tend_seconds))
                group.create_task(forever("answers", self._watch.answer_forever))
                for venue, feed in self._feeds.items():
                    group.create_task(forever("prices", self._prices_of(venue, feed), 0.0))
                    group.create_task(forever("publishing", feed.publish_forever))
                group.create_task(forever("subscriptions", self._subscriptions))
                group.create_task(forever("changes", self._changes))
                group.create_task(forever("best prices", self._bests))
                group.create_task(forever("sweep", self._sweep, SWEEP_SECONDS))
                group.create_task(forever("volatility", self._watch.read_atr, ATR_SECONDS))
                group.create_task(forever("naked time", self._naked, NAKED_SECONDS))
                group.create_task(forever("heartbeat", self._beat))
        finally:
            await self._parts.shards.stop()

    @property
    def _tend_seconds(self) -> float:
        return self._parts.settings.lease_seconds * TEND_FRACTION

    async def _tend(self) -> None:
        gained, _ = await self._watch.tend()
        if gained:
            settle_garbage_collection()

    def _prices_of(self, venue: str, feed: MarketFeed) -> Callable[[], Awaitable[None]]:
        async def follow() -> None:
            if self._parts.shards.leads:
                await self._follow_venue(venue, feed)
                return
            try:
                await self._follow_leader(venue)
            except PricesUnavailableError as error:
                log.warning("Redis gives no prices", venue=venue, error=str(error))
            if not self._parts.shards.leads:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WITHOUT_REDIS_SECONDS):
                        await self._follow_venue(venue, None)

        return follow

    async def _follow_venue(self, venue: str, feed: MarketFeed | None) -> None:
        """Follow the venue's own stream; with a feed, for everybody and as long as this monitor leads."""
        async for quotes in self._parts.reader.quotes(venue, self._parts.settings.feed_symbols):
            self._watch.see(venue, quotes)  # leaving comes first; it needs no Redis
            if feed is not None:
                await feed.accept(quotes)
            if self._parts.shards.leads is not (feed is not None):
                return

    async def _follow_leader(self, venue: str) -> None:
        """Follow what the leading monitor publishes, until it is silent or this monitor leads."""
        async for publications in self._parts.prices.follow_packed(venue):
            self._watch.see_columns(venue, publications)
            if self._parts.shards.leads:
                return

    async def _subscriptions(self) -> None:
        await keep_subscriptions(list(self._feeds.values()), self._parts.system, SUBSCRIPTION_SECONDS)

    async def _bests(self) -> None:
        await self._watch.keep_bests(BESTS_SECONDS)

    async def _changes(self) -> None:
        """Trades that changed, gathered for a few milliseconds and read together."""
        waiting: set[UUID] = set()
        told = asyncio.Event()

        async def listen() -> None:
            async for payload in self._parts.notifications.listen("trades"):
                if payload is None:
                    await self._watch.reload()
                else:
                    waiting.add(UUID(payload))
                    told.set()

        async def read() -> None:
            while True:
                await told.wait()
                await asyncio.sleep(GATHER_SECONDS)
                told.clear()
                changed = list(waiting)
                waiting.clear()
                await self._watch.refresh(changed)

        async with asyncio.TaskGroup() as group:
            group.create_task(listen())
            group.create_task(read())

    async def _sweep(self) -> None:
        await self._watch.reload(SWEEP_ROWS, SWEEP_SECONDS)

    async def _naked(self) -> None:
        found = await self._watch.naked()
        if found.longest_ms > self._parts.settings.unprotected_seconds * 1000:
            log.error(
                "positions stand without a stop", positions=found.positions, longest_ms=found.longest_ms
            )

    async def _beat(self) -> None:
        while True:
            await self._parts.publisher.beat("monitor", round(utc_now().timestamp() * 1000))
            await asyncio.sleep(1)


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parts = MarketParts.build(get_settings())
    running = asyncio.ensure_future(Monitor(parts).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        async with parts.pulsing("monitor"):
            with contextlib.suppress(asyncio.CancelledError):
                await running
    finally:
        await parts.close()
