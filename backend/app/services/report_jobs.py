"""Reports by their job: figures asked, documents drawn, the owner told. A try that was cut off is begun anew."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from app.core.db import Database
from app.domain.loss_windows import time_zone
from app.domain.notification_events import NotificationEvent
from app.domain.report_sheet import Sheet, month_bounds, month_words
from app.domain.report_words import money
from app.domain.types import Environment
from app.repositories.notifications import NotificationOutbox
from app.repositories.reports import ReportRecord, ReportRepository, SystemReportRepository
from app.repositories.user_events import UserEventRepository
from app.services.analytics.ranges import Chosen
from app.services.analytics.sources import Asker
from app.services.analytics.tear_sheets import Answers, Asking, Subject, asked_all, tear_sheet
from app.services.job_tries import GivenUpError, tried
from app.services.ports import Doorbell
from app.services.reports import JOB, STEPS

SWEPT: Final = 200

Draw = Callable[[Sheet], bytes]
Questioning = Callable[[Asker, Chosen], AbstractAsyncContextManager[Asking]]


class ReportJob:
    """Makes reports. `questioning` opens the questions of analytics in a
    transaction of the asker's."""

    def __init__(
        self,
        tenants: Database,
        questioning: Questioning,
        html: Draw,
        pdf: Draw,
        venues: tuple[str, ...],
        now: Callable[[], datetime],
    ) -> None:
        self._tenants = tenants
        self._questioning = questioning
        self._html = html
        self._pdf = pdf
        self._venues = venues
        self._now = now

    async def run(self, user_id: UUID, report_id: UUID) -> bool:
        """Make it, unless another does; whether it was made."""
        async with self._tenants.tenant(user_id) as session:
            record = await ReportRepository(session).take(user_id, report_id, self._now())
        if record is None:
            return False
        made = await tried("report", record, partial(self._make, record), partial(self._fail, record))
        return made is not None and await self._finish(record, *made)

    async def _make(self, record: ReportRecord) -> tuple[Answers, bytes, bytes]:
        """What was asked, and the documents: HTML and PDF."""
        answers = await self._answers(record)
        sheet = tear_sheet(_subject(record, self._now()), answers)
        html = await asyncio.to_thread(self._html, sheet)
        return answers, html, await asyncio.to_thread(self._pdf, sheet)

    async def _answers(self, record: ReportRecord) -> Answers:
        begin, end = month_bounds(record.month, time_zone(record.time_zone))
        chosen = Chosen(Environment(record.environment), record.wallet_id, begin=begin, end=end)
        done = 0

        async def step() -> None:
            nonlocal done
            done += 1
            async with self._tenants.tenant(record.user_id) as session:
                goes_on = await ReportRepository(session).beat(record.user_id, record.id, self._now(), done)
            if not goes_on:
                raise GivenUpError

        async with self._questioning(Asker(record.user_id, record.time_zone), chosen) as ask:
            return await asked_all(ask, chosen, self._venues, step)

    async def _finish(self, record: ReportRecord, answers: Answers, html: bytes, pdf: bytes) -> bool:
        async with self._tenants.tenant(record.user_id) as session:
            finished = await ReportRepository(session).finish(
                record.user_id, record.id, self._now(), STEPS, html, pdf
            )
            if finished and record.mailed:
                await NotificationOutbox(session).emit(
                    record.user_id,
                    NotificationEvent.REPORT_READY,
                    dedupe_key=f"report:{record.id}",
                    figures=_figures(record, answers),
                    subject=str(record.id),
                    wallet_id=record.wallet_id,
                )
            await UserEventRepository(session).announce(record.user_id, "report", str(record.id))
        return finished

    async def _fail(self, record: ReportRecord, error: str) -> None:
        async with self._tenants.tenant(record.user_id) as session:
            await ReportRepository(session).fail(record.user_id, record.id, self._now(), error)
            await UserEventRepository(session).announce(record.user_id, "report", str(record.id))


async def sweep_reports(system: Database, bell: Doorbell, now: datetime, kept: timedelta) -> int:
    """Let the reports of a month that ended wait, ring for what waits, and let go of what is old; returns how many
    were rung for."""
    async with system.system() as session:
        reports = SystemReportRepository(session)
        await reports.add_due(now, now + kept, SWEPT)
        await reports.expire(now)
        waiting = await reports.waiting(now, SWEPT)
    for user_id, report_id in waiting:
        await bell.enqueue(JOB, str(user_id), str(report_id), key=f"report:{report_id}")
    return len(waiting)


def _subject(record: ReportRecord, now: datetime) -> Subject:
    return Subject(Environment(record.environment), record.wallet, record.month, record.time_zone, now)


def _figures(record: ReportRecord, answers: Answers) -> dict[str, str]:
    return {
        "month": month_words(record.month),
        "scope": record.wallet or f"all {record.environment} wallets",
        "environment": "Real money" if record.environment == Environment.LIVE else "Paper",
        "trades": str(answers.portfolio.trades),
        "net_pnl": f"{money(answers.portfolio.net_pnl)} {answers.currency}",
    }
