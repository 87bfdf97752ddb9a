"""The trade journal."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import Tenant
from app.api.desk import Cursor, Desk, PageLimit, answer, joined
from app.domain.types import Environment, ExitReason, Side, TradeStatus
from app.schemas.moments import Moment
from app.schemas.trade import TradeDetail, TradePage, TradeTagList, TradeTagWish
from app.services.journal import JournalFilter
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
    strategy: Annotated[str | None, Query(max_length=50)] = None,
    side: Annotated[Side | None, Query()] = None,
    environment: Annotated[Environment | None, Query()] = None,
    exit_reason: Annotated[ExitReason | None, Query()] = None,
    tag: Annotated[str | None, Query(max_length=40)] = None,
    begin: Annotated[Moment | None, Query(alias="from", description="Closed at or after it")] = None,
    end: Annotated[Moment | None, Query(alias="to", description="Closed before it")] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Trades, newest first: closed ones by their close, others by their beginning."""
    chosen = JournalFilter(
        wallet_id=wallet_id,
        symbol=None if symbol is None else unified_symbol(symbol),
        status=None if status is None else status.upper(),
        begin=begin,
        end=end,
        strategy=strategy,
        side=side,
        tag=tag,
        environment=environment,
        exit_reason=exit_reason,
    )
    journal = desk.journal(tenant.session)
    return answer(await journal.trades(tenant.user_id, chosen, cursor=cursor, limit=limit))


@router.get("/{trade_id}", response_model=TradeDetail)
async def read_trade(trade_id: UUID, tenant: Tenant, desk: Desk) -> Response:
    """A trade with its orders, fills and log."""
    trade, history = await desk.journal(tenant.session).trade(tenant.user_id, trade_id)
    return answer(joined(trade, history))


@router.put("/{trade_id}/tags", response_model=TradeTagList)
async def replace_trade_tags(trade_id: UUID, wish: TradeTagWish, tenant: Tenant, desk: Desk) -> Response:
    """Put exactly these tags on a trade; analytics cuts and filters by them."""
    return answer(await desk.trade_tags(tenant.session).replace(tenant.user_id, trade_id, wish.tags))
