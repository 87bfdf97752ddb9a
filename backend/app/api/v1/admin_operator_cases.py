"""Trades that need a person, for administrators."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response

from app.api.deps import AdminUser, Parts
from app.api.desk import answer
from app.domain.types import OperatorChoice
from app.schemas.operator_case import OperatorCaseList, OperatorDecision

router = APIRouter(prefix="/admin/operator-cases", tags=["admin"])


@router.get("", response_model=OperatorCaseList)
async def list_operator_cases(_: AdminUser, parts: Parts) -> Response:
    """Every trade that waits for an operator, with its orders and fills."""
    return answer({"items": await parts.operator_cases().list_waiting()})


@router.post("/{trade_id}/resolve", status_code=HTTPStatus.ACCEPTED, response_class=Response)
async def resolve_operator_case(
    trade_id: UUID, decision: OperatorDecision, admin: AdminUser, parts: Parts
) -> Response:
    """Decide: carried out by the executor, and written into the owner's audit log. What the venue's facts do
    not allow leaves the trade waiting, with the reason. All but closing asks for a recent proof."""
    if decision.choice is not OperatorChoice.CLOSE:  # leaving a position never asks
        parts.proving(admin)()
    await parts.operator_cases().resolve(admin.id, trade_id, decision.choice, decision.note)
    return Response(status_code=HTTPStatus.ACCEPTED)
