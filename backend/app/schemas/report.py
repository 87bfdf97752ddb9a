"""Reports of a month."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.schemas.figures import Answer, Instant, Word
from app.schemas.request import RequestBody

MONTH_PATTERN = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
MonthText = Annotated[
    str, Field(pattern=MONTH_PATTERN, examples=["2026-10"], description="A month: year-month")
]


class ReportScopeIn(RequestBody):
    """An environment, or one wallet of it. Paper and live are never summed."""

    environment: Literal["paper", "live"]
    wallet_id: UUID | None = None


class ReportRequest(ReportScopeIn):
    """Which month of what, in your time zone; `send` mails it to you when it is made."""

    month: MonthText
    send: bool = False

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date.fromisoformat(f"{self.month}-01")


class ReportScheduleChange(RequestBody):
    """Of what a report is made every month and sent; what is not named is no longer."""

    scopes: Annotated[list[ReportScopeIn], Field(max_length=100)]


class ReportOut(Answer):
    """A report; its documents are loaded from `/reports/{id}/file` while their sizes are not null."""

    id: UUID
    environment: Literal["paper", "live"]
    wallet_id: UUID | None
    wallet: str | None
    month: MonthText
    time_zone: str
    by_schedule: bool
    mailed: bool
    status: Literal["waiting", "running", "done", "failed", "cancelled", "expired"]
    steps_done: int
    steps_total: int
    html_bytes: int | None
    pdf_bytes: int | None
    error: str | None
    created_at: Instant
    finished_at: Instant | None
    expires_at: Instant


class ReportsOut(Answer):
    """The newest reports, newest first."""

    items: list[ReportOut]


class ReportScopeOut(Answer):
    """What a report of every month is made of."""

    environment: Word
    wallet_id: UUID | None


class ReportScheduleOut(Answer):
    """`mailed_to` is null where no mail can be sent, and `not_mailed` says why. The next ones are of `next_month`
    and are made from `next_at` on."""

    scopes: list[ReportScopeOut]
    mailed_to: str | None
    not_mailed: str | None
    time_zone: str
    next_month: MonthText
    next_at: Instant
