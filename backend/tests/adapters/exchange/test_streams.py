"""Hints and prices as they come from the real paper exchange."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import pytest_asyncio

from app.adapters.exchange.ccxt_instances import MarketCache
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.core.clock import utc_now
from app.domain.venue import AccountHint
from tests.adapters.exchange.accounts import BTC, Account, enter
from tests.paper_venue import PaperVenue

ETH = "ETH/USDT:USDT"
PATIENCE_SECONDS = 90.0


@pytest_asyncio.fixture
async def reader(paper_exchange: PaperVenue) -> AsyncIterator[CcxtMarketReader]:
    held = CcxtMarketReader(paper_exchange.url, None, utc_now, fresh_seconds=1.0)
    yield held
    await held.close()


async def test_stream_says_that_it_is_open_and_then_what_changed(account: Account) -> None:
    gateway = account.connect()
    async with asyncio.timeout(PATIENCE_SECONDS):
        hints = gateway.hints()
        assert await anext(hints) == AccountHint(None, "connected")
        await enter(gateway)  # at once: nothing is missed once the stream says that it is open
        assert await anext(hints) == AccountHint(BTC, "order")


async def test_closed_account_ends_its_hints_and_not_its_listener(account: Account) -> None:
    gateway = account.connect()
    hints = gateway.hints()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await anext(hints)
        waiting = asyncio.ensure_future(anext(hints, None))
        await asyncio.sleep(0)
        await gateway.close()
        assert await waiting is None


async def test_listener_that_is_cancelled_is_cancelled(account: Account) -> None:
    hints = account.connect().hints()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await anext(hints)
        waiting = asyncio.ensure_future(anext(hints))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_stream_of_a_venue_that_came_back_says_so(
    start_paper_exchange: Callable[..., PaperVenue],
) -> None:
    venue = start_paper_exchange()
    markets = MarketCache()
    account = Account(venue, venue.account(str(uuid4()), "1000"), markets)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            hints = account.connect().hints()
            await anext(hints)
            waiting = asyncio.ensure_future(anext(hints))
            await asyncio.to_thread(venue.stop)
            await asyncio.to_thread(venue.start)
            assert await waiting == AccountHint(None, "connected")
    finally:
        await account.close()
        await markets.close()


async def test_prices_of_the_wanted_markets_and_no_others(
    reader: CcxtMarketReader, paper_exchange: PaperVenue
) -> None:
    before = utc_now()
    paper_exchange.resume()
    async with asyncio.timeout(PATIENCE_SECONDS):
        quotes = await anext(reader.quotes("paper", [BTC]))
    paper_exchange.pause()
    assert {quote.symbol for quote in quotes} == {BTC}
    assert all(quote.mark_price > 0 and quote.received_at >= before for quote in quotes)


async def test_quote_that_nobody_cached_is_asked_of_the_venue(reader: CcxtMarketReader) -> None:
    quote = await reader.quote("paper", ETH)
    assert quote is not None
    assert quote.mark_price > 0


async def test_quote_of_an_unknown_market_is_none(reader: CcxtMarketReader) -> None:
    assert await reader.quote("paper", "NONE/USDT:USDT") is None


async def test_instruments_are_the_perpetuals_on_the_venues_steps(reader: CcxtMarketReader) -> None:
    found = {instrument.symbol: instrument for instrument in await reader.instruments("paper")}
    assert set(found) == {f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP", "DOGE")}
    assert (found[BTC].price_tick, found[BTC].quantity_step) == (Decimal("0.1"), Decimal("0.001"))


async def test_candles_are_closed_and_without_gaps(
    reader: CcxtMarketReader, paper_exchange: PaperVenue
) -> None:
    now_ms = int(str(paper_exchange.status()["market_time"]))
    bars = await reader.closed_candles("paper", BTC, "5m", limit=50, now_market_ms=now_ms)
    length = round(timedelta(minutes=5) / timedelta(milliseconds=1))
    opens = [bar.open_time_ms for bar in bars]
    newest = now_ms - now_ms % length - length
    assert opens == list(range(newest - 49 * length, newest + 1, length))
