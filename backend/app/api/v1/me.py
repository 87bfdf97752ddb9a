"""Who is signed in."""

from fastapi import APIRouter, Response

from app.api.deps import CurrentUser
from app.schemas.auth import MeOut

router = APIRouter(tags=["identity"])


@router.get("/me", response_model=MeOut)
async def read_me(user: CurrentUser) -> Response:
    """The asking user."""
    me = MeOut(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        role=user.role,
        time_zone=user.time_zone,
        created_at=user.created_at,
    )
    return Response(me.model_dump_json(), media_type="application/json")
