"""Whether this process lives, and whether it can do its work. No session is needed."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.deps import Parts
from app.core.errors import UnavailableError

router = APIRouter(prefix="/health", tags=["health"])


class LiveOut(BaseModel):
    """The process answers."""

    status: Literal["live"] = "live"


class ReadyOut(BaseModel):
    """`degraded`: Postgres answers and Redis does not, so that live prices and sign-in are away."""

    status: Literal["ready", "degraded"]
    redis: bool


@router.get("/live")
async def read_liveness() -> LiveOut:
    """Whether the process answers."""
    return LiveOut()


@router.get("/ready")
async def read_readiness(parts: Parts) -> ReadyOut:
    """Whether the process can serve: 503 without the database."""
    if not await parts.database_answers():
        raise UnavailableError("The database does not answer.", code="database_unavailable")
    redis = await parts.redis_answers()
    return ReadyOut(status="ready" if redis else "degraded", redis=redis)
