"""The calculator, and the dry run of the gate: the same rules, nothing reserved."""

from fastapi import APIRouter, Response

from app.api.deps import CurrentUser
from app.api.desk import Desk, answer
from app.schemas.risk_check import EntryAnswer, EntryCheck
from app.services.risk_check import EntryQuestion

router = APIRouter(prefix="/risk", tags=["risk"])


@router.post("/position-size", response_model=EntryAnswer)
async def calculate_position_size(body: EntryCheck, user: CurrentUser, desk: Desk) -> Response:
    """Size an entry and judge it, as if the market stood at `entry_price` now."""
    return answer(await desk.risk_check.calculate(user.id, _question(body)))


@router.post("/validate", response_model=EntryAnswer)
async def validate_entry(body: EntryCheck, user: CurrentUser, desk: Desk) -> Response:
    """What the gate would answer to this entry at the market's own price; `entry_price` is what the signal
    saw. Nothing is reserved or stored."""
    return answer(await desk.risk_check.check(user.id, _question(body)))


def _question(body: EntryCheck) -> EntryQuestion:
    return EntryQuestion(
        wallet_id=body.wallet_id,
        symbol=body.symbol,
        side=body.side,
        stop_price=body.stop_price,
        entry_price=body.entry_price,
        take_profit_price=body.take_profit_price,
        signal_confidence=body.signal_confidence,
        strategy=body.strategy,
        method=body.position_sizing_method,
    )
