"""Order books for routing: read once for the moment, however many wallets ask."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from app.core.clock import utc_now
from app.domain.order_book import OrderBook
from app.domain.venue import VenueUnavailableError
from app.services.ports import MarketReader

KEPT = timedelta(milliseconds=250)
LEVELS, DEEP_LEVELS = 100, 1000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HeldBook:
    """A book as it was read at `read_at`, wall time; None where the venue did not tell."""

    book: OrderBook | None
    levels: int
    read_at: datetime

    def is_cut(self, quantity: Decimal) -> bool:
        """Whether a side ends where we stopped asking rather than where the venue has no more, before that
        quantity."""
        if self.book is None or self.levels == DEEP_LEVELS:
            return False
        sides = (self.book.bids, self.book.asks)
        return any(len(side.prices) == self.levels and side.depth < quantity for side in sides)


class OrderBooks:
    """The books of this moment, by venue and symbol."""

    def __init__(self, reader: MarketReader, now: Callable[[], datetime] = utc_now) -> None:
        self._reader = reader
        self._now = now
        self._held: dict[tuple[str, str], HeldBook] = {}
        self._reading: dict[tuple[str, str, int], asyncio.Task[HeldBook]] = {}

    def held(self, venue: str, symbol: str, quantity: Decimal) -> HeldBook | None:
        """The book of this moment; None where it must be read first, or not deep enough was read for the
        quantity."""
        held = self._held.get((venue, symbol))
        if held is None or self._now() - held.read_at > KEPT or held.is_cut(quantity):
            return None
        return held

    async def read(self, venue: str, symbol: str, quantity: Decimal = Decimal(0)) -> HeldBook:
        """Read the book, deeper where what is known was too short; who asks meanwhile waits for that answer."""
        known = self._held.get((venue, symbol))
        fresh = known is not None and self._now() - known.read_at <= KEPT
        if known is not None and fresh and not known.is_cut(quantity):
            return known
        levels = DEEP_LEVELS if known is not None and fresh else LEVELS
        key = (venue, symbol, levels)
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(venue, symbol, levels))
            self._reading[key] = task
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, venue: str, symbol: str, levels: int) -> HeldBook:
        book: OrderBook | None = None
        try:
            book = await self._reader.order_book(venue, symbol, levels)
        except VenueUnavailableError as error:
            log.warning("an order book cannot be read", venue=venue, symbol=symbol, error=str(error))
        held = HeldBook(book, levels, self._now())
        self._held[venue, symbol] = held
        return held
