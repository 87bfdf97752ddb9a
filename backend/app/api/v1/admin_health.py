"""How the platform itself does, for administrators."""

from fastapi import APIRouter, Response

from app.api.deps import AdminUser, Parts
from app.api.desk import answer
from app.schemas.system_health import SystemHealth

router = APIRouter(prefix="/admin/health", tags=["admin"])


@router.get("", response_model=SystemHealth)
async def read_system_health(_: AdminUser, parts: Parts) -> Response:
    """Every process, queue, stream, venue and store, and what is at or beyond its limit."""
    return answer(await parts.system_health.look())
