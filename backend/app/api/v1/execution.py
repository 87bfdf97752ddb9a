"""The execution log."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import Tenant
from app.api.desk import Cursor, Desk, PageLimit, answer
from app.schemas.execution import ExecutionPage
from app.services.market_directory import unified_symbol

router = APIRouter(prefix="/execution", tags=["journal"])


@router.get("/logs", response_model=ExecutionPage)
async def list_execution_logs(
    tenant: Tenant,
    desk: Desk,
    wallet_id: Annotated[UUID | None, Query()] = None,
    symbol: Annotated[str | None, Query(max_length=50)] = None,
    status: Annotated[str | None, Query(max_length=20, pattern=r"^[A-Za-z_]+$")] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Attempts and fills, newest first."""
    page = await desk.journal(tenant.session).executions(
        tenant.user_id,
        wallet_id=wallet_id,
        symbol=None if symbol is None else unified_symbol(symbol),
        status=status,
        cursor=cursor,
        limit=limit,
    )
    return answer(page)
