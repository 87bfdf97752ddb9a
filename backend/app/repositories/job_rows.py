"""Rows whose work a job does: taken up by one at a time, followed by its beats, begun anew where it fell silent."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import JobFollowed

SILENT: Final = timedelta(seconds=60)
WAITING, RUNNING, DONE, FAILED, CANCELLED, EXPIRED = (
    "waiting",
    "running",
    "done",
    "failed",
    "cancelled",
    "expired",
)
OPEN: Final = (WAITING, RUNNING)


class JobRows:
    """One table of such rows, a tenant at a time."""

    def __init__(self, session: AsyncSession, table: type[JobFollowed]) -> None:
        self._session = session
        self._table = table

    async def take(self, user_id: UUID, row_id: UUID, now: datetime, anew: Mapping[str, object]) -> bool:
        """Take it up, where it waits or its job fell silent, with the columns `anew` as at its beginning; False where
        another has it or it is over."""
        values = {"status": RUNNING, "beat_at": now, "error": None, "attempts": self._table.attempts + 1}
        return await self._update(user_id, row_id, _may_be_taken(self._table, now), values | dict(anew))

    async def beat(self, user_id: UUID, row_id: UUID, now: datetime, progress: Mapping[str, object]) -> bool:
        """Say how far it is; False where it was cancelled meanwhile."""
        values = {"beat_at": now} | dict(progress)
        return await self._update(user_id, row_id, self._table.status == RUNNING, values)

    async def end(
        self, user_id: UUID, row_id: UUID, status: str, now: datetime, more: Mapping[str, object]
    ) -> bool:
        """End it, or let go of what it made; False where it was over before."""
        from_states = (*OPEN, DONE) if status in (CANCELLED, EXPIRED) else OPEN
        values = {"status": status, "finished_at": now} | dict(more)
        return await self._update(user_id, row_id, self._table.status.in_(from_states), values)

    async def count_since(self, user_id: UUID, since: datetime, *conditions: ColumnElement[bool]) -> int:
        """How many were asked for since then."""
        statement = (
            select(func.count())
            .select_from(self._table)
            .where(self._table.user_id == user_id, self._table.created_at > since, *conditions)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def _update(
        self, user_id: UUID, row_id: UUID, condition: ColumnElement[bool], values: Mapping[str, Any]
    ) -> bool:
        statement = (
            update(self._table)
            .where(self._table.user_id == user_id, self._table.id == row_id, condition)
            .values(dict(values))
            .returning(self._table.id)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(statement)).first() is not None


class SystemJobRows:
    """One table of such rows of every tenant, for the sweep."""

    def __init__(self, session: AsyncSession, table: type[JobFollowed]) -> None:
        self._session = session
        self._table = table

    async def waiting(self, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
        """(user, row) of what waits or whose job fell silent, oldest first."""
        statement = (
            select(self._table.user_id, self._table.id)
            .where(_may_be_taken(self._table, now))
            .order_by(self._table.created_at)
            .limit(limit)
        )
        return [(row[0], row[1]) for row in await self._session.execute(statement)]

    def outdated(self, now: datetime) -> ColumnElement[bool]:
        """Whether it is done and its time is over."""
        return (self._table.status == DONE) & (self._table.expires_at <= now)


def _may_be_taken(table: type[JobFollowed], now: datetime) -> ColumnElement[bool]:
    silent = (table.status == RUNNING) & (table.beat_at < now - SILENT)
    return or_(table.status == WAITING, silent)
