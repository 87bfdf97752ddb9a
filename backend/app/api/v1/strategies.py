"""The strategies there are."""

from fastapi import APIRouter, Response

from app.api.deps import CurrentUser
from app.api.desk import Desk, answer
from app.schemas.market import Strategies

router = APIRouter(prefix="/strategies", tags=["signals"])


@router.get("", response_model=Strategies)
async def list_strategies(user: CurrentUser, desk: Desk) -> Response:
    """Every strategy, and the bar lengths on which it runs."""
    del user
    return answer({"items": desk.directory.strategies()})
