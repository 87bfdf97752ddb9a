"""The price that is noted beside an exit: one answer of the venue for everybody who asks at once or soon after; who
decides about an entry asks anew each time."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from app.core.clock import utc_now
from app.domain.venue import Quote, VenueUnavailableError
from app.services.price_book import PriceBook
from app.services.trading.markets import FRESH_SECONDS, MarketView
from tests.services.trading.still_market import PRICE, StillMarket

VENUE, BTC, ETH = "paper", "BTC/USDT:USDT", "ETH/USDT:USDT"
RISEN = Decimal(1200)
STALE = timedelta(seconds=FRESH_SECONDS + 1)


class AskedMarket(StillMarket):
    """Counts what it is asked, answers only once released, and is away for as long as `away`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.away = False
        self.released = asyncio.Event()

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        self.asked.append(symbol)
        await self.released.wait()
        if self.away:
            raise VenueUnavailableError("away")
        return await super().quote(venue, symbol)


@pytest.fixture
def market() -> AskedMarket:
    return AskedMarket()


@pytest.fixture
def view(market: AskedMarket) -> MarketView:
    return MarketView(market, PriceBook())


async def asked_at_once(market: AskedMarket, view: MarketView, times: int) -> list[Quote | None]:
    waiting = [asyncio.create_task(view.noted_quote(VENUE, BTC)) for _ in range(times)]
    await asyncio.sleep(0)
    market.released.set()
    return await asyncio.gather(*waiting)


async def noted_before_the_price_rose(market: AskedMarket, view: MarketView) -> None:
    market.released.set()
    await view.noted_quote(VENUE, BTC)
    market.prices[BTC] = RISEN


async def test_many_who_ask_at_once_ask_the_venue_once(market: AskedMarket, view: MarketView) -> None:
    found = await asked_at_once(market, view, 5)
    assert [None if quote is None else quote.mark_price for quote in found] == [PRICE] * 5
    assert market.asked == [BTC]


async def test_an_answer_is_kept_while_it_is_fresh_and_for_its_symbol_only(
    market: AskedMarket, view: MarketView
) -> None:
    market.released.set()
    await view.noted_quote(VENUE, BTC)
    await view.noted_quote(VENUE, BTC)
    await view.noted_quote(VENUE, ETH)
    assert market.asked == [BTC, ETH]


async def test_who_decides_asks_anew(market: AskedMarket, view: MarketView) -> None:
    await noted_before_the_price_rose(market, view)
    quote = await view.quote(VENUE, BTC)
    assert quote is not None
    assert quote.mark_price == RISEN


async def test_an_answer_that_was_old_when_it_came_is_asked_for_again(
    market: AskedMarket, view: MarketView
) -> None:
    market.quoted_before = STALE
    await noted_before_the_price_rose(market, view)
    market.quoted_before = timedelta()
    quote = await view.noted_quote(VENUE, BTC)
    assert quote is not None
    assert quote.mark_price == RISEN


async def test_a_venue_that_is_away_is_asked_once_by_all_who_wait(
    market: AskedMarket, view: MarketView
) -> None:
    market.released.set()
    market.quoted_before = STALE
    await view.noted_quote(VENUE, BTC)
    market.away = True
    market.released.clear()
    assert await asked_at_once(market, view, 3) == [None] * 3
    assert market.asked == [BTC, BTC]  # once each time, however many waited


async def test_who_gives_up_waiting_takes_the_answer_from_nobody(
    market: AskedMarket, view: MarketView
) -> None:
    impatient = asyncio.create_task(view.noted_quote(VENUE, BTC))
    patient = asyncio.create_task(view.noted_quote(VENUE, BTC))
    await asyncio.sleep(0)
    impatient.cancel()
    market.released.set()
    quote = await patient
    assert quote is not None
    assert quote.received_at <= utc_now()
    assert market.asked == [BTC]
