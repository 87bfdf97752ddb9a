"""Prices and instruments for decisions: the newest quote held in this process, else asked of the venue.

USDT and USDC count as a dollar each. Whether they still are is read from one coin's price in both: the two prices
part when either currency does.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from app.core.clock import utc_now
from app.domain.funding import NextFunding
from app.domain.symbols import quote_asset
from app.domain.types import Instrument
from app.domain.venue import Quote, VenueUnavailableError
from app.models.signal import Signal
from app.services.ports import MarketReader
from app.services.price_book import PriceBook
from app.services.trading.holdings import Marked, Markets

FRESH_SECONDS = 1.5
PEG_SECONDS = 30.0
FUNDING_SECONDS = 30.0
NO_FUNDING_SECONDS = 2.0
FUNDING_PATIENCE_SECONDS = 2.0
PAPER = "paper"
PEGGED = {"USDT": "BTC/USDT:USDT", "USDC": "BTC/USDC:USDC"}


class MarketView:
    """Reads a price without a round trip where the stream has it, and an instrument once."""

    def __init__(self, reader: MarketReader, book: PriceBook) -> None:
        self._reader = reader
        self._book = book
        self._instruments: dict[tuple[str, str], Instrument] = {}
        self._pegs: dict[tuple[str, str], tuple[datetime, Decimal]] = {}
        self._fundings: dict[tuple[str, str], tuple[datetime, NextFunding | None]] = {}
        self._noted: dict[tuple[str, str], Quote] = {}
        self._noting: dict[tuple[str, str], asyncio.Task[Quote | None]] = {}

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        """The newest price; None when neither the stream nor the venue has one."""
        held = self._book.quote(venue, symbol)
        if _is_fresh(held):
            return held
        try:
            asked = await self._reader.quote(venue, symbol)
        except VenueUnavailableError:
            return held
        if asked is None or (held is not None and held.received_at > asked.received_at):
            return held
        return asked

    async def noted_quote(self, venue: str, symbol: str) -> Quote | None:
        """A price to be noted beside what is done in any case, such as an exit: where the stream is silent, one
        answer of the venue serves all who ask at once or within `FRESH_SECONDS` of it. None where there is none."""
        streamed, noted = self._book.quote(venue, symbol), self._noted.get((venue, symbol))
        if _is_fresh(streamed):
            return streamed
        if _is_fresh(noted):
            return noted
        asking = self._noting.get((venue, symbol))
        if asking is None:
            asking = self._noting[venue, symbol] = asyncio.create_task(self._note(venue, symbol))
        return await asyncio.shield(asking)

    async def _note(self, venue: str, symbol: str) -> Quote | None:
        try:
            found = await self.quote(venue, symbol)
            if found is not None:
                self._noted[venue, symbol] = found
            return found
        finally:
            del self._noting[venue, symbol]

    async def instrument(self, venue: str, symbol: str) -> Instrument | None:
        """The instrument; None when the venue has none, or does not say."""
        known = self._instruments.get((venue, symbol))
        if known is not None:
            return known
        try:
            asked = await self._reader.instrument(venue, symbol)
        except VenueUnavailableError:
            return None
        if asked is not None:
            self._instruments[venue, symbol] = asked
        return asked

    def largest_order(self, venue: str, symbol: str) -> Decimal | None:
        """The most that the venue takes in one order at market, in base units, as far as it has been read here."""
        known = self._instruments.get((venue, symbol))
        return None if known is None else known.max_quantity

    def price_tick(self, venue: str, symbol: str) -> Decimal | None:
        """The tick of the contract's prices, as far as it has been read here."""
        known = self._instruments.get((venue, symbol))
        return None if known is None else known.price_tick

    async def read_again(self, venue: str, symbol: str) -> None:
        """Read the instrument anew: the venue has refused what it would have taken before. What it does not tell now
        stays as it was known."""
        with contextlib.suppress(VenueUnavailableError):
            asked = await self._reader.instrument(venue, symbol, anew=True)
            if asked is not None:
                self._instruments[venue, symbol] = asked

    async def quote_usd_price(self, venue: str, symbol: str) -> Decimal | None:
        """The price of the symbol's quote currency in dollars, at most half a minute old: what the other dollar
        coin pays for it at that venue. None where it is not known; the simulated venue's currency is a dollar."""
        if venue == PAPER:
            return Decimal(1)
        quoted, now = quote_asset(symbol), utc_now()
        known = self._pegs.get((venue, quoted))
        if known is not None and (now - known[0]).total_seconds() <= PEG_SECONDS:
            return known[1]
        price = await self._pegged_price(venue, quoted)
        if price is not None:
            self._pegs[venue, quoted] = (now, price)
        return price

    async def next_funding(self, venue: str, symbol: str, market_ms: int) -> NextFunding | None:
        """The funding that the venue names next, read at most half a minute ago; None where it tells none. What is no
        answer (none, or one that lies behind that moment of the market) is asked for again after two seconds, so
        that a silent venue holds up one decision and not every one."""
        known, now = self._fundings.get((venue, symbol)), utc_now()
        if known is not None:
            is_ahead = known[1] is not None and known[1].at_ms > market_ms
            holds = FUNDING_SECONDS if is_ahead else NO_FUNDING_SECONDS
            if (now - known[0]).total_seconds() <= holds:
                return known[1]
        read: NextFunding | None = None
        with contextlib.suppress(VenueUnavailableError, TimeoutError):
            async with asyncio.timeout(FUNDING_PATIENCE_SECONDS):
                read = await self._reader.next_funding(venue, symbol)
        self._fundings[venue, symbol] = (utc_now(), read)
        return read

    async def keep_funding(self, venue: str, symbol: str, market_ms: int) -> None:
        """Renew what was asked about before, so that who asks again finds it without a read."""
        if (venue, symbol) in self._fundings:
            await self.next_funding(venue, symbol, market_ms)

    async def _pegged_price(self, venue: str, quoted: str) -> Decimal | None:
        if quoted not in PEGGED:
            return None
        (other,) = (symbol for asset, symbol in PEGGED.items() if asset != quoted)
        held, against = await self.quote(venue, PEGGED[quoted]), await self.quote(venue, other)
        if held is None or against is None or held.mark_price <= 0:
            return None
        oldest = min(held, against, key=lambda quote: quote.received_at)
        return against.mark_price / held.mark_price if age_seconds(oldest, utc_now()) <= PEG_SECONDS else None

    async def market_time(self, venue: str) -> datetime | None:
        """The venue's market time; None when neither the stream nor the venue tells one."""
        held = self._book.market_time(venue)
        if held is not None:
            return held
        try:
            instruments = await self._reader.instruments(venue)
            quote = await self._reader.quote(venue, instruments[0].symbol) if instruments else None
        except VenueUnavailableError:
            return None
        return None if quote is None else quote.market_time

    async def time_for(self, signal: Signal) -> datetime | None:
        """The market time by which a signal is young or old. Prices that stand still tell no time: where they do, or
        where there are none, a signal that was made longer ago than it lives is over."""
        if utc_now() - signal.created_at < signal.expires_at - signal.bar_close:
            return await self.market_time(signal.venue)
        quote = await self.quote(signal.venue, signal.symbol)
        return quote.market_time if quote is not None and _is_fresh(quote) else signal.expires_at

    async def marked(self, pairs: Iterable[tuple[str, str]]) -> Markets:
        """Mark prices and instruments of these (venue, symbol) pairs."""
        found: Markets = {}
        for venue, symbol in set(pairs):
            quote = await self.quote(venue, symbol)
            mark: Decimal | None = None if quote is None else quote.mark_price
            found[venue, symbol] = Marked(mark, await self.instrument(venue, symbol))
        return found


def _is_fresh(quote: Quote | None) -> bool:
    return quote is not None and age_seconds(quote, utc_now()) <= FRESH_SECONDS


def age_seconds(quote: Quote, now: datetime) -> float:
    """Wall-clock age of a quote, never negative."""
    return max((now - quote.received_at).total_seconds(), 0.0)
