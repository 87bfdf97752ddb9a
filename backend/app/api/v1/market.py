"""Venues, their markets, and closed bars."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.deps import CurrentUser
from app.api.desk import Desk, answer
from app.domain.timeframes import Timeframe
from app.schemas.market import Candles, Funding, Markets, Venues
from app.schemas.moments import Moment

router = APIRouter(tags=["market"])

MAX_CANDLES = 1_500
Venue = Annotated[str, Query(min_length=1, max_length=50, examples=["paper"])]
MarketSymbol = Annotated[str, Query(min_length=1, max_length=50, examples=["BTC"])]


@router.get("/venues", response_model=Venues)
async def list_venues(user: CurrentUser, desk: Desk) -> Response:
    """The venues on which a wallet may be created."""
    del user
    return answer({"items": desk.directory.venues()})


@router.get("/markets", response_model=Markets)
async def list_markets(user: CurrentUser, desk: Desk, venue: Venue = "paper") -> Response:
    """The markets of a venue."""
    del user
    return answer({"items": await desk.directory.markets(venue)})


@router.get("/market/candles", response_model=Candles)
async def list_candles(
    user: CurrentUser,
    desk: Desk,
    venue: Venue,
    symbol: MarketSymbol,
    timeframe: Timeframe,
    limit: Annotated[int, Query(ge=1, le=MAX_CANDLES)] = 300,
    until: Annotated[Moment | None, Query(description="Market time: only bars that open before it")] = None,
) -> Response:
    """The newest closed bars of a market, or the newest before a moment; oldest first."""
    items = await desk.directory.candles(user.id, venue, symbol, timeframe, limit, until)
    return answer({"items": items})


@router.get("/market/funding", response_model=Funding)
async def read_next_funding(user: CurrentUser, desk: Desk, venue: Venue, symbol: MarketSymbol) -> Response:
    """The next funding of a market: when, and at which rate as it stands now."""
    return answer(await desk.directory.funding(user.id, venue, symbol))
