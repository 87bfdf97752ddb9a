"""Circuit breakers of the platform, of a venue or of a user, for administrators. Every change is audited."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from app.api.deps import AdminUser, NeedsProof, Parts, Tenant
from app.api.desk import Desk, answer
from app.api.idempotency import Once
from app.domain.types import BreakerScope
from app.schemas.circuit_breaker import (
    KillSwitchPreview,
    KillSwitchReceipt,
    KillSwitchRun,
    OperatedScopeName,
    OperatorKillSwitchRequest,
    OperatorPauseRequest,
    OperatorResumeRequest,
    TripList,
)
from app.schemas.moments import Moment
from app.services.breaker_report import ReportPeriod
from app.services.operator_breaker import operated_scope

router = APIRouter(prefix="/admin/circuit-breaker", tags=["admin"])


@router.get("/status", response_model=TripList)
async def list_trips(_: AdminUser, tenant: Tenant, desk: Desk) -> Response:
    """Everything that stops entries anywhere, and why."""
    return answer({"items": await desk.operator_breaker(tenant.session).status()})


@router.get("/report", response_class=HTMLResponse)
async def read_breaker_report(
    _: AdminUser, tenant: Tenant, desk: Desk, since: Moment, until: Moment
) -> Response:
    """What every breaker did between two times, at most 31 days apart, as a page to read, keep or mail."""
    period = ReportPeriod(since, until)
    return HTMLResponse(await desk.operator_breaker(tenant.session).report(period))


@router.post("/pause", response_model=TripList)
async def pause_scope(
    request: OperatorPauseRequest, admin: AdminUser, parts: Parts, tenant: Tenant, desk: Desk
) -> Response:
    """Stop entries of everybody, of a venue, or of one user."""
    target = operated_scope(BreakerScope(request.scope), request.scope_id, parts.settings.allowed_venues)
    breaker = desk.operator_breaker(tenant.session)
    items = await breaker.pause(admin.id, target, reason=request.reason, until=request.until)
    return answer({"items": items})


@router.post("/resume", response_model=TripList, dependencies=[NeedsProof])
async def resume_scope(
    request: OperatorResumeRequest, admin: AdminUser, parts: Parts, tenant: Tenant, desk: Desk
) -> Response:
    """Let entries of the scope pass again; refused while its kill switch is not done."""
    target = operated_scope(BreakerScope(request.scope), request.scope_id, parts.settings.allowed_venues)
    return answer({"items": await desk.operator_breaker(tenant.session).resume(admin.id, target)})


@router.get("/preview", response_model=KillSwitchPreview)
async def preview_scope_kill_switch(
    admin: AdminUser,
    parts: Parts,
    desk: Desk,
    scope: Annotated[OperatedScopeName, Query()],
    scope_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """What the kill switch would close over every tenant of the scope, out of our books alone."""
    target = operated_scope(BreakerScope(scope), scope_id, parts.settings.allowed_venues)
    return answer(await desk.foresee_scope(admin.id, target))


@router.post("/kill-switch", response_model=KillSwitchRun, status_code=HTTPStatus.ACCEPTED)
async def press_scope_kill_switch(
    request: OperatorKillSwitchRequest, admin: AdminUser, once: Once, parts: Parts, desk: Desk
) -> Response:
    """Halt the scope at this instant and close everything of ours in it, until proven flat."""
    target = operated_scope(BreakerScope(request.scope), request.scope_id, parts.settings.allowed_venues)

    async def press() -> KillSwitchRun:
        run = await desk.operate_kill_switch(
            admin.id,
            target,
            once.reference,
            reason=request.reason,
            close_external=request.close_external,
        )
        return KillSwitchRun.model_validate(msgspec.to_builtins(run))

    return await once.answer(HTTPStatus.ACCEPTED, press)


@router.get("/receipts/{run_id}", response_model=KillSwitchReceipt)
async def read_scope_receipt(run_id: UUID, admin: AdminUser, tenant: Tenant, desk: Desk) -> Response:
    """A run over every tenant that it met."""
    return answer(await desk.kill_switch(tenant.session).receipt(admin.id, run_id, whole=True))
