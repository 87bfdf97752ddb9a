"""The newest price of every market, held in this process and fed by the shared price stream.

Reading it costs no round trip. When the stream is lost the prices stay, and grow old: each quote carries the
wall time at which it was published, from which its age is taken.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from app.domain.price_batch import PriceFlush, PricesUnavailableError, PriceTick, price_decimal
from app.domain.venue import Quote

RETRY_SECONDS = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


class PriceStream(Protocol):
    """Where prices come from. Both raise `PricesUnavailableError` when the source is lost."""

    async def last(self, venue: str) -> Sequence[PriceFlush]:
        """The last known prices of a venue."""
        ...

    def follow(self, venues: Sequence[str]) -> AsyncIterator[PriceFlush]:
        """Publications as they come, from now on."""
        ...


class PriceBook:
    """Newest prices by venue and symbol."""

    def __init__(self) -> None:
        self._prices: dict[str, dict[str, tuple[PriceTick, int]]] = {}
        self._changed: dict[str, set[str]] = {}
        self._newest: dict[str, tuple[int, int]] = {}  # wall and market milliseconds

    def accept(self, flush: PriceFlush) -> None:
        """Take in a publication; prices published before those held are left out."""
        held = self._prices.setdefault(flush.venue, {})
        changed = self._changed.setdefault(flush.venue, set())
        for tick in flush.ticks:
            known = held.get(tick.symbol)
            if known is None or flush.wall_ms >= known[1]:
                held[tick.symbol] = (tick, flush.wall_ms)
                changed.add(tick.symbol)
                at = (flush.wall_ms, tick.market_ms)
                self._newest[flush.venue] = max(at, self._newest.get(flush.venue, at))

    def quote(self, venue: str, symbol: str) -> Quote | None:
        """The newest price, however old; None where none was ever seen."""
        known = self._prices.get(venue, {}).get(symbol)
        if known is None:
            return None
        tick, wall_ms = known
        return Quote(
            tick.symbol,
            price_decimal(tick.mark),
            price_decimal(tick.last),
            _moment(tick.market_ms),
            _moment(wall_ms),
        )

    def symbols(self, venue: str) -> Mapping[str, tuple[PriceTick, int]]:
        """Ticks and their wall time in milliseconds, by symbol."""
        return self._prices.get(venue, {})

    def take_changed(self) -> dict[str, set[str]]:
        """Symbols by venue that changed since this was last asked."""
        changed, self._changed = self._changed, {}
        return changed

    def market_time(self, venue: str) -> datetime | None:
        """The market time of the venue's newest publication; None before its first price. The last price of a symbol
        that is no longer told takes nothing back."""
        newest = self._newest.get(venue)
        return None if newest is None else _moment(newest[1])


async def follow_prices(book: PriceBook, stream: PriceStream, venues: Sequence[str]) -> None:
    """Keep the book fed until cancelled; a lost stream is taken up again, beginning with the last prices."""
    lost = False
    while True:
        try:
            for venue in venues:
                for flush in await stream.last(venue):
                    book.accept(flush)
            if lost:
                log.info("the price stream is back")
            lost = False
            async for flush in stream.follow(venues):
                book.accept(flush)
        except PricesUnavailableError as error:
            if not lost:
                log.warning("the price stream is lost, prices go stale", error=str(error))
            lost = True
        await asyncio.sleep(RETRY_SECONDS)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
