"""Watches open positions: prices in, intents out, the book kept true to Postgres."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog

from app.core.db import Database
from app.domain.venue import Quote, VenueUnavailableError
from app.repositories.open_trades import OpenTrade, SystemOpenTradeRepository
from app.repositories.outbox import SystemOutboxRepository
from app.services.ports import MarketReader
from app.services.trading.position_book import ExitIntent, Intent, PositionBook

log = structlog.get_logger(__name__)


class PositionWatch:
    """The monitor's work. A stale price never acts."""

    def __init__(
        self,
        system: Database,
        reader: MarketReader,
        now: Callable[[], datetime],
        *,
        stale_seconds: float,
    ) -> None:
        self._system = system
        self._reader = reader
        self._now = now
        self._stale = timedelta(seconds=stale_seconds)
        self._ticks: dict[tuple[str, str], float] = {}
        self.book = PositionBook()

    async def reload(self) -> None:
        """Read the whole book anew."""
        async with self._system.system() as session:
            trades = await SystemOpenTradeRepository(session).all()
        await self._learn_ticks(trades)
        self.book.load(trades, self._ticks)

    async def refresh(self, trade_ids: Sequence[UUID]) -> None:
        """Read what became of some trades."""
        async with self._system.system() as session:
            trades = await SystemOpenTradeRepository(session).some(trade_ids)
        await self._learn_ticks(trades)
        self.book.refresh(trade_ids, trades, self._ticks)

    async def on_quotes(self, venue: str, quotes: Sequence[Quote]) -> list[Intent]:
        """Run the rules on prices and commit what they cause."""
        intents: list[Intent] = []
        for quote in quotes:
            stale = self._now() - quote.received_at > self._stale
            market_ms = round(quote.market_time.timestamp() * 1000)
            intents += self.book.on_price(
                venue, quote.symbol, float(quote.mark_price), market_ms, is_stale=stale
            )
        if intents:
            async with self._system.system() as session:
                outbox = SystemOutboxRepository(session)
                for intent in intents:
                    await _put(outbox, intent)
        return intents

    async def keep_extremes(self, seconds: float) -> None:
        """Write extremes and armed flags now and then, until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            rows = self.book.take_dirty()
            if rows:
                await self._write_extremes(rows)

    async def _write_extremes(self, rows: Sequence[tuple[UUID, Decimal, bool]]) -> None:
        try:
            async with self._system.system() as session:
                await SystemOpenTradeRepository(session).keep_extremes(rows)
        except BaseException:
            self.book.put_back(trade_id for trade_id, _, _ in rows)
            raise

    async def _learn_ticks(self, trades: Sequence[OpenTrade]) -> None:
        for market in {(trade.venue, trade.symbol) for trade in trades} - set(self._ticks):
            try:
                instrument = await self._reader.instrument(*market)
            except VenueUnavailableError as error:
                log.warning("a market's tick is not known; its stops stay", market=market, error=str(error))
                continue
            if instrument is not None:
                self._ticks[market] = float(instrument.price_tick)


async def _put(outbox: SystemOutboxRepository, intent: Intent) -> None:
    trade = intent.trade
    if isinstance(intent, ExitIntent):
        await outbox.put(
            "exit",
            {"trade_id": str(trade.id), "reason": intent.reason.value},
            shard=trade.shard,
            user_id=trade.user_id,
            wallet_id=trade.wallet_id,
            dedupe_key=f"exit:{trade.id}",
        )
    else:
        await outbox.put(
            "move_stop",
            {"trade_id": str(trade.id), "stop_price": f"{intent.stop_price:f}"},
            shard=trade.shard,
            user_id=trade.user_id,
            wallet_id=trade.wallet_id,
            dedupe_key=f"move_stop:{trade.id}",
        )
