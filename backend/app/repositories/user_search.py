"""Users as an administrator finds them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.repositories.keyset import Keyset, Page, page_of

_SEARCH = text("SELECT * FROM search_users(:text, :created, :id, :limit)")


@dataclass(frozen=True, slots=True)
class FoundUser:
    """A user, with how many active wallets and live positions are the user's."""

    id: UUID
    email: str
    role: str
    created_at: datetime
    email_verified_at: datetime | None
    disabled_at: datetime | None
    wallets: int
    open_positions: int


class SystemUserSearch:
    """Every tenant's users; the database refuses whoever is no administrator."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, words: str, after: Keyset | None, limit: int) -> Page[FoundUser]:
        """Users, newest first, whose address or one of whose wallets' names contains the words, or whose id begins
        with them, whatever the case."""
        values = {
            "text": words,
            "created": None if after is None else after.at,
            "id": None if after is None else after.id,
            "limit": limit + 1,
        }
        rows = [FoundUser(*row) for row in await self._session.execute(_SEARCH, values)]
        return page_of(rows, limit, lambda user: Keyset(user.created_at, user.id))
