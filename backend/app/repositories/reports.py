"""Reports and their schedules: asked for by a tenant or by a schedule, claimed and followed by a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.models.report import Report, ReportSchedule
from app.models.wallet import Wallet
from app.repositories.job_rows import CANCELLED, DONE, EXPIRED, FAILED, JobRows, SystemJobRows

NO_DOCUMENTS: Final = {"html": None, "pdf": None}

# Months that ended in the owner's zone since the schedule was switched on, an hour ago or more, so that what was
# posted in the last minutes is in.
_DUE = text(
    """
WITH local AS (
    SELECT s.user_id, s.environment, s.wallet_id, s.since, u.time_zone,
           date_trunc('month', CAST(:now AS timestamptz) AT TIME ZONE u.time_zone) AS month_start
    FROM report_schedules s JOIN users u ON u.id = s.user_id
    WHERE s.enabled AND u.disabled_at IS NULL
)
INSERT INTO reports (user_id, environment, wallet_id, month, time_zone, by_schedule, mailed, expires_at)
SELECT l.user_id, l.environment, l.wallet_id, (l.month_start - interval '1 month')::date, l.time_zone, true, true,
       :expires_at
FROM local l
WHERE l.since < l.month_start AT TIME ZONE l.time_zone
  AND CAST(:now AS timestamptz) >= (l.month_start + interval '1 hour') AT TIME ZONE l.time_zone
  AND NOT EXISTS (
      SELECT 1 FROM reports r
      WHERE r.user_id = l.user_id AND r.environment = l.environment AND r.by_schedule
        AND r.wallet_id IS NOT DISTINCT FROM l.wallet_id AND r.month = (l.month_start - interval '1 month')::date)
LIMIT :most
ON CONFLICT DO NOTHING RETURNING user_id, id
"""
)


@dataclass(frozen=True, slots=True)
class ReportScope:
    """What a report is about: an environment, or one wallet of it."""

    environment: str
    wallet_id: UUID | None


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A report without its documents; sizes in bytes, wall times. `month` is its first day."""

    id: UUID
    user_id: UUID
    environment: str
    wallet_id: UUID | None
    wallet: str | None
    month: date
    time_zone: str
    by_schedule: bool
    mailed: bool
    status: str
    steps_done: int
    html_bytes: int | None
    pdf_bytes: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    attempts: int


_COLUMNS: Final[tuple[Any, ...]] = (
    Report.id,
    Report.user_id,
    Report.environment,
    Report.wallet_id,
    Wallet.name,
    Report.month,
    Report.time_zone,
    Report.by_schedule,
    Report.mailed,
    Report.status,
    Report.steps_done,
    func.octet_length(Report.html),
    func.octet_length(Report.pdf),
    Report.error,
    Report.created_at,
    Report.finished_at,
    Report.expires_at,
    Report.attempts,
)


class ReportRepository:
    """Reports of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = JobRows(session, Report)

    async def ask(
        self,
        user_id: UUID,
        scope: ReportScope,
        month: date,
        time_zone: str,
        expires_at: datetime,
        *,
        mailed: bool,
    ) -> UUID:
        """Let a report wait for its job."""
        row = Report(
            user_id=user_id,
            environment=scope.environment,
            wallet_id=scope.wallet_id,
            month=month,
            time_zone=time_zone,
            mailed=mailed,
            expires_at=expires_at,
        )
        self._session.add(row)
        await self._session.flush()
        return row.id

    async def newest(self, user_id: UUID, limit: int) -> list[ReportRecord]:
        """The tenant's reports, newest first."""
        statement = _records(user_id).order_by(Report.created_at.desc(), Report.id.desc()).limit(limit)
        return [ReportRecord(*row) for row in await self._session.execute(statement)]

    async def one(self, user_id: UUID, report_id: UUID) -> ReportRecord | None:
        """The tenant's report of that id."""
        row = (await self._session.execute(_records(user_id).where(Report.id == report_id))).one_or_none()
        return None if row is None else ReportRecord(*row)

    async def document(self, user_id: UUID, report_id: UUID, form: str) -> bytes | None:
        """The report as `html` or `pdf`; None where there is none."""
        column: InstrumentedAttribute[bytes | None] = Report.html if form == "html" else Report.pdf
        statement = select(column).where(Report.user_id == user_id, Report.id == report_id)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def count_since(self, user_id: UUID, since: datetime) -> int:
        """How many the tenant asked for since then; those of a schedule are not counted."""
        return await self._rows.count_since(user_id, since, ~Report.by_schedule)

    async def take(self, user_id: UUID, report_id: UUID, now: datetime) -> ReportRecord | None:
        """Take it up, where it waits or its job fell silent; None where another has it or it is over."""
        taken = await self._rows.take(user_id, report_id, now, {"steps_done": 0})
        return await self.one(user_id, report_id) if taken else None

    async def beat(self, user_id: UUID, report_id: UUID, now: datetime, steps_done: int) -> bool:
        """Say how far it is; False where it was cancelled meanwhile."""
        return await self._rows.beat(user_id, report_id, now, {"steps_done": steps_done})

    async def finish(
        self, user_id: UUID, report_id: UUID, now: datetime, steps_done: int, html: bytes, pdf: bytes
    ) -> bool:
        """Keep its documents; False where it was over before."""
        documents = {"steps_done": steps_done, "html": html, "pdf": pdf}
        return await self._rows.end(user_id, report_id, DONE, now, documents)

    async def fail(self, user_id: UUID, report_id: UUID, now: datetime, error: str) -> bool:
        """End it without documents; False where it was over before."""
        return await self._rows.end(user_id, report_id, FAILED, now, {"error": error})

    async def cancel(self, user_id: UUID, report_id: UUID, now: datetime) -> bool:
        """Stop it, or take its documents away; False where neither is left to do."""
        return await self._rows.end(user_id, report_id, CANCELLED, now, NO_DOCUMENTS)

    async def schedules(self, user_id: UUID) -> list[ReportScope]:
        """What a report of every month is made of."""
        statement = (
            select(ReportSchedule.environment, ReportSchedule.wallet_id)
            .where(ReportSchedule.user_id == user_id, ReportSchedule.enabled)
            .order_by(ReportSchedule.environment, ReportSchedule.wallet_id.nulls_first())
        )
        return [ReportScope(*row) for row in await self._session.execute(statement)]

    async def set_schedules(self, user_id: UUID, scopes: Sequence[ReportScope], now: datetime) -> None:
        """Make reports of these every month, and of nothing else. What was on stays on since when it was."""
        held = await self.schedules(user_id)
        ended = [one for one in held if one not in scopes]
        for scope, enabled in [
            *((one, True) for one in scopes if one not in held),
            *((one, False) for one in ended),
        ]:
            values = {
                "user_id": user_id,
                "environment": scope.environment,
                "wallet_id": scope.wallet_id,
                "enabled": enabled,
                "since": now,
            }
            made = insert(ReportSchedule).values(values)
            await self._session.execute(
                made.on_conflict_do_update(
                    index_elements=["user_id", "environment", "wallet_id"],
                    set_={"enabled": enabled, "since": now, "updated_at": func.now()},
                )
            )


class SystemReportRepository:
    """Reports of every tenant: for the sweep, and for whoever sends them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = SystemJobRows(session, Report)

    async def add_due(self, now: datetime, expires_at: datetime, limit: int) -> list[tuple[UUID, UUID]]:
        """Let the reports wait that schedules want now; (user, report) of each."""
        values = {"now": now, "expires_at": expires_at, "most": limit}
        return [(row[0], row[1]) for row in await self._session.execute(_DUE, values)]

    async def waiting(self, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
        """(user, report) of what waits or whose job fell silent, oldest first."""
        return await self._rows.waiting(now, limit)

    async def expire(self, now: datetime) -> None:
        """Take the documents of old reports away."""
        await self._session.execute(
            update(Report)
            .where(self._rows.outdated(now))
            .values({"status": EXPIRED} | NO_DOCUMENTS)
            .execution_options(synchronize_session=False)
        )

    async def attachment(self, user_id: UUID, report_id: UUID) -> tuple[date, str, bytes] | None:
        """(month, environment, PDF) of a finished report that is sent."""
        statement = select(Report.month, Report.environment, Report.pdf).where(
            Report.user_id == user_id, Report.id == report_id, Report.pdf.is_not(None)
        )
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None or row[2] is None else (row[0], row[1], row[2])


def _records(user_id: UUID) -> Select[tuple[Any, ...]]:
    joined = (Wallet.user_id == Report.user_id) & (Wallet.id == Report.wallet_id)
    return select(*_COLUMNS).outerjoin(Wallet, joined).where(Report.user_id == user_id)
