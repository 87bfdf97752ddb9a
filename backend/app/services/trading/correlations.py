"""Correlations and volatilities of symbols, as a job stored them: shared by everybody, kept for a minute."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from app.core.clock import utc_now
from app.core.lean_transactions import LeanTransactions
from app.repositories.symbol_statistics import SystemSymbolStatisticsRepository

KEPT = timedelta(seconds=60)
STALE = timedelta(days=3)

log = structlog.get_logger(__name__)


class CorrelationBook:
    """What is not known, or was computed more than three days ago, is None."""

    def __init__(self, connections: LeanTransactions) -> None:
        self._connections = connections
        self._read_at: datetime | None = None
        self._pairs: Mapping[tuple[str, str, str], Decimal | None] = {}
        self._volatilities: Mapping[tuple[str, str], Decimal | None] = {}

    async def refresh(self) -> None:
        """Read again what is older than a minute."""
        now = utc_now()
        if self._read_at is not None and now - self._read_at < KEPT:
            return
        async with self._connections.connection() as connection:
            found = await SystemSymbolStatisticsRepository(connection).all(now - STALE)
        self._pairs, self._volatilities, self._read_at = found.correlations, found.volatilities, now

    def correlation(self, venue: str, symbol: str, other: str) -> Decimal | None:
        """Correlation of the two symbols' returns, -1 to 1."""
        first, second = sorted((symbol, other))
        return Decimal(1) if first == second else self._pairs.get((venue, first, second))

    def daily_volatility(self, venue: str, symbol: str) -> Decimal | None:
        """Standard deviation of the symbol's daily returns, a fraction."""
        return self._volatilities.get((venue, symbol))
