"""How much of each limit is used."""

from fastapi import APIRouter, Response

from app.api.deps import CurrentUser
from app.api.desk import Desk, answer
from app.schemas.risk_status import RiskStatus

router = APIRouter(prefix="/risk/status", tags=["risk"])


@router.get("", response_model=RiskStatus)
async def read_risk_status(user: CurrentUser, desk: Desk) -> Response:
    """Exposure heat, open risk, the day's loss and the number of positions, each beside its limit."""
    return answer({"environments": await desk.risk_status.status(user.id)})
