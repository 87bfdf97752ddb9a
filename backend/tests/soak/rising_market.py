"""A market that only rises, at a known pace, and positions whose exits fall due one after the other on the way."""

import asyncio
import bisect
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid4

import asyncpg

from app.repositories.open_trades import OpenTrade
from app.repositories.trading_accounts import TradingAccount
from paper_exchange.feeds.candle_files import HEADER
from tests.services.trading.floor import BTC, ETH, SOL, STRATEGY, TIMEFRAME, TradingFloor
from tests.services.trading.open_positions import open_trade, store

FIRST_PRICE = {BTC: Decimal(60_000), ETH: Decimal(3_000), SOL: Decimal(150)}
HOUR_MS = 3_600_000
BEGIN_MS = 1_767_225_600_000  # 2026-01-01
HISTORY_BARS = 300
BAR_SECONDS = 2.0  # of the wall
SPEED = HOUR_MS / 1_000 / BAR_SECONDS
RISE = Decimal("0.0005")  # of the first price, in each bar
LEAD_SECONDS = 2 * BAR_SECONDS  # levels begin above anything that the present bar may reach
OLD_BARS = 3  # a price of so many bars ago lies below anything of the present bar


def write_market(folder: Path, seconds: float) -> tuple[str, ...]:
    """Write candles that rise for so long, and return the paper exchange's options that play them."""
    for symbol, first in FIRST_PRICE.items():
        lines = [",".join(HEADER)]
        for number in range(HISTORY_BARS + int(seconds / BAR_SECONDS)):
            low, high = (first * (1 + RISE * place) for place in (number, number + 1))
            lines.append(f"{BEGIN_MS + number * HOUR_MS},{low},{high},{low},{high},1000")
        base = symbol.partition("/")[0].lower()
        (folder / f"{base}usdt_perp_1h_rising.csv").write_text("\n".join(lines) + "\n")
    feed = ("--feed", "replay", "--replay-dir", str(folder), "--history-bars", str(HISTORY_BARS))
    return (*feed, "--speed", str(SPEED))


@dataclass(frozen=True, slots=True)
class Planted:
    """A position that has to be left once the mark price reaches its level."""

    trade_id: UUID
    shard: int
    symbol: str
    level: Decimal


@dataclass
class RisingMarket:
    """Positions on a floor, and when the market reached each price; times are of the monotonic clock."""

    floor: TradingFloor
    shards: int
    _highs: dict[str, tuple[list[Decimal], list[float]]] = field(
        default_factory=lambda: {symbol: ([], []) for symbol in FIRST_PRICE}
    )

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """Hear the venue's own prices while the context lasts, as the monitors do."""
        listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        async for quotes in self.floor.reader.quotes("paper", list(FIRST_PRICE)):
            for quote in quotes:
                prices, times = self._highs[quote.symbol]
                if not prices or quote.mark_price > prices[-1]:
                    prices.append(quote.mark_price)
                    times.append(monotonic())

    @property
    def is_heard(self) -> bool:
        return all(prices for prices, _ in self._highs.values())

    def reached_at(self, planted: Planted) -> float | None:
        """When the market first reached its level."""
        prices, times = self._highs[planted.symbol]
        at = bisect.bisect_left(prices, planted.level)
        return times[at] if at < len(times) else None

    async def plant(self, seconds: float, every_seconds: float) -> list[Planted]:
        """Positions in every shard of which one falls due again and again for so long: longs at their target, and
        shorts without a stop at the venue at their stop."""
        symbols = list(FIRST_PRICE)
        planted, trades = [], []
        for place in range(int(seconds / every_seconds) * self.shards):
            number, shard = divmod(place, self.shards)
            symbol = symbols[place % len(symbols)]
            first, newest = FIRST_PRICE[symbol], self._highs[symbol][0][-1]
            wait = LEAD_SECONDS + (number + shard / self.shards) * every_seconds
            level = round(newest + first * RISE * Decimal(wait / BAR_SECONDS), 2)
            trade = _long_to(symbol, level) if number % 2 else _short_to(symbol, level)
            trades.append((shard, trade))
            planted.append(Planted(trade.id, shard, symbol, level))
        await self._open(trades)
        return planted

    async def plant_bait(self) -> list[UUID]:
        """Longs that no price after their opening leaves, but one of a few seconds before it would."""
        newest = self._highs[BTC][0][-1]
        stop = round(newest - OLD_BARS * FIRST_PRICE[BTC] * RISE, 2)
        bait = [(shard, _long_above(stop)) for shard in range(self.shards)]
        await self._open(bait)
        return [trade.id for _, trade in bait]

    async def _open(self, trades: Sequence[tuple[int, OpenTrade]]) -> None:
        """Each in a wallet of its own, told together as executors tell of trades that they have opened."""
        user_id = await self.floor.user()
        sql = self.floor.sql
        async with sql.transaction():
            for shard, trade in trades:
                await store(sql, await _wallet(sql, user_id, shard), trade)
            await sql.execute(
                "SELECT pg_notify('trades', id::text) FROM unnest($1::uuid[]) AS id",
                [trade.id for _, trade in trades],
            )


async def _wallet(sql: asyncpg.Connection, user_id: UUID, shard: int) -> TradingAccount:
    """A wallet that nobody trades on: no executor runs, so that the venue need not know it."""
    wallet_id = uuid4()
    await sql.execute(
        "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, shard, auto_trade_enabled,"
        " strategies, symbols, timeframes) VALUES ($1, $2, $3, 'paper', $3, $4, false, $5, $6, $7)",
        *(wallet_id, user_id, str(wallet_id), shard, [STRATEGY], list(FIRST_PRICE), [TIMEFRAME]),
    )
    return TradingAccount(user_id, wallet_id, "paper", "paper", shard)


def _long_to(symbol: str, target: Decimal) -> OpenTrade:
    low = round(target / 2, 2)
    return replace(
        open_trade(trailing_enabled=False),
        symbol=symbol,
        entry_price=round(target * Decimal("0.9"), 2),
        initial_stop_price=low,
        stop_price=low,
        take_profit_price=target,
    )


def _short_to(symbol: str, stop: Decimal) -> OpenTrade:
    return replace(
        open_trade(trailing_enabled=False),
        symbol=symbol,
        side="short",
        status="OPEN_UNPROTECTED",
        entry_price=round(stop * Decimal("0.8"), 2),
        initial_stop_price=stop,
        stop_price=stop,
        take_profit_price=round(stop / 4, 2),
    )


def _long_above(stop: Decimal) -> OpenTrade:
    return replace(
        open_trade(trailing_enabled=False),
        status="OPEN_UNPROTECTED",
        entry_price=round(stop * Decimal("1.001"), 2),
        initial_stop_price=stop,
        stop_price=stop,
        take_profit_price=round(stop * 3, 2),
    )
