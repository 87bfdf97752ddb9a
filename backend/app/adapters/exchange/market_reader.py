"""Public facts of a venue: instruments, prices and closed candles."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.adapters.exchange import dialect
from app.adapters.exchange.call_log import CALLS
from app.adapters.exchange.ccxt_instances import Ccxt, MarketCache, make_instance
from app.adapters.exchange.error_map import read_error
from app.adapters.exchange.limiter import PATIENCE_SECONDS, Priority, WeightLimiter
from app.adapters.exchange.reading import every, told, understood
from app.adapters.exchange.streams import watch_quotes
from app.adapters.exchange.venues import VenueProfile, venue_profile
from app.core.redis_commands import hash_field
from app.domain.funding import NextFunding
from app.domain.order_book import BookError, OrderBook
from app.domain.symbols import venue_symbol
from app.domain.timeframes import Timeframe
from app.domain.types import Candle, Instrument
from app.domain.venue import Quote, VenueUnavailableError

STALE_SECONDS = 5.0
SMALL_PAGE = 99
LIGHT_PAGE = 499
BOOK_WEIGHTS = ((50, 2), (100, 5), (500, 10), (1000, 20))


class CcxtMarketReader:
    """Satisfies `services.ports.MarketReader`."""

    def __init__(
        self,
        paper_url: str,
        redis: Redis | None,
        now: Callable[[], datetime],
        *,
        fresh_seconds: float,
        stale_seconds: float = STALE_SECONDS,
        markets: MarketCache | None = None,
        paper_weight: int = 2400,
    ) -> None:
        self._paper_url = paper_url
        self._redis = redis
        self._now = now
        self._fresh = timedelta(seconds=fresh_seconds)
        self._stale_seconds = stale_seconds
        self._markets = markets or MarketCache()
        self._paper_weight = paper_weight
        self._instruments: dict[str, dict[str, Instrument]] = {}
        self._limiters: dict[str, WeightLimiter] = {}

    async def instrument(self, venue: str, symbol: str, *, anew: bool = False) -> Instrument | None:
        return (await self._load(venue, anew=anew)).get(symbol)

    async def instruments(self, venue: str) -> Sequence[Instrument]:
        return list((await self._load(venue)).values())

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        cached = await self._cached_quote(venue, symbol)
        if cached is not None and self._now() - cached.received_at <= self._fresh:
            return cached
        try:
            params = {"symbol": venue_symbol(symbol)}
            row = await self._get(venue, "fapiPublicGetPremiumIndex", params, 1, PATIENCE_SECONDS)
            mark, at = understood(row, _marked)
            return Quote(symbol, mark, mark, at, self._now())
        except VenueUnavailableError:
            return cached

    async def next_funding(self, venue: str, symbol: str) -> NextFunding:
        row = await self._get(venue, "fapiPublicGetPremiumIndex", {"symbol": venue_symbol(symbol)}, 1)
        return understood(
            row,
            lambda shown: NextFunding(Decimal(str(shown["lastFundingRate"])), int(shown["nextFundingTime"])),
        )

    async def order_book(self, venue: str, symbol: str, levels: int) -> OrderBook:
        weight = next(weight for most, weight in BOOK_WEIGHTS if levels <= most)
        params = {"symbol": venue_symbol(symbol), "limit": levels}
        row = await self._get(venue, "fapiPublicGetDepth", params, weight, PATIENCE_SECONDS)
        try:
            return OrderBook.of(dialect.levels(row["bids"]), dialect.levels(row["asks"]))
        except (BookError, KeyError, ValueError, ArithmeticError) as error:
            raise VenueUnavailableError(f"the order book of {symbol} cannot be read: {error}") from None

    async def closed_candles(
        self, venue: str, symbol: str, timeframe: str, *, limit: int, now_market_ms: int
    ) -> Sequence[Candle]:
        asked = limit + 1  # the newest bar may still be open
        weight = 1 if asked <= SMALL_PAGE else 2 if asked <= LIGHT_PAGE else 5
        params = {
            "symbol": venue_symbol(symbol),
            "interval": timeframe,
            "limit": asked,
            "endTime": now_market_ms - 1,
        }
        rows = await self._get(venue, "fapiPublicGetKlines", params, weight)
        length = Timeframe(timeframe).milliseconds
        closed = [bar for bar in every(rows, _candle) if bar.open_time_ms + length <= now_market_ms]
        return closed[-limit:]

    def quotes(self, venue: str, symbols: Sequence[str]) -> AsyncIterator[Sequence[Quote]]:
        profile = self._profile(venue)

        async def stream() -> Ccxt:
            instance = make_instance(profile, streaming=True)
            await self._markets.share(profile, instance)
            return instance

        return watch_quotes(stream, symbols, self._now, self._stale_seconds)

    async def close(self) -> None:
        await self._markets.close()

    async def _load(self, venue: str, *, anew: bool = False) -> dict[str, Instrument]:
        known = self._instruments.get(venue)
        if known is not None and not anew:
            return known
        profile = self._profile(venue)
        try:
            source = await self._markets.source(profile, anew=known is not None)
        except (ccxt.BaseError, OSError, TimeoutError) as error:
            raise VenueUnavailableError(str(read_error(error))) from None
        found = {
            market["symbol"]: dialect.instrument(
                market, profile.taker_fee_rate, profile.maker_fee_rate, profile.max_leverage
            )
            for market in source.markets.values()
            if market["swap"] and market["linear"] and market["active"]
        }
        if not found:
            raise VenueUnavailableError(f"{venue} lists no contract that is traded")
        self._instruments[venue] = found
        return found

    async def _cached_quote(self, venue: str, symbol: str) -> Quote | None:
        if self._redis is None:
            return None
        try:
            text = await hash_field(self._redis, f"price:last:{venue}", symbol)
        except (RedisError, OSError):
            return None
        if text is None:
            return None
        mark, last, market_ms, wall_ms = text.decode().split("|")
        return Quote(symbol, Decimal(mark), Decimal(last), dialect.moment(market_ms), dialect.moment(wall_ms))

    async def _get(
        self,
        venue: str,
        method: str,
        params: Mapping[str, object],
        weight: int,
        patience: float | None = None,
    ) -> Any:
        """The venue's answer. What an account's writer waits for has little patience: an exit may be next."""
        profile = self._profile(venue)
        limiter = self._limiter(profile)
        await limiter.acquire(weight, Priority.PUBLIC, patience)
        source: Ccxt | None = None
        try:
            source = await self._markets.source(profile)
            call: Callable[[dict[str, object]], Awaitable[Any]] = getattr(source, method)
            with CALLS.timed(profile.id):
                return told(await call(dict(params)))
        except (ccxt.BaseError, OSError, TimeoutError) as error:
            if source is not None:
                await limiter.note(source.last_response_headers or {}, error)
            raise VenueUnavailableError(f"{type(error).__name__}: {read_error(error)}") from None

    def _limiter(self, profile: VenueProfile) -> WeightLimiter:
        known = self._limiters.get(profile.id)
        if known is None:
            known = WeightLimiter(self._redis, profile.id, profile.weight_per_minute, self._now)
            self._limiters[profile.id] = known
        return known

    def _profile(self, venue: str) -> VenueProfile:
        return venue_profile(venue, self._paper_url, self._paper_weight)


def _marked(row: Mapping[str, object]) -> tuple[Decimal, datetime]:
    """A mark price and the market time that it is of."""
    return Decimal(str(row["markPrice"])), dialect.moment(row["time"])


def _candle(row: Sequence[str]) -> Candle:
    opened, *figures = row
    return Candle(int(str(opened)), *(float(figure) for figure in figures[:5]))
