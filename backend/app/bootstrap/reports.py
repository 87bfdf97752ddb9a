"""Joins reports with analytics and with what draws them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from app.adapters.arq_queue import ArqQueue
from app.bootstrap.analytics import Analytics, Questions
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.domain.report_sheet import Sheet
from app.services.analytics.ranges import Chosen
from app.services.analytics.sources import Asker
from app.services.report_jobs import ReportJob
from app.services.reports import Reports, ReportTerms


def reports(settings: Settings, database: Database, bell: ArqQueue) -> Reports:
    """The API's side of reports."""
    terms = ReportTerms(
        settings.max_reports_per_day,
        settings.max_report_schedules,
        timedelta(days=settings.report_days),
        bool(settings.smtp_host),
    )
    return Reports(database, bell, terms, utc_now)


def report_job(settings: Settings, tenants: Database) -> ReportJob:
    """The job's side of reports. Its books of trades go with it: a month is asked about once."""
    analytics = Analytics()

    @asynccontextmanager
    async def questioning(asker: Asker, chosen: Chosen) -> AsyncIterator[Questions]:
        async with tenants.tenant(asker.user_id) as session:
            yield await analytics.questions(session, asker, chosen)

    return ReportJob(tenants, questioning, _html, _pdf, tuple(sorted(settings.allowed_venues)), utc_now)


def _html(sheet: Sheet) -> bytes:
    from app.adapters.reports.html import html_report

    return html_report(sheet)


def _pdf(sheet: Sheet) -> bytes:
    from app.adapters.reports.pdf import (
        pdf_report,
    )  # half a second and 30 MB: not in the API, which draws nothing

    return pdf_report(sheet)
