"""Pause, resume, the kill switch, and what stands."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from app.api.deps import CurrentUser, NeedsProof, Tenant
from app.api.desk import Desk, PageLimit, answer
from app.api.idempotency import Once
from app.schemas.circuit_breaker import (
    BreakerHistory,
    BreakerStatus,
    KillSwitchPreview,
    KillSwitchReceipt,
    KillSwitchRequest,
    KillSwitchRun,
    PauseRequest,
    ResumeRequest,
)

router = APIRouter(prefix="/circuit-breaker", tags=["circuit breaker"])
PRESSED_REASON = "Kill switch pressed by you."


@router.get("/status", response_model=BreakerStatus)
async def read_circuit_breaker_status(tenant: Tenant, desk: Desk) -> Response:
    """What the user and each wallet may do, and why."""
    return answer(await desk.circuit_breaker(tenant.session).status(tenant.user_id))


@router.get("/history", response_model=BreakerHistory)
async def read_breaker_history(tenant: Tenant, desk: Desk, limit: PageLimit = 50) -> Response:
    """What the user's breakers, the venues' and the platform's did, newest first."""
    events = await desk.circuit_breaker(tenant.session).history(tenant.user_id, limit)
    return answer({"items": events})


@router.post("/pause", response_model=BreakerStatus)
async def pause_trading(request: PauseRequest, tenant: Tenant, desk: Desk) -> Response:
    """Stop entries at once. Open positions go on being protected, and may be closed."""
    breaker = desk.circuit_breaker(tenant.session)
    view = await breaker.pause(
        tenant.user_id, wallet_id=request.wallet_id, reason=request.reason, until=request.until
    )
    return answer(view)


@router.post("/resume", response_model=BreakerStatus, dependencies=[NeedsProof])
async def resume_trading(request: ResumeRequest, tenant: Tenant, desk: Desk) -> Response:
    """Let entries pass again. Refused while the platform or the venue is halted, while the kill switch is not
    done, and where a loss limit alone stands: that ends with its window."""
    breaker = desk.circuit_breaker(tenant.session)
    return answer(await breaker.resume(tenant.user_id, wallet_id=request.wallet_id))


@router.get("/preview", response_model=KillSwitchPreview)
async def preview_kill_switch(
    user: CurrentUser, desk: Desk, wallet_id: Annotated[UUID | None, Query()] = None
) -> Response:
    """What the kill switch would close, cancel and cost now. Nothing is changed."""
    return answer(await desk.foresee(user.id, wallet_id))


@router.post("/kill-switch", response_model=KillSwitchRun, status_code=HTTPStatus.ACCEPTED)
async def press_kill_switch(request: KillSwitchRequest, once: Once, desk: Desk) -> Response:
    """Stop entries at this instant, cancel, close everything at market, and prove it flat at the venue. Stays
    halted until a person resumes it."""

    async def press() -> KillSwitchRun:
        run = await desk.press_kill_switch(
            once.user_id,
            request.wallet_id,
            once.reference,
            reason=request.reason or PRESSED_REASON,
            close_external=request.close_external,
        )
        return KillSwitchRun.model_validate(msgspec.to_builtins(run))

    return await once.answer(HTTPStatus.ACCEPTED, press)


@router.get("/receipts/{run_id}", response_model=KillSwitchReceipt)
async def read_kill_switch_receipt(run_id: UUID, tenant: Tenant, desk: Desk) -> Response:
    """A run of the kill switch: the time of each step, and what became of every position."""
    return answer(await desk.kill_switch(tenant.session).receipt(tenant.user_id, run_id))
