"""Exports: asked for by a tenant, claimed and followed by a job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.export import Export
from app.repositories.job_rows import JobRows, SystemJobRows


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """An export as stored; sizes in bytes, wall times."""

    id: UUID
    user_id: UUID
    kind: str
    format: str
    wishes: Mapping[str, object]
    status: str
    rows_done: int
    rows_total: int | None
    size_bytes: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    attempts: int


def _record(row: Export) -> ExportRecord:
    return ExportRecord(
        row.id,
        row.user_id,
        row.kind,
        row.format,
        row.wishes,
        row.status,
        row.rows_done,
        row.rows_total,
        row.size_bytes,
        row.error,
        row.created_at,
        row.finished_at,
        row.expires_at,
        row.attempts,
    )


class ExportRepository:
    """Exports of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = JobRows(session, Export)

    async def ask(
        self, user_id: UUID, kind: str, form: str, wishes: Mapping[str, object], expires_at: datetime
    ) -> ExportRecord:
        """Let an export wait for its job."""
        row = Export(user_id=user_id, kind=kind, format=form, wishes=dict(wishes), expires_at=expires_at)
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return _record(row)

    async def newest(self, user_id: UUID, limit: int) -> list[ExportRecord]:
        """The tenant's exports, newest first."""
        statement = (
            select(Export)
            .where(Export.user_id == user_id)
            .order_by(Export.created_at.desc(), Export.id.desc())
            .limit(limit)
        )
        return [_record(row) for row in (await self._session.execute(statement)).scalars()]

    async def one(self, user_id: UUID, export_id: UUID) -> ExportRecord | None:
        """The tenant's export of that id."""
        statement = select(Export).where(Export.user_id == user_id, Export.id == export_id)
        row = (
            await self._session.execute(statement.execution_options(populate_existing=True))
        ).scalar_one_or_none()
        return None if row is None else _record(row)

    async def count_since(self, user_id: UUID, since: datetime) -> int:
        """How many were asked for since then."""
        return await self._rows.count_since(user_id, since)

    async def take(self, user_id: UUID, export_id: UUID, now: datetime) -> ExportRecord | None:
        """Take it up, where it waits or its job fell silent; None where another has it or it is over."""
        taken = await self._rows.take(user_id, export_id, now, {"rows_done": 0, "rows_total": None})
        return await self.one(user_id, export_id) if taken else None

    async def beat(
        self, user_id: UUID, export_id: UUID, now: datetime, rows_done: int, rows_total: int | None
    ) -> bool:
        """Say how far it is; False where it was cancelled meanwhile."""
        progress = {"rows_done": rows_done, "rows_total": rows_total}
        return await self._rows.beat(user_id, export_id, now, progress)

    async def end(
        self,
        user_id: UUID,
        export_id: UUID,
        status: str,
        now: datetime,
        *,
        size_bytes: int | None = None,
        error: str | None = None,
    ) -> bool:
        """End it; False where it was over before."""
        more = {"size_bytes": size_bytes, "error": error}
        return await self._rows.end(user_id, export_id, status, now, more)


class SystemExportRepository:
    """Exports of every tenant, for the sweep."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = SystemJobRows(session, Export)

    async def waiting(self, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
        """(user, export) of what waits or whose job fell silent, oldest first."""
        return await self._rows.waiting(now, limit)

    async def of_user(self, user_id: UUID) -> list[UUID]:
        """Every export that a user ever asked for."""
        return list(
            (await self._session.execute(select(Export.id).where(Export.user_id == user_id))).scalars()
        )

    async def outdated(self, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
        """(user, export) of finished ones whose time is over."""
        statement = select(Export.user_id, Export.id).where(self._rows.outdated(now)).limit(limit)
        return [(row[0], row[1]) for row in await self._session.execute(statement)]
