"""Pause and resume, and what stands."""

from fastapi import APIRouter, Response

from app.api.deps import Tenant
from app.api.desk import Desk, answer
from app.schemas.circuit_breaker import BreakerStatus, PauseRequest, ResumeRequest

router = APIRouter(prefix="/circuit-breaker", tags=["circuit breaker"])


@router.get("/status", response_model=BreakerStatus)
async def read_circuit_breaker_status(tenant: Tenant, desk: Desk) -> Response:
    """What the user and each wallet may do, and why."""
    return answer(await desk.circuit_breaker(tenant.session).status(tenant.user_id))


@router.post("/pause", response_model=BreakerStatus)
async def pause_trading(request: PauseRequest, tenant: Tenant, desk: Desk) -> Response:
    """Stop entries at once. Open positions go on being protected, and may be closed."""
    breaker = desk.circuit_breaker(tenant.session)
    view = await breaker.pause(
        tenant.user_id, wallet_id=request.wallet_id, reason=request.reason, until=request.until
    )
    return answer(view)


@router.post("/resume", response_model=BreakerStatus)
async def resume_trading(request: ResumeRequest, tenant: Tenant, desk: Desk) -> Response:
    """Let entries pass again. Refused while the platform or the venue is halted."""
    breaker = desk.circuit_breaker(tenant.session)
    return answer(await breaker.resume(tenant.user_id, wallet_id=request.wallet_id))
