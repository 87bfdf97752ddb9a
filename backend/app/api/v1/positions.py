"""Open positions: seen, and left on request."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from app.api.deps import Tenant
from app.api.desk import Desk, answer, joined
from app.api.idempotency import Once
from app.schemas.position import Position, PositionDetail, Positions

router = APIRouter(prefix="/positions", tags=["positions"])


@router.get("", response_model=Positions)
async def list_positions(
    tenant: Tenant, desk: Desk, wallet_id: Annotated[UUID | None, Query()] = None
) -> Response:
    """Everything that is open or opening, of one wallet or of all."""
    return answer(await desk.positions(tenant.session).list_open(tenant.user_id, wallet_id))


@router.get("/{trade_id}", response_model=PositionDetail)
async def read_position(trade_id: UUID, tenant: Tenant, desk: Desk) -> Response:
    """A position with its stop's history and its events."""
    position, history = await desk.positions(tenant.session).detail(tenant.user_id, trade_id)
    return answer(joined(position, history))


@router.post("/{trade_id}/close", response_model=Position, status_code=HTTPStatus.ACCEPTED)
async def close_position(trade_id: UUID, once: Once, desk: Desk) -> Response:
    """Leave the position at market, as soon as the executor can. No pause and no limit stops this."""

    async def close() -> Position:
        view = await desk.close_position(once.user_id, trade_id)
        return Position.model_validate(msgspec.to_builtins(view))

    return await once.answer(HTTPStatus.ACCEPTED, close)


@router.post("/{trade_id}/confirm", response_model=Position, status_code=HTTPStatus.ACCEPTED)
async def confirm_entry(trade_id: UUID, once: Once, desk: Desk) -> Response:
    """Say yes to an entry that waits for it. Every limit is checked again before it leaves; to say no, close
    it."""

    async def confirm() -> Position:
        view = await desk.confirm_entry(once.user_id, trade_id)
        return Position.model_validate(msgspec.to_builtins(view))

    return await once.answer(HTTPStatus.ACCEPTED, confirm)
