"""Signals, which are shared by every tenant."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.signal import Signal


@dataclass(frozen=True, slots=True)
class SignalRecord:
    """A proposal to trade; confidence 0-1, `bar_close` market time, `created_at` wall time."""

    id: UUID
    venue: str
    symbol: str
    timeframe: str
    strategy: str
    side: str
    entry_price: Decimal
    stop_price: Decimal
    take_profit_price: Decimal | None
    confidence: Decimal
    reason: str
    bar_close: datetime
    created_at: datetime


_COLUMNS = tuple(getattr(Signal, field.name) for field in fields(SignalRecord))


class SystemSignalRepository:
    """Everybody's signals; they belong to no tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def some(self, ids: list[UUID]) -> list[SignalRecord]:
        """The signals of these ids, oldest first."""
        statement = select(*_COLUMNS).where(Signal.id.in_(ids)).order_by(Signal.created_at, Signal.id)
        return [SignalRecord(*row) for row in await self._session.execute(statement)]

    async def newest(self, limit: int) -> list[SignalRecord]:
        """The newest signals, newest first."""
        statement = select(*_COLUMNS).order_by(Signal.created_at.desc(), Signal.id.desc()).limit(limit)
        return [SignalRecord(*row) for row in await self._session.execute(statement)]
