"""The execution log, and what it adds up to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import Reading, Tenant
from app.api.desk import Cursor, Desk, PageLimit, answer, written
from app.domain.types import Environment
from app.repositories.execution_pages import ExecutionPages
from app.schemas.execution import ExecutionPage, ExecutionStats
from app.schemas.moments import Moment
from app.services.execution_quality import StatisticsAsked
from app.services.journal import JournalFilter
from app.services.market_directory import unified_symbol

router = APIRouter(prefix="/execution", tags=["journal"])

Wallet = Annotated[UUID | None, Query(description="One wallet instead of all")]
Market = Annotated[str | None, Query(max_length=50, description="Such as BTC or BTC/USDT")]
Begin = Annotated[Moment | None, Query(alias="from", description="Wall time, the first moment")]
End = Annotated[Moment | None, Query(alias="to", description="Wall time, the first moment after it")]
Money = Annotated[Environment | None, Query(description="One environment instead of both")]
Strategy = Annotated[str | None, Query(max_length=100, description="Orders of one strategy's trades")]
Name = Annotated[str | None, Query(max_length=20, pattern=r"^[A-Za-z_]+$")]


@router.get("/logs", response_model=ExecutionPage)
async def list_execution_logs(
    reading: Reading,
    wallet_id: Wallet = None,
    symbol: Market = None,
    status: Name = None,
    action: Name = None,
    order_type: Name = None,
    begin: Begin = None,
    end: End = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Attempts and fills, newest first: also those that were refused, and those whose answer was lost."""
    chosen = JournalFilter(
        wallet_id=wallet_id,
        symbol=None if symbol is None else unified_symbol(symbol),
        status=status,
        action=action,
        order_type=order_type,
        begin=begin,
        end=end,
    )
    pages = ExecutionPages(reading.transaction)
    return written(await pages.page(reading.user.id, chosen, cursor=cursor, limit=limit))


@router.get("/stats", response_model=ExecutionStats)
async def read_execution_stats(
    tenant: Tenant,
    desk: Desk,
    wallet_id: Wallet = None,
    symbol: Market = None,
    environment: Money = None,
    strategy: Strategy = None,
    begin: Begin = None,
    end: End = None,
) -> Response:
    """Slippage, fills, latency, fees, retries and refusals; the last 30 days where nothing else is asked for.
    What is not defined is null, and `n` says of how many each figure is."""
    asked = StatisticsAsked(
        begin=begin,
        end=end,
        wallet_id=wallet_id,
        symbol=None if symbol is None else unified_symbol(symbol),
        environment=environment,
        strategy=strategy,
    )
    return answer(await desk.execution_quality(tenant.session).stats(tenant.user_id, asked))
