"""Who is signed in."""

from fastapi import APIRouter

from app.api.deps import CurrentUser
from app.schemas.auth import MeOut

router = APIRouter(tags=["identity"])


@router.get("/me")
async def read_me(user: CurrentUser) -> MeOut:
    """The asking user."""
    return MeOut(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        role=user.role,
        time_zone=user.time_zone,
        created_at=user.created_at,
    )
