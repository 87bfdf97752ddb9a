"""A market that stands still: prices for tests of the gate that need no venue."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.core.clock import utc_now
from app.domain.funding import NextFunding
from app.domain.order_book import OrderBook
from app.domain.types import Candle, Instrument
from app.domain.venue import AccountKey, Quote, VenueUnavailableError
from app.services.ports import ExchangeGateway

PRICE = Decimal(1000)
MARKET_TIME = datetime(2026, 1, 7, 12, tzinfo=UTC)
"""A Wednesday noon."""


class StillMarket:
    """Every symbol costs 1,000, or what `prices` says (None: no price), and was quoted just now, or `quoted_before`
    that; the venue's clock stands still. `funding` is every symbol's next, None: it is not told."""

    def __init__(self) -> None:
        self.prices: dict[str, Decimal | None] = {}
        self.quoted_before = timedelta()
        self.funding: NextFunding | None = None
        self.fundings_read = 0

    async def instrument(self, venue: str, symbol: str, *, anew: bool = False) -> Instrument | None:
        assert venue
        return Instrument(
            symbol=symbol,
            price_tick=Decimal("0.01"),
            quantity_step=Decimal("0.001"),
            min_quantity=Decimal("0.001"),
            max_quantity=Decimal(100_000),
            min_notional=Decimal(5),
            contract_size=Decimal(1),
            max_leverage=125,
            taker_fee_rate=Decimal("0.0005"),
            maker_fee_rate=Decimal("0.0002"),
            min_trigger_distance_fraction=Decimal("0.001"),
            max_trigger_distance_fraction=Decimal("0.5"),
            maintenance_margin_fraction=Decimal("0.004"),
        )

    async def instruments(self, venue: str) -> Sequence[Instrument]:
        held = await self.instrument(venue, "BTC/USDT:USDT")
        return [] if held is None else [held]

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        assert venue
        price = self.prices.get(symbol, PRICE)
        if price is None:
            return None
        return Quote(symbol, price, price, MARKET_TIME, utc_now() - self.quoted_before)

    async def order_book(self, venue: str, symbol: str, levels: int) -> OrderBook:
        assert venue, (symbol, levels)
        return OrderBook.of([(PRICE - 1, Decimal(1_000_000))], [(PRICE + 1, Decimal(1_000_000))])

    async def next_funding(self, venue: str, symbol: str) -> NextFunding:
        self.fundings_read += 1
        if self.funding is None:
            raise VenueUnavailableError(f"{venue} does not tell the funding of {symbol}")
        return self.funding

    async def closed_candles(
        self, _venue: str, _symbol: str, _timeframe: str, *, limit: int, now_market_ms: int
    ) -> Sequence[Candle]:
        return []

    async def quotes(self, _venue: str, _symbols: Sequence[str]) -> AsyncIterator[Sequence[Quote]]:
        yield []

    async def close(self) -> None:
        return


class NoVenue:
    """No account can be reached: whoever asks for a balance has to live with the one that is known."""

    async def for_account(self, key: AccountKey) -> ExchangeGateway:
        raise VenueUnavailableError(f"there is no venue for {key.wallet_id}")

    def clock_offset_ms(self, venue: str) -> int | None:
        return None

    def clock_moved_ms(self, venue: str | None = None) -> int:
        assert venue != ""
        return 0

    async def measure_clock(self, venue: str) -> int:
        raise VenueUnavailableError(f"there is no venue {venue}")

    async def recent_clock_offset(self, venue: str, no_older_than: timedelta) -> int:
        raise VenueUnavailableError(f"there is no venue {venue} to ask about {no_older_than}")

    def weight_per_minute(self, venue: str) -> int:
        assert venue
        return 2400

    async def close(self) -> None:
        return
