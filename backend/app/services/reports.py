"""Reports of a month: asked for over the API or by a schedule, made by a job, kept with the account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core.db import Database
from app.core.errors import ConflictError, FieldError, InvalidInputError, NotFoundError
from app.domain.loss_windows import time_zone
from app.domain.report_sheet import month_bounds, month_words
from app.domain.types import Environment
from app.repositories.audit import AuditRepository
from app.repositories.job_rows import DONE
from app.repositories.quota_lock import hold_quota
from app.repositories.reports import ReportRecord, ReportRepository, ReportScope
from app.repositories.trade_results import TradeResultRepository
from app.repositories.wallets import WalletRepository
from app.services.analytics.ranges import wrong_environment
from app.services.analytics.tear_sheets import QUESTIONS
from app.services.auth import SignedInUser
from app.services.job_tries import A_DAY, check_quota
from app.services.ports import Doorbell
from app.services.wallets import no_wallet

JOB: Final = "run_report"
SHOWN: Final = 50
STEPS: Final = QUESTIONS + 1  # every question of analytics, and the drawing
EARLIEST: Final = date(2009, 1, 1)


class ReportForm(StrEnum):
    """As what a report is loaded."""

    HTML = "html"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class ReportTerms:
    """How many a user may ask for in 24 hours, how many schedules there may be, how long a report is kept, and
    whether this deployment sends mail."""

    per_day: int
    schedules: int
    kept: timedelta
    has_mail: bool


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report; `month` is "2026-10". Sizes in bytes, null while there is no document."""

    id: UUID
    environment: str
    wallet_id: UUID | None
    wallet: str | None
    month: str
    time_zone: str
    by_schedule: bool
    mailed: bool
    status: str
    steps_done: int
    steps_total: int
    html_bytes: int | None
    pdf_bytes: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ScopeView:
    """What a report of every month is made of."""

    environment: str
    wallet_id: UUID | None


@dataclass(frozen=True, slots=True)
class ReportScheduleView:
    """Of what a report is made every month and sent; `mailed_to` is null where no mail can be sent, and
    `not_mailed` says why. `next_month` is the month of the next ones, which are made from `next_at` on."""

    scopes: list[ScopeView]
    mailed_to: str | None
    not_mailed: str | None
    time_zone: str
    next_month: str
    next_at: datetime


def report_view(one: ReportRecord) -> ReportView:
    """The report without its owner."""
    return ReportView(
        one.id, one.environment, one.wallet_id, one.wallet, _month_text(one.month), one.time_zone, one.by_schedule,
        one.mailed, one.status, one.steps_done, STEPS, one.html_bytes, one.pdf_bytes, one.error, one.created_at,
        one.finished_at, one.expires_at,
    )  # fmt: skip


class Reports:
    """Reports of one user at a time; opens its own transactions, so that the bell rings after the commit."""

    def __init__(
        self, database: Database, bell: Doorbell, terms: ReportTerms, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._bell = bell
        self._terms = terms
        self._now = now

    async def ask(self, user: SignedInUser, scope: ReportScope, month: date, *, mailed: bool) -> ReportView:
        """Let a job make it; refused above the quota of a day, and for a month that has not begun."""
        now = self._now()
        if mailed and (reason := self._not_mailed(user)) is not None:
            raise ConflictError(reason, code="mail_unavailable")
        async with self._database.tenant(user.id) as session:
            await _check_wallets(WalletRepository(session), user.id, (scope,))
            newest = await self._newest(TradeResultRepository(session), user.id, scope)
            _check_month(month, user.time_zone, newest)
            await hold_quota(session, user.id, "reports")
            reports = ReportRepository(session)
            check_quota("reports", await reports.count_since(user.id, now - A_DAY), self._terms.per_day)
            expires_at = now + self._terms.kept
            report_id = await reports.ask(user.id, scope, month, user.time_zone, expires_at, mailed=mailed)
            record = await reports.one(user.id, report_id)
        if record is None:
            raise _no_report(report_id)
        await self._bell.enqueue(JOB, str(user.id), str(report_id), key=f"report:{report_id}")
        return report_view(record)

    async def newest(self, user_id: UUID) -> list[ReportView]:
        """The newest reports, newest first."""
        async with self._database.tenant(user_id) as session:
            return [report_view(one) for one in await ReportRepository(session).newest(user_id, SHOWN)]

    async def one(self, user_id: UUID, report_id: UUID) -> ReportView:
        """One report."""
        async with self._database.tenant(user_id) as session:
            record = await ReportRepository(session).one(user_id, report_id)
        if record is None:
            raise _no_report(report_id)
        return report_view(record)

    async def document(self, user_id: UUID, report_id: UUID, form: ReportForm) -> tuple[ReportView, bytes]:
        """The report and its document."""
        view = await self.one(user_id, report_id)
        async with self._database.tenant(user_id) as session:
            held = await ReportRepository(session).document(user_id, report_id, form.value)
        if view.status != DONE or held is None:
            raise ConflictError(
                f"This report is {view.status}: there is no document to load.", code="report_not_ready"
            )
        return view, held

    async def cancel(self, user_id: UUID, report_id: UUID) -> ReportView:
        """Stop it, or take its documents away."""
        async with self._database.tenant(user_id) as session:
            await ReportRepository(session).cancel(user_id, report_id, self._now())
        return await self.one(user_id, report_id)

    async def schedule(self, user: SignedInUser) -> ReportScheduleView:
        """Of what a report is made every month."""
        async with self._database.tenant(user.id) as session:
            return self._schedule_view(user, await ReportRepository(session).schedules(user.id))

    async def set_schedule(self, user: SignedInUser, scopes: Sequence[ReportScope]) -> ReportScheduleView:
        """Make a report of each of these every month, and of nothing else."""
        wanted = list(dict.fromkeys(scopes))
        if len(wanted) > self._terms.schedules:
            message = f"{len(wanted)} monthly reports were asked for; {self._terms.schedules} are allowed."
            error = FieldError(
                "scopes", "quota_exceeded", message, limit=str(self._terms.schedules), value=str(len(wanted))
            )
            raise InvalidInputError(message, code="quota_exceeded", errors=(error,))
        now = self._now()
        async with self._database.tenant(user.id) as session:
            await _check_wallets(WalletRepository(session), user.id, wanted)
            reports = ReportRepository(session)
            await reports.set_schedules(user.id, wanted, now)
            details: dict[str, object] = {
                "scopes": [f"{one.environment}:{one.wallet_id or 'all'}" for one in wanted]
            }
            await AuditRepository(session).append(user.id, "report_schedule_changed", details, now)
            return self._schedule_view(user, await reports.schedules(user.id))

    def _schedule_view(self, user: SignedInUser, held: Sequence[ReportScope]) -> ReportScheduleView:
        zone = time_zone(user.time_zone)
        this = self._now().astimezone(zone).date().replace(day=1)
        reason = self._not_mailed(user)
        return ReportScheduleView(
            [ScopeView(one.environment, one.wallet_id) for one in held],
            user.email if reason is None else None,
            reason,
            user.time_zone,
            _month_text(this),
            month_bounds(this, zone)[1] + timedelta(hours=1),
        )

    def _not_mailed(self, user: SignedInUser) -> str | None:
        if not self._terms.has_mail:
            return "This deployment sends no mail: reports are kept here."
        return None if user.email_verified else "Confirm your address first: reports are sent to no other."

    async def _newest(self, results: TradeResultRepository, user_id: UUID, scope: ReportScope) -> datetime:
        """The newest moment that anything is known of: a paper market's clock may be ahead of the wall's."""
        version = await results.version(user_id, scope.wallet_id or user_id, scope.environment)
        return max([self._now(), *(one for one in version[:3] + version[5:] if isinstance(one, datetime))])


def _check_month(month: date, zone: str, newest: datetime) -> None:
    """Refuse a month that has not begun, or that lies before there was anything to trade."""
    begin, _ = month_bounds(month, time_zone(zone))
    if begin > newest:
        message = f"{month_words(month)} has not begun in {zone}: nothing is known of it."
        raise _refused_month(message, "range_in_future", month)
    if month < EARLIEST:
        message = f"{month_words(month)} lies before {month_words(EARLIEST)}: nothing was traded here then."
        raise _refused_month(message, "invalid_range", month)


def _refused_month(message: str, code: str, month: date) -> InvalidInputError:
    error = FieldError("month", code, message, value=_month_text(month))
    return InvalidInputError(message, code=code, errors=(error,))


async def _check_wallets(wallets: WalletRepository, user_id: UUID, scopes: Sequence[ReportScope]) -> None:
    """Refuse a wallet that is not the user's, or that is of the other environment."""
    for scope in scopes:
        if scope.wallet_id is None:
            continue
        records = await wallets.records(user_id, scope.wallet_id)
        if not records:
            raise no_wallet(scope.wallet_id)
        wallet = records[0].wallet
        if Environment(wallet.environment) is not Environment(scope.environment):
            raise wrong_environment(wallet.name, wallet.environment)


def _month_text(month: date) -> str:
    return f"{month:%Y-%m}"


def _no_report(report_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no report {report_id}.")
