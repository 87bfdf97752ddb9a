"""Reports of the asking user: asked for, made every month, followed, loaded."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import CurrentUser, Parts
from app.api.desk import answer
from app.api.errors import problem_responses
from app.repositories.reports import ReportScope
from app.schemas.report import ReportOut, ReportRequest, ReportScheduleChange, ReportScheduleOut, ReportsOut
from app.services.reports import ReportForm

router = APIRouter(prefix="/reports", tags=["reports"])
MEDIA_TYPES = {ReportForm.HTML: "text/html; charset=utf-8", ReportForm.PDF: "application/pdf"}
FILE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


@router.post(
    "",
    response_model=ReportOut,
    status_code=HTTPStatus.ACCEPTED,
    responses=problem_responses(HTTPStatus.CONFLICT),
)
async def ask_for_report(body: ReportRequest, parts: Parts, user: CurrentUser) -> Response:
    """Let a job make a report of a month; its progress is read from the answer's id."""
    scope = ReportScope(body.environment, body.wallet_id)
    view = await parts.reports.ask(user, scope, body.first_day, mailed=body.send)
    return answer(view, HTTPStatus.ACCEPTED)


@router.get("", response_model=ReportsOut)
async def list_reports(parts: Parts, user: CurrentUser) -> Response:
    """The newest reports, newest first."""
    return answer({"items": await parts.reports.newest(user.id)})


@router.get("/schedule", response_model=ReportScheduleOut)
async def read_report_schedule(parts: Parts, user: CurrentUser) -> Response:
    """Of what a report is made every month, and where it is sent."""
    return answer(await parts.reports.schedule(user))


@router.put("/schedule", response_model=ReportScheduleOut)
async def change_report_schedule(body: ReportScheduleChange, parts: Parts, user: CurrentUser) -> Response:
    """Make a report of each of these every month, and of nothing else."""
    scopes = [ReportScope(one.environment, one.wallet_id) for one in body.scopes]
    return answer(await parts.reports.set_schedule(user, scopes))


@router.get("/{report_id}", response_model=ReportOut)
async def read_report(report_id: UUID, parts: Parts, user: CurrentUser) -> Response:
    """How far a report is."""
    return answer(await parts.reports.one(user.id, report_id))


@router.delete("/{report_id}", response_model=ReportOut)
async def cancel_report(report_id: UUID, parts: Parts, user: CurrentUser) -> Response:
    """Stop a report, or take its documents away."""
    return answer(await parts.reports.cancel(user.id, report_id))


@router.get("/{report_id}/file", response_class=Response, responses=problem_responses(HTTPStatus.CONFLICT))
async def load_report(
    report_id: UUID,
    parts: Parts,
    user: CurrentUser,
    form: Annotated[ReportForm, Query(alias="format", description="As what")] = ReportForm.PDF,
) -> Response:
    """The finished document."""
    view, document = await parts.reports.document(user.id, report_id, form)
    name = f"stackalpha-report-{view.month}-{view.environment}.{form.value}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": FILE_POLICY,
    }
    return Response(document, media_type=MEDIA_TYPES[form], headers=headers)
