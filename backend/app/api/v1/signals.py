"""Signals, which are shared by everybody."""

from fastapi import APIRouter, Response

from app.api.deps import Tenant
from app.api.desk import Desk, PageLimit, answer
from app.schemas.signal import Signals

router = APIRouter(prefix="/signals", tags=["signals"])


@router.get("", response_model=Signals)
async def list_signals(tenant: Tenant, desk: Desk, limit: PageLimit = 50) -> Response:
    """The newest signals, newest first."""
    return answer({"items": await desk.journal(tenant.session).signals(limit)})
