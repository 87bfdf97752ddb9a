"""Finds bars whose job was lost: subscribed, closed by market time, and not stored."""

from datetime import UTC, datetime, timedelta

from app.core.db import Database
from app.domain.venue import VenueUnavailableError
from app.repositories.signal_writer import SystemSignalWriteRepository
from app.repositories.subscriptions import SystemSubscriptionRepository
from app.services.ports import MarketReader
from app.services.trading.signals import Bar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def missed_bars(system: Database, reader: MarketReader) -> list[Bar]:
    """The newest closed bar of each subscribed market, where it is not stored; one that has just closed is
    left to its own job for a twentieth of its length."""
    async with system.system() as session:
        wanted = await SystemSubscriptionRepository(session).all()
        stored = {
            held: await SystemSignalWriteRepository(session).newest_open_time(
                held.venue, held.symbol, held.timeframe.value
            )
            for held in wanted
        }
    missed = []
    for held, newest in stored.items():
        try:
            quote = await reader.quote(held.venue, held.symbol)
        except VenueUnavailableError:
            continue
        if quote is None:
            continue
        length = held.timeframe.milliseconds
        market_ms = round((quote.market_time - _EPOCH) / timedelta(milliseconds=1))
        close_ms = market_ms - market_ms % length
        opened = _EPOCH + timedelta(milliseconds=close_ms - length)
        if market_ms - close_ms > length // 20 and (newest is None or newest < opened):
            missed.append(Bar(held.venue, held.symbol, held.timeframe, close_ms))
    return missed
