"""What the gate answered."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import CurrentUser, Tenant
from app.api.desk import Cursor, Desk, PageLimit, answer
from app.schemas.decision import DecisionDetail, DecisionPage

router = APIRouter(prefix="/risk/decisions", tags=["risk"])


@router.get("", response_model=DecisionPage)
async def list_risk_decisions(
    tenant: Tenant,
    desk: Desk,
    wallet_id: Annotated[UUID | None, Query()] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Approvals and refusals with every breach, newest first."""
    return answer(await desk.journal(tenant.session).decisions(tenant.user_id, wallet_id, cursor, limit))


@router.get("/{decision_id}", response_model=DecisionDetail)
async def read_risk_decision(decision_id: UUID, user: CurrentUser, desk: Desk) -> Response:
    """One decision with its receipt, and what the rules of today answer to the same facts."""
    return answer(await desk.risk_receipts.detail(user.id, decision_id))
