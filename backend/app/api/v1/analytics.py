"""What portfolios made, at which risk, on what, and how far the figures can be trusted."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.api.deps import Claims, parts_of
from app.api.desk import Desk
from app.bootstrap.analytics import Questions
from app.bootstrap.api import ApiParts
from app.core.security import AccessClaims
from app.domain.attribution import Cut
from app.domain.types import Environment
from app.schemas.analytics import (
    Attribution,
    Calendar,
    Comparison,
    Drawdowns,
    Equity,
    ExcursionDistribution,
    Portfolio,
    RiskMetrics,
)
from app.schemas.moments import Moment
from app.services.analytics.ranges import Chosen
from app.services.analytics.sources import Asker

router = APIRouter(prefix="/analytics", tags=["analytics"])


class Beside(StrEnum):
    """What `/compare` puts side by side."""

    PERIOD = "period"
    STRATEGY = "strategy"
    SYMBOL = "symbol"
    SIDE = "side"
    TIMEFRAME = "timeframe"
    WALLET = "wallet"
    TAG = "tag"
    MODEL = "model"
    EXIT_RULE = "exit_rule"


async def chosen_part(
    environment: Annotated[
        Environment, Query(description="Paper and live are never summed")
    ] = Environment.PAPER,
    wallet_id: Annotated[UUID | None, Query(description="One wallet instead of all")] = None,
    strategy: Annotated[str | None, Query(max_length=50, description="Trades of one strategy")] = None,
    tag: Annotated[str | None, Query(max_length=40, description="Trades with this tag")] = None,
    begin: Annotated[Moment | None, Query(alias="from", description="Market time, first moment")] = None,
    end: Annotated[Moment | None, Query(alias="to", description="Market time, first moment after")] = None,
) -> Chosen:
    """What is asked about; everything of the paper environment where nothing is said."""
    return Chosen(environment, wallet_id, strategy, tag, begin, end)


Asked = Annotated[Chosen, Depends(chosen_part)]


async def who_asks(request: Request, claims: Claims) -> tuple[ApiParts, AccessClaims]:
    """What an answer needs to check the session where it reads."""
    return parts_of(request), claims


Asking = Annotated[tuple[ApiParts, AccessClaims], Depends(who_asks)]


async def _answer(
    asking: Asking,
    desk: Desk,
    chosen: Chosen,
    question: tuple[object, ...],
    ask: Callable[[Questions], Awaitable[object]],
) -> Response:
    parts, claims = asking
    async with parts.reading(claims) as (user, reading):
        asker = Asker(user.id, user.time_zone)
        body = await desk.analytics.known(reading, asker, chosen, question)
    if body is None:  # elsewhere than in the short transaction: it may take seconds
        async with parts.database.tenant(asker.user_id) as session:
            body = await desk.analytics.answer(session, asker, chosen, question, ask)
    return Response(body, media_type="application/json")


@router.get("/portfolio", response_model=Portfolio)
async def read_portfolio(asking: Asking, desk: Desk, chosen: Asked) -> Response:
    """Equity, profit, and every figure with its sample and interval."""
    return await _answer(asking, desk, chosen, ("portfolio",), lambda ask: ask.portfolio.portfolio(chosen))


@router.get("/attribution", response_model=Attribution)
async def read_attribution(
    asking: Asking,
    desk: Desk,
    chosen: Asked,
    by: Annotated[Cut, Query(description="What the P&L is cut by")] = Cut.SYMBOL,
) -> Response:
    """P&L that was posted in the range, by a cut and by cause; it adds up exactly."""
    return await _answer(
        asking, desk, chosen, ("attribution", by), lambda ask: ask.portfolio.attribution(chosen, by)
    )


@router.get("/risk-metrics", response_model=RiskMetrics)
async def read_risk_metrics(asking: Asking, desk: Desk, chosen: Asked) -> Response:
    """Value at risk and expected shortfall by method with the test of each, beta, correlations."""
    venues = desk.venues
    return await _answer(
        asking, desk, chosen, ("risk-metrics",), lambda ask: ask.risk.risk_metrics(chosen, venues)
    )


@router.get("/equity", response_model=Equity)
async def read_equity(
    asking: Asking,
    desk: Desk,
    chosen: Asked,
    points: Annotated[int, Query(ge=3, le=5000, description="Most points of the line")] = 1000,
) -> Response:
    """The line of equity with its drawdown, thinned here so that it keeps its shape."""
    return await _answer(
        asking, desk, chosen, ("equity", points), lambda ask: ask.portfolio.equity(chosen, points)
    )


@router.get("/drawdowns", response_model=Drawdowns)
async def read_drawdowns(
    asking: Asking,
    desk: Desk,
    chosen: Asked,
    most: Annotated[int, Query(ge=1, le=100, description="How many falls")] = 10,
) -> Response:
    """The deepest falls from a peak, with their dates and recovery."""
    return await _answer(
        asking, desk, chosen, ("drawdowns", most), lambda ask: ask.portfolio.drawdowns(chosen, most)
    )


@router.get("/calendar", response_model=Calendar)
async def read_calendar(asking: Asking, desk: Desk, chosen: Asked) -> Response:
    """Closed trades by day and month of the user's time zone."""
    return await _answer(asking, desk, chosen, ("calendar",), lambda ask: ask.comparisons.calendar(chosen))


@router.get("/excursions", response_model=ExcursionDistribution)
async def read_excursions(asking: Asking, desk: Desk, chosen: Asked) -> Response:
    """How far closed trades ran against and for their owner (MAE and MFE), as a distribution in R."""
    return await _answer(asking, desk, chosen, ("excursions",), lambda ask: ask.excursions.excursions(chosen))


@router.get("/compare", response_model=Comparison)
async def read_comparison(
    asking: Asking,
    desk: Desk,
    chosen: Asked,
    by: Annotated[Beside, Query(description="What stands side by side")] = Beside.STRATEGY,
) -> Response:
    """The figures of trades by key, or of this range and the one of equal length before it."""
    cut = None if by is Beside.PERIOD else Cut(by.value)
    return await _answer(
        asking, desk, chosen, ("compare", by), lambda ask: ask.comparisons.compare(chosen, cut)
    )
