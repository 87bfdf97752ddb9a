"""Exports: asked for over the API, made by a job that says how far it is, loaded as a file."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from app.core.db import Database
from app.core.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.tax_lots import LotMethod
from app.repositories.account_data import AccountDataRepository, account_tables
from app.repositories.audit import AuditRepository
from app.repositories.exports import ExportRecord, ExportRepository, SystemExportRepository
from app.repositories.job_rows import CANCELLED, DONE, EXPIRED, FAILED
from app.repositories.journal import JournalFilter
from app.repositories.quota_lock import hold_quota
from app.repositories.user_events import UserEventRepository
from app.services.export_rows import Cell, ExecutionRows, RowSource, TaxLotRows, TradeRows, Whose
from app.services.job_tries import A_DAY, GivenUpError, check_quota, tried
from app.services.ports import Doorbell

JOB: Final = "run_export"
SHOWN: Final = 50
SWEPT: Final = 100


class ExportKind(StrEnum):
    """What is exported."""

    TRADES = "trades"
    EXECUTIONS = "executions"
    TAX_LOTS = "tax_lots"
    ACCOUNT = "account"


FORMATS: Final = {
    ExportKind.TRADES: ("csv", "json", "parquet"),
    ExportKind.EXECUTIONS: ("csv", "json", "parquet"),
    ExportKind.TAX_LOTS: ("csv", "json", "parquet"),
    ExportKind.ACCOUNT: ("zip",),
}


class RowFile(Protocol):
    """A file that takes rows."""

    def write(self, rows: Sequence[Sequence[Cell]]) -> None: ...

    def close(self) -> None: ...


class Archive(Protocol):
    """A file that takes tables."""

    def table(self, name: str) -> None: ...

    def write(self, rows: Sequence[Mapping[str, object]]) -> None: ...

    def close(self) -> None: ...


class ExportFiles(Protocol):
    """Where the files of exports are; every call blocks."""

    def path(self, export_id: UUID, form: str) -> Path: ...

    def begin(self, export_id: UUID, form: str, columns: Sequence[tuple[str, str]]) -> RowFile: ...

    def begin_archive(self, export_id: UUID) -> Archive: ...

    def finish(self, export_id: UUID, form: str) -> int: ...

    def remove(self, export_id: UUID) -> None: ...


@dataclass(frozen=True, slots=True)
class ExportTerms:
    """How many a user may ask for in 24 hours, and how long one is kept."""

    per_day: int
    kept: timedelta


@dataclass(frozen=True, slots=True)
class ExportView:
    """An export; rows are about, because some may come while it is made. Sizes in bytes."""

    id: UUID
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


def export_view(record: ExportRecord) -> ExportView:
    """The export without its owner."""
    return ExportView(
        record.id, record.kind, record.format, record.wishes, record.status, record.rows_done, record.rows_total,
        record.size_bytes, record.error, record.created_at, record.finished_at, record.expires_at,
    )  # fmt: skip


class Exports:
    """Exports of one user at a time; opens its own transactions, so that the bell rings after the commit."""

    def __init__(
        self,
        database: Database,
        files: ExportFiles,
        bell: Doorbell,
        terms: ExportTerms,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._files = files
        self._bell = bell
        self._terms = terms
        self._now = now

    async def ask(
        self, user_id: UUID, kind: ExportKind, form: str, wishes: Mapping[str, object]
    ) -> ExportView:
        """Let a job make it; refused above the quota of a day."""
        if form not in FORMATS[kind]:
            raise InvalidInputError(
                f"{kind.value} is exported as {', '.join(FORMATS[kind])}, not as {form}.",
                code="unknown_format",
            )
        now = self._now()
        async with self._database.tenant(user_id) as session:
            await hold_quota(session, user_id, "exports")
            exports = ExportRepository(session)
            check_quota("exports", await exports.count_since(user_id, now - A_DAY), self._terms.per_day)
            record = await exports.ask(user_id, kind.value, form, wishes, now + self._terms.kept)
            details: dict[str, object] = {"export_id": str(record.id), "kind": kind.value, "format": form}
            await AuditRepository(session).append(user_id, "export_asked", details, now)
        await self._bell.enqueue(JOB, str(user_id), str(record.id), key=f"export:{record.id}")
        return export_view(record)

    async def newest(self, user_id: UUID) -> list[ExportView]:
        """The newest exports, newest first."""
        async with self._database.tenant(user_id) as session:
            return [export_view(one) for one in await ExportRepository(session).newest(user_id, SHOWN)]

    async def one(self, user_id: UUID, export_id: UUID) -> ExportView:
        """One export."""
        async with self._database.tenant(user_id) as session:
            record = await ExportRepository(session).one(user_id, export_id)
        if record is None:
            raise _no_export(export_id)
        return export_view(record)

    async def file(self, user_id: UUID, export_id: UUID) -> tuple[ExportView, Path]:
        """The export and its whole file."""
        view = await self.one(user_id, export_id)
        path = self._files.path(export_id, view.format)
        if view.status != DONE or not path.exists():
            raise ConflictError(
                f"This export is {view.status}: there is no file to load.", code="export_not_ready"
            )
        return view, path

    async def cancel(self, user_id: UUID, export_id: UUID) -> ExportView:
        """Stop it, or take its file away."""
        async with self._database.tenant(user_id) as session:
            await ExportRepository(session).end(user_id, export_id, CANCELLED, self._now())
        view = await self.one(user_id, export_id)
        await asyncio.to_thread(self._files.remove, export_id)
        return view


class ExportJob:
    """Makes exports."""

    def __init__(self, tenants: Database, files: ExportFiles, now: Callable[[], datetime]) -> None:
        self._tenants = tenants
        self._files = files
        self._now = now

    async def run(self, user_id: UUID, export_id: UUID) -> bool:
        """Make it, unless another does; whether it was made."""
        async with self._tenants.tenant(user_id) as session:
            record = await ExportRepository(session).take(user_id, export_id, self._now())
        if record is None:
            return False
        size = await tried("export", record, partial(self._make, record), partial(self._fail, record))
        if size is not None and await self._end(record, DONE, size_bytes=size):
            return True
        await asyncio.to_thread(self._files.remove, export_id)
        return False

    async def _make(self, record: ExportRecord) -> int:
        """The size of its whole file in bytes."""
        if record.kind == ExportKind.ACCOUNT:
            await self._archive(record)
        else:
            await self._rows(record)
        return await asyncio.to_thread(self._files.finish, record.id, record.format)

    async def _fail(self, record: ExportRecord, reason: str) -> None:
        await self._end(record, FAILED, error=reason)
        await asyncio.to_thread(self._files.remove, record.id)

    async def expire(self, user_id: UUID, export_id: UUID) -> None:
        """Take the file of an old export away."""
        await asyncio.to_thread(self._files.remove, export_id)
        async with self._tenants.tenant(user_id) as session:
            await ExportRepository(session).end(user_id, export_id, EXPIRED, self._now())

    async def _rows(self, record: ExportRecord) -> None:
        source = self._source(record)
        total = await source.count()
        await self._beat(record, 0, total)
        columns = [(column.name, column.kind.value) for column in source.columns]
        file = await asyncio.to_thread(self._files.begin, record.id, record.format, columns)
        done = 0
        try:
            async for rows, counted in source.batches():
                await asyncio.to_thread(file.write, rows)
                done += counted
                await self._beat(record, done, max(total, done))
        finally:
            await asyncio.to_thread(file.close)

    async def _archive(self, record: ExportRecord) -> None:
        async with self._tenants.tenant(record.user_id) as session:
            total = await AccountDataRepository(session).count(record.user_id)
        await self._beat(record, 0, total)
        archive = await asyncio.to_thread(self._files.begin_archive, record.id)
        done = 0
        try:
            for table in account_tables():
                await asyncio.to_thread(archive.table, table.name)
                async with self._tenants.tenant(record.user_id) as session:
                    batches = AccountDataRepository(session).rows(record.user_id, table)
                    async with aclosing(batches) as held:
                        async for rows in held:
                            await asyncio.to_thread(archive.write, rows)
                            done += len(rows)
                            await self._beat(record, done, max(total, done))
        finally:
            await asyncio.to_thread(archive.close)

    def _source(self, record: ExportRecord) -> RowSource:
        whose = Whose(self._tenants, record.user_id, filter_of(record.wishes))
        match ExportKind(record.kind):
            case ExportKind.TRADES:
                return TradeRows(whose)
            case ExportKind.EXECUTIONS:
                return ExecutionRows(whose)
            case _:
                return TaxLotRows(whose, LotMethod(str(record.wishes.get("method", LotMethod.FIFO))))

    async def _beat(self, record: ExportRecord, done: int, total: int) -> None:
        async with self._tenants.tenant(record.user_id) as session:
            goes_on = await ExportRepository(session).beat(
                record.user_id, record.id, self._now(), done, total
            )
        if not goes_on:
            raise GivenUpError

    async def _end(
        self, record: ExportRecord, status: str, *, size_bytes: int | None = None, error: str | None = None
    ) -> bool:
        async with self._tenants.tenant(record.user_id) as session:
            ended = await ExportRepository(session).end(
                record.user_id, record.id, status, self._now(), size_bytes=size_bytes, error=error
            )
            await UserEventRepository(session).announce(record.user_id, "export", str(record.id))
        return ended


async def sweep_exports(system: Database, job: ExportJob, bell: Doorbell, now: datetime) -> int:
    """Ring for what waits, and let go of what is old; returns how many were rung for."""
    async with system.system() as session:
        exports = SystemExportRepository(session)
        waiting, outdated = await exports.waiting(now, SWEPT), await exports.outdated(now, SWEPT)
    for user_id, export_id in waiting:
        await bell.enqueue(JOB, str(user_id), str(export_id), key=f"export:{export_id}")
    for user_id, export_id in outdated:
        await job.expire(user_id, export_id)
    return len(waiting)


def filter_of(wishes: Mapping[str, object]) -> JournalFilter:
    """The filter that the wishes name."""

    def text(name: str) -> str | None:
        value = wishes.get(name)
        return None if value is None else str(value)

    def moment(name: str) -> datetime | None:
        value = text(name)
        return None if value is None else datetime.fromisoformat(value)

    wallet = text("wallet_id")
    return JournalFilter(
        wallet_id=None if wallet is None else UUID(wallet),
        symbol=text("symbol"),
        status=text("status"),
        action=text("action"),
        order_type=text("order_type"),
        begin=moment("from"),
        end=moment("to"),
        strategy=text("strategy"),
        side=text("side"),
        tag=text("tag"),
        environment=text("environment"),
        exit_reason=text("exit_reason"),
    )


def _no_export(export_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no export {export_id}.")
