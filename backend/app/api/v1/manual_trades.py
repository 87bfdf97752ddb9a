"""Manual trades: what others did on the user's accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import Tenant
from app.api.desk import Cursor, Desk, PageLimit, answer
from app.domain.external_fills import Effect
from app.repositories.external_trades import ManualFilter
from app.schemas.manual_trade import ManualTradePage
from app.services.market_directory import unified_symbol

router = APIRouter(prefix="/manual-trades", tags=["journal"])


@router.get("", response_model=ManualTradePage)
async def list_manual_trades(
    tenant: Tenant,
    desk: Desk,
    wallet_id: Annotated[UUID | None, Query()] = None,
    symbol: Annotated[str | None, Query(max_length=50)] = None,
    effect: Annotated[Effect | None, Query()] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Trades that somebody else made, the last detected first, and what our rules would have done instead."""
    chosen = ManualFilter(
        wallet_id,
        None if symbol is None else unified_symbol(symbol),
        None if effect is None else effect.value,
    )
    page = await desk.manual_trades(tenant.session).page(tenant.user_id, chosen, cursor=cursor, limit=limit)
    return answer(page)
