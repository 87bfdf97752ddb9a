"""What can be traded: venues, their markets, strategies, and closed bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from app.core.db import Database
from app.core.errors import FieldError, InvalidInputError, UnavailableError
from app.domain.decimal_text import plain
from app.domain.price_batch import price_decimal
from app.domain.signals.registry import STRATEGIES
from app.domain.symbols import SymbolError, normalise_symbol
from app.domain.trading_hours import moment
from app.domain.types import Candle, Environment, Instrument
from app.domain.venue import Quote, VenueUnavailableError
from app.repositories.candles import CandleRecord, SystemCandleRepository
from app.services.attempts import BARS_BY_USER, FUNDING_BY_USER, AttemptCounter, subject_of
from app.services.funding_keeper import FundingSource
from app.services.ports import MarketReader
from app.services.price_book import PriceBook
from app.services.trading.holdings import Marked

PAPER = "paper"
HUNDRED: Final = Decimal(100)
_NAMES = {PAPER: "Paper exchange", "binanceusdm": "Binance USD-M futures"}
_LIVE_ONLY = (Environment.LIVE,)

CandleLine = tuple[int, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class VenueView:
    """A venue on which a wallet may be created."""

    id: str
    name: str
    environment: tuple[Environment, ...]
    needs_keys: bool


@dataclass(frozen=True, slots=True)
class MarketView:
    """A market: price and quantity steps, smallest notional in quote currency."""

    symbol: str
    venue: str
    tick_size: str
    quantity_step: str
    min_notional: str
    max_leverage: int


@dataclass(frozen=True, slots=True)
class StrategyView:
    """A strategy and the bar lengths on which it runs."""

    id: str
    name: str
    description: str
    timeframes: list[str]


@dataclass(frozen=True, slots=True)
class FundingView:
    """The next funding of a perpetual: its rate as it stands now, percent of the notional (positive: longs pay
    shorts), and its market time. Both None where the venue names none."""

    venue: str
    symbol: str
    rate_percent: str | None
    at: datetime | None


class MarketSource(MarketReader, FundingSource, Protocol):
    """What the directory asks of venues."""


class MarketDirectory:
    """Shared facts of markets; nothing here belongs to a user."""

    def __init__(
        self,
        database: Database,
        reader: MarketSource,
        book: PriceBook,
        venues: Sequence[str],
        attempts: AttemptCounter,
    ) -> None:
        """What a user asks of venues is counted: what they grant us is shared by everybody's entries."""
        self._database = database
        self._reader = reader
        self._book = book
        self._venues = tuple(venues)
        self._attempts = attempts
        self._instruments: dict[tuple[str, str], Instrument] = {}

    def venues(self) -> list[VenueView]:
        """The venues of the operator's list."""
        return [
            VenueView(
                venue,
                _NAMES.get(venue, venue),
                (Environment.PAPER,) if venue == PAPER else _LIVE_ONLY,
                venue != PAPER,
            )
            for venue in self._venues
        ]

    def strategies(self) -> list[StrategyView]:
        """Every strategy there is."""
        return [
            StrategyView(held.id, held.name, held.description, [str(frame) for frame in held.timeframes])
            for held in STRATEGIES.values()
        ]

    async def markets(self, venue: str) -> list[MarketView]:
        """The markets of a venue, by symbol."""
        self._known_venue(venue)
        try:
            instruments = await self._reader.instruments(venue)
        except VenueUnavailableError as error:
            raise UnavailableError(f"The venue {venue} does not answer.", code="venue_unavailable") from error
        return [
            MarketView(
                held.symbol,
                venue,
                plain(held.price_tick),
                plain(held.quantity_step),
                plain(held.min_notional),
                held.max_leverage,
            )
            for held in sorted(instruments, key=lambda held: held.symbol)
        ]

    async def candles(
        self,
        user_id: UUID,
        venue: str,
        symbol: str,
        timeframe: str,
        limit: int,
        until: datetime | None = None,
    ) -> list[CandleLine]:
        """The newest closed bars, or the newest that open before `until`; oldest first: open time in ms, then prices
        and volume as text. Bars that the platform has not stored are asked of the venue.
        """
        self._known_venue(venue)
        unified = unified_symbol(symbol)
        async with self._database.tenant(user_id) as session:
            bars = SystemCandleRepository(session)
            stored = await bars.newest(venue, unified, timeframe, limit, until=until)
        market_time = self._book.market_time(venue)
        if market_time is not None and until is not None:
            market_time = min(market_time, until)
        if stored or market_time is None:
            return [_stored_line(candle) for candle in stored]
        await self._attempts.count(BARS_BY_USER, subject_of(str(user_id)))
        try:
            asked = await self._reader.closed_candles(
                venue, unified, timeframe, limit=limit, now_market_ms=_milliseconds(market_time)
            )
        except VenueUnavailableError as error:
            raise UnavailableError(f"The venue {venue} does not answer.", code="venue_unavailable") from error
        return [_venue_line(candle) for candle in asked]

    async def funding(self, user_id: UUID, venue: str, symbol: str) -> FundingView:
        """The next funding of a market; refused where the venue does not answer."""
        self._known_venue(venue)
        unified = unified_symbol(symbol)
        await self._attempts.count(FUNDING_BY_USER, subject_of(str(user_id)))
        try:
            known = await self._reader.next_funding(venue, unified)
        except VenueUnavailableError as error:
            raise UnavailableError(f"The venue {venue} does not answer.", code="venue_unavailable") from error
        if known.at_ms <= 0:
            return FundingView(venue, unified, None, None)
        return FundingView(venue, unified, plain(known.rate * HUNDRED), moment(known.at_ms))

    async def marked(self, venue: str, symbol: str) -> Marked:
        """The newest mark price held here, and the instrument; each None where not known."""
        quote = self.quote(venue, symbol)
        instrument = self._instruments.get((venue, symbol))
        if instrument is None:
            try:
                instrument = await self._reader.instrument(venue, symbol)
            except VenueUnavailableError:
                instrument = None
            if instrument is not None:
                self._instruments[venue, symbol] = instrument
        return Marked(None if quote is None else quote.mark_price, instrument)

    def quote(self, venue: str, symbol: str) -> Quote | None:
        """The newest price held here."""
        return self._book.quote(venue, symbol)

    def market_time(self, venue: str) -> datetime | None:
        """The venue's newest market time; None before its first price."""
        return self._book.market_time(venue)

    def _known_venue(self, venue: str) -> None:
        if venue not in self._venues:
            message = f"There is no venue {venue} here. It is one of: {', '.join(self._venues)}."
            raise InvalidInputError(
                message, code="unknown_venue", errors=(FieldError("venue", "unknown_venue", message),)
            )


def unified_symbol(symbol: str) -> str:
    """The symbol as the platform writes it; what is none is refused with a sentence."""
    try:
        return normalise_symbol(symbol)
    except SymbolError as error:
        raise InvalidInputError(
            str(error), code="unknown_symbol", errors=(FieldError("symbol", "unknown_symbol", str(error)),)
        ) from error


def _stored_line(candle: CandleRecord) -> CandleLine:
    return (
        _milliseconds(candle.open_time),
        plain(candle.open),
        plain(candle.high),
        plain(candle.low),
        plain(candle.close),
        plain(candle.volume),
    )


def _venue_line(candle: Candle) -> CandleLine:
    prices = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    opened, high, low, close, volume = (plain(price_decimal(price)) for price in prices)
    return (candle.open_time_ms, opened, high, low, close, volume)


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
