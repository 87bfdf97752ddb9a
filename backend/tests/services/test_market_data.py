"""Prices become publications and closed bars, through a real Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.adapters.arq_queue import QUEUE, ArqQueue
from app.adapters.embedded.ports import free_port
from app.adapters.price_cache import RedisPriceCache
from app.adapters.price_publisher import RedisPricePublisher
from app.core.clock import utc_now
from app.core.config import Settings
from app.domain.price_batch import PriceTick
from app.domain.timeframes import Timeframe
from app.domain.venue import Quote
from app.repositories.subscriptions import Subscription
from app.services.market_data import BarClock, MarketFeed

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
MINUTE_MS = 60_000
HOUR = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR_MS = round(HOUR.timestamp() * 1000)
ONE, FIVE, WHOLE = Timeframe("1m"), Timeframe("5m"), Timeframe("1h")
PATIENCE_SECONDS = 90.0


def closes(
    clock: BarClock, market_ms: int, *frames: Timeframe, symbol: str = BTC
) -> list[tuple[Timeframe, int]]:
    return clock.advance("paper", symbol, market_ms, frames)


def test_bar_is_closed_at_its_last_millisecond_and_not_before() -> None:
    clock = BarClock()
    closes(clock, HOUR_MS, ONE)
    assert closes(clock, HOUR_MS + MINUTE_MS - 1, ONE) == []
    assert closes(clock, HOUR_MS + MINUTE_MS, ONE) == [(ONE, HOUR_MS + MINUTE_MS)]


def test_bar_is_told_once() -> None:
    clock = BarClock()
    closes(clock, HOUR_MS, ONE)
    assert closes(clock, HOUR_MS + 1, ONE) == []


def test_of_several_bars_at_once_the_newest_is_told() -> None:
    clock = BarClock()
    closes(clock, HOUR_MS, ONE)
    assert closes(clock, HOUR_MS + 7 * MINUTE_MS + 5, ONE) == [(ONE, HOUR_MS + 7 * MINUTE_MS)]


def test_bars_of_several_lengths_close_together() -> None:
    clock = BarClock()
    closes(clock, HOUR_MS - 1, ONE, FIVE, WHOLE)
    assert closes(clock, HOUR_MS, ONE, FIVE, WHOLE) == [(ONE, HOUR_MS), (FIVE, HOUR_MS), (WHOLE, HOUR_MS)]


def test_time_that_goes_back_closes_nothing() -> None:
    clock = BarClock()
    closes(clock, HOUR_MS, ONE)
    assert closes(clock, HOUR_MS - 5 * MINUTE_MS, ONE) == []


def test_markets_have_bars_of_their_own() -> None:
    clock = BarClock()
    closes(clock, HOUR_MS, ONE)
    assert closes(clock, HOUR_MS, ONE, symbol=ETH) == [(ONE, HOUR_MS)]


def quote(symbol: str, mark: str, at: datetime = HOUR, received_at: datetime | None = None) -> Quote:
    return Quote(symbol, Decimal(mark), Decimal(mark), at, received_at or utc_now())


@pytest_asyncio.fixture
async def queue(settings: Settings, redis_client: Redis) -> AsyncIterator[ArqQueue]:
    held = ArqQueue(settings.redis_url)
    yield held
    await held.close()


def feed_over(redis: Redis, queue: ArqQueue) -> MarketFeed:
    feed = MarketFeed("paper", RedisPricePublisher(redis), queue, flush_seconds=0.001)
    feed.subscribe([Subscription("paper", BTC, ONE), Subscription("other", ETH, ONE)])
    return feed


async def jobs(redis: Redis) -> list[str]:
    return [key.decode() for key in await redis.zrange(QUEUE, 0, -1)]


async def test_closed_bar_of_a_subscribed_market_asks_for_one_job(
    redis_client: Redis, queue: ArqQueue
) -> None:
    feed = feed_over(redis_client, queue)
    await feed.accept([quote(BTC, "41500.5"), quote(ETH, "2500")])
    await feed.accept([quote(BTC, "41501", HOUR + timedelta(seconds=1))])
    assert await jobs(redis_client) == [f"signals:paper:{BTC}:1m:{HOUR_MS}"]


async def test_bar_that_a_restarted_monitor_sees_again_asks_for_no_second_job(
    redis_client: Redis, queue: ArqQueue
) -> None:
    for _ in range(2):
        await feed_over(redis_client, queue).accept([quote(BTC, "41500.5")])
    assert len(await jobs(redis_client)) == 1


async def test_job_is_json_and_carries_what_the_worker_needs(redis_client: Redis, queue: ArqQueue) -> None:
    await feed_over(redis_client, queue).accept([quote(BTC, "41500.5")])
    text = await redis_client.get(f"arq:job:signals:paper:{BTC}:1m:{HOUR_MS}")
    assert f'"a": ["paper", "{BTC}", "1m", {HOUR_MS}]' in text.decode()


async def published(feed: MarketFeed, redis: Redis, quotes: list[Quote]) -> list[PriceTick]:
    """What a follower hears of these quotes."""
    follower = RedisPriceCache(redis).follow(["paper"])
    hearing = asyncio.ensure_future(anext(follower))
    publishing = asyncio.ensure_future(feed.publish_forever())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not hearing.done():  # the follower hears what comes after it began to read
                await feed.accept(quotes)
                await asyncio.wait([hearing], timeout=0.02)
        return (await hearing).ticks
    finally:
        publishing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await publishing


async def test_prices_reach_a_follower_as_they_were(redis_client: Redis, queue: ArqQueue) -> None:
    quotes = [quote(BTC, "41500.5"), quote(ETH, "0.00001234")]
    heard = await published(feed_over(redis_client, queue), redis_client, quotes)
    assert heard == [
        PriceTick(BTC, 41500.5, 41500.5, HOUR_MS),
        PriceTick(ETH, 0.00001234, 0.00001234, HOUR_MS),
    ]


async def test_last_price_of_each_market_stays(redis_client: Redis, queue: ArqQueue) -> None:
    feed = feed_over(redis_client, queue)
    await published(feed, redis_client, [quote(BTC, "1"), quote(BTC, "2"), quote(ETH, "3")])
    last = {
        tick.symbol: tick.mark
        for flush in await RedisPriceCache(redis_client).last("paper")
        for tick in flush.ticks
    }
    assert last == {BTC: 2.0, ETH: 3.0}


async def test_prices_that_waited_for_a_hung_process_are_as_old_as_the_oldest_of_them(
    redis_client: Redis, queue: ArqQueue
) -> None:
    held, now = HOUR, HOUR + timedelta(seconds=12)
    feed = feed_over(redis_client, queue)
    await published(feed, redis_client, [quote(BTC, "1", received_at=held), quote(ETH, "2", received_at=now)])
    last = await RedisPriceCache(redis_client).last("paper")
    assert {flush.wall_ms for flush in last} == {HOUR_MS}


async def test_price_that_is_no_number_is_neither_published_nor_closes_a_bar(
    redis_client: Redis, queue: ArqQueue
) -> None:
    feed = feed_over(redis_client, queue)
    heard = await published(feed, redis_client, [quote(BTC, "NaN"), quote(ETH, "3")])
    assert {tick.symbol for tick in heard} == {ETH}
    assert await jobs(redis_client) == []


@pytest.fixture
def dead_url() -> str:
    return f"redis://127.0.0.1:{free_port()}/1"


async def test_without_redis_prices_are_taken_in_all_the_same(dead_url: str) -> None:
    redis, queue = Redis.from_url(dead_url), ArqQueue(dead_url)
    feed = feed_over(redis, queue)
    publishing = asyncio.ensure_future(feed.publish_forever())
    for second in range(3):
        await feed.accept([quote(BTC, "1", HOUR + timedelta(seconds=60 * second))])
    await RedisPricePublisher(redis).publish("paper", [PriceTick(BTC, 1.0, 1.0, HOUR_MS)], 1)
    assert not publishing.done()
    publishing.cancel()
    await redis.aclose()
    await queue.close()
