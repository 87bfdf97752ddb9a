"""Closed bars, which are shared by every tenant."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.signal import Candle


class CandleRecord(NamedTuple):
    """A closed bar; `open_time` market time, prices quote, volume base units."""

    open_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class SystemCandleRepository:
    """Everybody's bars; they belong to no tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def newest(
        self, venue: str, symbol: str, timeframe: str, limit: int, *, until: datetime | None = None
    ) -> list[CandleRecord]:
        """The newest bars that open before `until`, where one is named; oldest first."""
        statement = (
            select(Candle.open_time, Candle.open, Candle.high, Candle.low, Candle.close, Candle.volume)
            .where(Candle.venue == venue, Candle.symbol == symbol, Candle.timeframe == timeframe)
            .order_by(Candle.open_time.desc())
            .limit(limit)
        )
        if until is not None:
            statement = statement.where(Candle.open_time < until)
        rows = [CandleRecord(*row) for row in await self._session.execute(statement)]
        return rows[::-1]

    async def closes(
        self, venues: Sequence[str], symbol: str, timeframe: str, begin: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        """(open time, close) of the bars of one of these venues that open from `begin` to before `end`, oldest
        first."""
        statement = (
            select(Candle.open_time, func.max(Candle.close))
            .where(
                Candle.venue.in_(venues),
                Candle.symbol == symbol,
                Candle.timeframe == timeframe,
                Candle.open_time >= begin,
                Candle.open_time < end,
            )
            .group_by(Candle.open_time)
            .order_by(Candle.open_time)
        )
        return [(at, float(close)) for at, close in await self._session.execute(statement)]
