"""Correlations and volatilities of a venue's symbols, out of its closed bars, stored for the gate."""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations

from app.core.lean_transactions import LeanTransactions
from app.domain.correlation import (
    DAILY_RETURNS,
    HOURLY_RETURNS,
    correlation_of_symbols,
    daily_volatility,
    log_returns,
)
from app.domain.fixed_point import FloatColumn
from app.domain.timeframes import Timeframe
from app.domain.types import Candle
from app.repositories.symbol_statistics import SystemSymbolStatisticsRepository
from app.services.ports import MarketReader

HOUR_MS = Timeframe.H1.milliseconds
DAY_MS = 24 * HOUR_MS
DAY_BARS = (DAILY_RETURNS + 1) * DAY_MS // Timeframe.H4.milliseconds


class SymbolStatisticsKeeper:
    """Computes for one venue at a time; does no harm when run twice."""

    def __init__(self, reader: MarketReader, connections: LeanTransactions) -> None:
        self._reader = reader
        self._connections = connections

    async def refresh(self, venue: str, symbols: Sequence[str], now: datetime) -> int:
        """Store every pair's correlation and every symbol's volatility as of `now` (wall time); returns how
        many pairs. Raises VenueUnavailableError where the venue does not tell its bars."""
        daily: dict[str, FloatColumn] = {}
        hourly: dict[str, FloatColumn] = {}
        quotes = {symbol: await self._reader.quote(venue, symbol) for symbol in symbols}
        quoted = {symbol: quote.market_time for symbol, quote in quotes.items() if quote is not None}
        # One moment for all: where an hour or a day ends between two symbols, series that each end with their own
        # quote stand one return apart, and what moves together looks as if it did not.
        market_ms = int(max(quoted.values()).timestamp() * 1000) if quoted else 0
        for symbol in quoted:
            hours = await self._reader.closed_candles(
                venue, symbol, Timeframe.H1.value, limit=HOURLY_RETURNS + 1, now_market_ms=market_ms
            )
            quarters = await self._reader.closed_candles(
                venue, symbol, Timeframe.H4.value, limit=DAY_BARS, now_market_ms=market_ms
            )
            hourly[symbol] = returns(hours, Timeframe.H1, HOUR_MS, HOURLY_RETURNS, market_ms)
            daily[symbol] = returns(quarters, Timeframe.H4, DAY_MS, DAILY_RETURNS, market_ms)
        pairs = [
            (
                first,
                second,
                correlation_of_symbols((daily[first], daily[second]), (hourly[first], hourly[second])),
            )
            for first, second in combinations(sorted(daily), 2)
        ]
        async with self._connections.connection() as connection:
            await SystemSymbolStatisticsRepository(connection).store(
                venue,
                [(first, second, held, len(daily[first])) for first, second, held in pairs],
                [(symbol, daily_volatility(held), len(held)) for symbol, held in sorted(daily.items())],
                now,
            )
        return len(pairs)


def returns(
    candles: Sequence[Candle], timeframe: Timeframe, step_ms: int, count: int, market_ms: int
) -> FloatColumn:
    """Return the newest `count` returns from step to step, the last one ending at the newest whole step before
    `market_ms`; NaN where a close is missing, so that the series of all symbols stand side by side."""
    closes = {candle.open_time_ms + timeframe.milliseconds: candle.close for candle in candles}
    last = market_ms - market_ms % step_ms
    return log_returns([closes.get(last - step_ms * back) for back in range(count, -1, -1)])
