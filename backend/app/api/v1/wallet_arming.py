"""Arming live wallets of the asking user."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response

from app.api.deps import CurrentUser, NeedsProof, Parts
from app.api.desk import answer
from app.api.errors import problem_responses
from app.schemas.wallet import ArmingOut, ArmRequest, WalletOut

router = APIRouter(prefix="/wallets/{wallet_id}", tags=["wallets"])


@router.get("/arming", response_model=ArmingOut, responses=problem_responses(HTTPStatus.CONFLICT))
async def preview_arming(wallet_id: UUID, parts: Parts, user: CurrentUser) -> Response:
    """What arming the wallet would mean. A paper account is refused."""
    return answer(await parts.arming.preview(user.id, wallet_id))


@router.post("/arm", response_model=WalletOut, dependencies=[NeedsProof])
async def arm_wallet(wallet_id: UUID, body: ArmRequest, parts: Parts, user: CurrentUser) -> Response:
    """Let a live wallet trade real money, by typed consent. The key's rights are read from the venue: one that can
    withdraw, or whose rights are unknown, is refused."""
    return answer(await parts.arming.arm(user.id, wallet_id, body.consent))


@router.post("/disarm", response_model=WalletOut)
async def disarm_wallet(wallet_id: UUID, parts: Parts, user: CurrentUser) -> Response:
    """Let a wallet open nothing more, at once; what is open goes on being protected and left."""
    return answer(await parts.arming.disarm(user.id, wallet_id))
