"""The newest prices, through a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from redis.asyncio import Redis

from app.adapters.price_cache import RedisPriceCache
from app.domain.price_batch import PriceFlush, PricesUnavailableError, PriceTick, encode_prices
from app.services.price_book import PriceBook, follow_prices

BTC = "BTC/USDT:USDT"


def flush(mark: float, wall_ms: int, market_ms: int = 1_000) -> PriceFlush:
    return PriceFlush("paper", [PriceTick(BTC, mark, mark, market_ms)], wall_ms)


def mark(book: PriceBook) -> str | None:
    quote = book.quote("paper", BTC)
    return None if quote is None else str(quote.mark_price)


def test_price_published_earlier_does_not_replace_a_later_one() -> None:
    book = PriceBook()
    book.accept(flush(2.0, wall_ms=2))
    book.accept(flush(1.0, wall_ms=1))
    assert mark(book) == "2.0"


def test_last_price_of_a_symbol_that_is_told_no_longer_does_not_set_the_clock_back() -> None:
    book = PriceBook()
    book.accept(flush(2.0, wall_ms=9_000, market_ms=9_000))
    gone = PriceTick("LUNA/USDT:USDT", 1.0, 1.0, 1_000)
    book.accept(PriceFlush("paper", [gone], 1_000))  # as they come out of Redis when a process begins
    at = book.market_time("paper")
    assert at is not None
    assert at.timestamp() == 9


def test_price_of_a_market_that_was_set_back_replaces() -> None:
    book = PriceBook()
    book.accept(flush(2.0, wall_ms=1, market_ms=9_000))
    book.accept(flush(1.0, wall_ms=2, market_ms=1_000))
    assert mark(book) == "1.0"
    at = book.market_time("paper")
    assert at is not None
    assert at.timestamp() == 1


def test_changed_symbols_are_told_once() -> None:
    book = PriceBook()
    book.accept(flush(1.0, wall_ms=1))
    assert book.take_changed() == {"paper": {BTC}}
    assert book.take_changed() == {}


def test_unknown_market_has_no_price() -> None:
    assert PriceBook().quote("paper", BTC) is None


async def test_last_prices_are_read_from_redis(redis_client: Redis) -> None:
    await redis_client.hset("price:last:paper", BTC, "41500.5|41500|1000|2000")  # type: ignore[misc]  # typed for both clients
    found = await RedisPriceCache(redis_client).last("paper")
    assert found == [PriceFlush("paper", [PriceTick(BTC, 41500.5, 41500.0, 1000)], 2000)]


async def test_damaged_last_price_is_told(redis_client: Redis) -> None:
    await redis_client.hset("price:last:paper", BTC, "41500.5|41500")  # type: ignore[misc]  # typed for both clients
    with pytest.raises(PricesUnavailableError, match="cannot be read"):
        await RedisPriceCache(redis_client).last("paper")


async def test_publications_are_followed_in_order(redis_client: Redis) -> None:
    following = RedisPriceCache(redis_client).follow(["paper", "binanceusdm"])
    first = asyncio.ensure_future(anext(following))
    wall_ms = 0
    while not first.done():  # until the reader waits at the stream's end, entries go unseen
        wall_ms += 1
        batch = encode_prices([PriceTick(BTC, 1.0, 1.0, 1)])
        await redis_client.xadd("prices:paper", {"b": batch, "t": wall_ms})
        await asyncio.sleep(0)
    seen = [await first]
    while seen[-1].wall_ms < wall_ms:
        seen.append(await anext(following))
    assert [held.wall_ms for held in seen] == list(range(seen[0].wall_ms, wall_ms + 1))


async def test_lost_stream_is_taken_up_again_with_the_last_prices() -> None:
    class Stream:
        """Fails once, then gives a price."""

        calls = 0

        async def last(self, venue: str) -> Sequence[PriceFlush]:
            self.calls += 1
            if self.calls == 1:
                raise PricesUnavailableError("away")
            return [flush(float(self.calls), self.calls)]

        async def follow(self, venues: Sequence[str]) -> AsyncIterator[PriceFlush]:
            following_again.set()
            await asyncio.Event().wait()
            yield flush(0.0, 0)

    following_again = asyncio.Event()
    book, stream = PriceBook(), Stream()
    following = asyncio.create_task(follow_prices(book, stream, ["paper"]))
    async with asyncio.timeout(90):
        await following_again.wait()
    following.cancel()
    assert mark(book) == "2.0"
