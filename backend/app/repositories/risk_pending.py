"""Loosenings that wait for their day."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_pending_change import RiskPendingChange
from app.models.user import User

_OPEN = RiskPendingChange.ended_at.is_(None)


class PendingChangeRepository:
    """Waiting changes of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open(self, user_id: UUID, *, due_at: datetime | None = None) -> list[RiskPendingChange]:
        """What waits, in the order of its wishing; with a time, only what is due then."""
        statement = select(RiskPendingChange).where(RiskPendingChange.user_id == user_id, _OPEN)
        if due_at is not None:
            statement = statement.where(RiskPendingChange.effective_at <= due_at)
        statement = statement.order_by(RiskPendingChange.created_at, RiskPendingChange.setting)
        found = await self._session.execute(statement.execution_options(populate_existing=True))
        return list(found.scalars())

    async def add(self, user_id: UUID, change: RiskPendingChange) -> None:
        """Let a change wait; no other of the same setting may be waiting."""
        change.user_id = user_id
        self._session.add(change)
        await self._session.flush()

    async def end(self, user_id: UUID, ids: Sequence[UUID], outcome: str, now: datetime) -> None:
        """End the waiting of these changes."""
        if not ids:
            return
        statement = (
            update(RiskPendingChange)
            .where(RiskPendingChange.user_id == user_id, RiskPendingChange.id.in_(ids), _OPEN)
            .values(ended_at=now, outcome=outcome)
            .execution_options(synchronize_session=False)
        )
        await self._session.execute(statement)

    async def time_zone(self, user_id: UUID) -> str:
        """The tenant's time zone, whose midnight the changes wait for."""
        return (await self._session.execute(select(User.time_zone).where(User.id == user_id))).scalar_one()


class SystemPendingChangeRepository:
    """Waiting changes of every tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def due_users(self, now: datetime, limit: int) -> list[UUID]:
        """Tenants with a change that is due, those who wait longest first."""
        statement = (
            select(RiskPendingChange.user_id)
            .where(_OPEN, RiskPendingChange.effective_at <= now)
            .group_by(RiskPendingChange.user_id)
            .order_by(func.min(RiskPendingChange.effective_at))
            .limit(limit)
        )
        return list((await self._session.execute(statement)).scalars())
