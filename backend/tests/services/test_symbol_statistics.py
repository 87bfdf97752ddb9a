"""Correlations and volatilities out of a real paper exchange's bars, and what the gate reads of them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np

from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.lean_transactions import LeanTransactions
from app.domain.timeframes import Timeframe
from app.domain.types import Candle
from app.domain.venue import Quote
from app.services.symbol_statistics import HOUR_MS, SymbolStatisticsKeeper, returns
from app.services.trading.correlations import CorrelationBook
from tests.services.trading.floor import BTC, ETH, SOL
from tests.services.trading.still_market import MARKET_TIME, StillMarket


class MovingMarket(StillMarket):
    """BTC and ETH move together, SOL against them; 400 hours of history, no days."""

    async def closed_candles(
        self, _venue: str, symbol: str, timeframe: str, *, limit: int, now_market_ms: int
    ) -> list[Candle]:
        if timeframe != Timeframe.H1.value:
            return []
        steps = np.random.default_rng(7).normal(0, 0.01, 400)
        prices = 1000 * np.exp(np.cumsum(-steps if symbol == SOL else steps))
        last = now_market_ms - now_market_ms % HOUR_MS
        return [
            Candle(last - (400 - place) * HOUR_MS, price, price, price, price, 1.0)
            for place, price in enumerate(prices.tolist())
        ][-limit:]


async def test_gate_reads_what_the_job_computed_and_knows_nothing_else(settings: Settings) -> None:
    connections = LeanTransactions(asyncpg_dsn(role_database_url(settings, DatabaseRole.SYSTEM)), size=2)
    book = CorrelationBook(connections)
    assert (
        await SymbolStatisticsKeeper(MovingMarket(), connections).refresh("paper", [BTC, ETH, SOL], utc_now())
        == 3
    )
    await book.refresh()
    assert book.correlation("paper", BTC, ETH) == Decimal(1)
    assert book.correlation("paper", SOL, BTC) == Decimal(-1)
    assert book.correlation("paper", BTC, "XRP/USDT:USDT") is None
    assert book.daily_volatility("paper", BTC) is None  # no days
    await connections.close()


class MarketAtTheHour(StillMarket):
    """BTC and ETH move together; BTC was quoted a second before an hour ended, ETH a second after."""

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        held = await super().quote(venue, symbol)
        assert held is not None
        return replace(held, market_time=MARKET_TIME + timedelta(seconds=-1 if symbol == BTC else 1))

    async def closed_candles(
        self, _venue: str, _symbol: str, timeframe: str, *, limit: int, now_market_ms: int
    ) -> list[Candle]:
        if timeframe != Timeframe.H1.value:
            return []
        prices = 1000 * np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.01, 400)))
        newest = int(MARKET_TIME.timestamp() * 1000) - HOUR_MS
        bars = [
            Candle(newest - (399 - place) * HOUR_MS, price, price, price, price, 1.0)
            for place, price in enumerate(prices.tolist())
        ]
        return [bar for bar in bars if bar.open_time_ms + HOUR_MS <= now_market_ms][-limit:]


async def test_an_hour_that_ends_between_two_symbols_parts_no_series(settings: Settings) -> None:
    connections = LeanTransactions(asyncpg_dsn(role_database_url(settings, DatabaseRole.SYSTEM)), size=2)
    await SymbolStatisticsKeeper(MarketAtTheHour(), connections).refresh("paper", [BTC, ETH], utc_now())
    book = CorrelationBook(connections)
    await book.refresh()
    assert book.correlation("paper", BTC, ETH) == Decimal(1)
    await connections.close()


def test_series_of_two_symbols_stand_side_by_side_where_a_bar_is_missing() -> None:
    held = [Candle(place * HOUR_MS, 1.0, 1.0, 1.0, 1.0 + place, 1.0) for place in (0, 1, 3)]
    found = returns(held, Timeframe.H1, HOUR_MS, 3, 4 * HOUR_MS)
    assert [bool(np.isnan(value)) for value in found] == [False, True, True]
