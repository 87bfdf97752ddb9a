"""Correlations and volatilities of symbols: computed by a job from closed bars, read by the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import asyncpg


@dataclass(frozen=True, slots=True)
class SymbolStatistics:
    """By (venue, symbol, other), where `symbol` sorts before `other`, and by (venue, symbol); None where the
    history is too short to say."""

    correlations: Mapping[tuple[str, str, str], Decimal | None]
    volatilities: Mapping[tuple[str, str], Decimal | None]


class SystemSymbolStatisticsRepository:
    """Shared by every tenant."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def all(self, since: datetime) -> SymbolStatistics:
        """Everything that was computed since then."""
        pairs = await self._connection.fetch(
            "SELECT venue, symbol, other, correlation FROM symbol_correlations WHERE as_of >= $1", since
        )
        alone = await self._connection.fetch(
            "SELECT venue, symbol, daily_volatility FROM symbol_volatilities WHERE as_of >= $1", since
        )
        return SymbolStatistics(
            {(row[0], row[1], row[2]): row[3] for row in pairs}, {(row[0], row[1]): row[2] for row in alone}
        )

    async def store(
        self,
        venue: str,
        correlations: Sequence[tuple[str, str, Decimal | None, int]],
        volatilities: Sequence[tuple[str, Decimal | None, int]],
        as_of: datetime,
    ) -> None:
        """Replace what is known of a venue: (symbol, other, correlation, observations) and (symbol, daily
        volatility, observations)."""
        async with self._connection.transaction():
            await self._connection.executemany(
                "INSERT INTO symbol_correlations (venue, symbol, other, correlation, observations, as_of)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (venue, symbol, other) DO UPDATE SET"
                " correlation = EXCLUDED.correlation, observations = EXCLUDED.observations,"
                " as_of = EXCLUDED.as_of",
                [(venue, *row, as_of) for row in correlations],
            )
            await self._connection.executemany(
                "INSERT INTO symbol_volatilities (venue, symbol, daily_volatility, observations, as_of)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (venue, symbol) DO UPDATE SET"
                " daily_volatility = EXCLUDED.daily_volatility, observations = EXCLUDED.observations,"
                " as_of = EXCLUDED.as_of",
                [(venue, *row, as_of) for row in volatilities],
            )
