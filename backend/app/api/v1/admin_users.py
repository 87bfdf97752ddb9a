"""Finding a user, for administrators: to pause, halt or resume one, an operator needs the id."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.deps import AdminUser, Parts, Tenant
from app.api.desk import Cursor, PageLimit, answer
from app.schemas.user_search import FoundUserPage

router = APIRouter(prefix="/admin/users", tags=["admin"])
Words = Annotated[
    str,
    Query(
        min_length=1,
        max_length=254,
        description="Part of an e-mail address or of a wallet's name, or the beginning of an id",
    ),
]


@router.get("", response_model=FoundUserPage)
async def find_users(
    _: AdminUser, parts: Parts, tenant: Tenant, q: Words, limit: PageLimit = 20, cursor: Cursor = None
) -> Response:
    """Users of every tenant who match, newest first."""
    return answer(await parts.find_users(tenant.session, q, cursor, limit))
