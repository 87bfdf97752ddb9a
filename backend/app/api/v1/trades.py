"""The trade journal."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import Tenant
from app.api.desk import Cursor, Desk, PageLimit, answer, joined
from app.domain.types import TradeStatus
from app.schemas.trade import TradeDetail, TradePage, TradeTagList, TradeTagWish
from app.services.market_directory import unified_symbol

router = APIRouter(prefix="/trades", tags=["journal"])
STATUSES: Final = "|".join(status.value.lower() for status in TradeStatus)


@router.get("", response_model=TradePage)
async def list_trades(
    tenant: Tenant,
    desk: Desk,
    status: Annotated[str | None, Query(pattern=f"^(?i:{STATUSES})$", description="Such as closed")] = None,
    wallet_id: Annotated[UUID | None, Query()] = None,
    symbol: Annotated[str | None, Query(max_length=50)] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Trades, newest first: closed ones by their close, others by their beginning."""
    page = await desk.journal(tenant.session).trades(
        tenant.user_id,
        wallet_id=wallet_id,
        symbol=None if symbol is None else unified_symbol(symbol),
        status=None if status is None else status.upper(),
        cursor=cursor,
        limit=limit,
    )
    return answer(page)


@router.get("/{trade_id}", response_model=TradeDetail)
async def read_trade(trade_id: UUID, tenant: Tenant, desk: Desk) -> Response:
    """A trade with its orders, fills and log."""
    trade, history = await desk.journal(tenant.session).trade(tenant.user_id, trade_id)
    return answer(joined(trade, history))


@router.put("/{trade_id}/tags", response_model=TradeTagList)
async def replace_trade_tags(trade_id: UUID, wish: TradeTagWish, tenant: Tenant, desk: Desk) -> Response:
    """Put exactly these tags on a trade; analytics cuts and filters by them."""
    return answer(await desk.trade_tags(tenant.session).replace(tenant.user_id, trade_id, wish.tags))
