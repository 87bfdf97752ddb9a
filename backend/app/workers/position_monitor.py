"""The monitor: prices in; published, turned into closed bars, and held against every open position.

Works with Redis down: the prices come from the venue's own stream, and intents are written to Postgres.
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
from app.services.market_data import MarketFeed, keep_subscriptions

FEED_VENUES = ("paper",)  # venues whose prices are followed by this process
RELOAD_SECONDS = 5.0
EXTREMES_SECONDS = 1.0
SUBSCRIPTION_SECONDS = 1.0
RETRY_SECONDS = 0.5
GATHER_SECONDS = 0.005

log = structlog.get_logger(__name__)


async def forever(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work until cancelled; where it fails, say so and begin again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("a part of the monitor failed and is begun again", part=what)
        await asyncio.sleep(RETRY_SECONDS)


class Monitor:
    """One process: a feed per venue and one book for all of them."""

    def __init__(self, parts: MarketParts) -> None:
        self._parts = parts
        self._feeds: dict[str, MarketFeed] = {venue: parts.feed(venue) for venue in FEED_VENUES}

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for venue, feed in self._feeds.items():
                group.create_task(forever("prices", self._prices_of(venue, feed)))
                group.create_task(forever("publishing", feed.publish_forever))
            group.create_task(forever("subscriptions", self._subscriptions))
            group.create_task(forever("changes", self._changes))
            group.create_task(forever("extremes", self._extremes))
            group.create_task(forever("sweep", self._sweep))
            group.create_task(forever("heartbeat", self._beat))

    def _prices_of(self, venue: str, feed: MarketFeed) -> Callable[[], Awaitable[None]]:
        async def follow() -> None:
            symbols = self._parts.settings.feed_symbols
            async for quotes in self._parts.reader.quotes(venue, symbols):
                await self._parts.watch.on_quotes(venue, quotes)  # leaving comes first; it needs no Redis
                await feed.accept(quotes)

        return follow

    async def _subscriptions(self) -> None:
        await keep_subscriptions(list(self._feeds.values()), self._parts.system, SUBSCRIPTION_SECONDS)

    async def _extremes(self) -> None:
        await self._parts.watch.keep_extremes(EXTREMES_SECONDS)

    async def _changes(self) -> None:
        """Trades that changed, gathered for a few milliseconds and read together."""
        waiting: set[UUID] = set()
        told = asyncio.Event()

        async def listen() -> None:
            async for payload in self._parts.notifications.listen("trades"):
                if payload is None:
                    await self._parts.watch.reload()
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
                await self._parts.watch.refresh(changed)

        async with asyncio.TaskGroup() as group:
            group.create_task(listen())
            group.create_task(read())

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            await self._parts.watch.reload()

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
        with contextlib.suppress(asyncio.CancelledError):
            await running
    finally:
        await parts.close()
