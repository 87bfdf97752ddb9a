"""Users as an administrator finds them."""

from uuid import UUID

from app.schemas.figures import Answer, Instant


class FoundUser(Answer):
    """A user, with how many active wallets and live positions are the user's."""

    id: UUID
    email: str
    role: str
    created_at: Instant
    email_verified_at: Instant | None
    disabled_at: Instant | None
    wallets: int
    open_positions: int


class FoundUserPage(Answer):
    """Users, newest first; `next_cursor` is null on the last page."""

    items: list[FoundUser]
    next_cursor: str | None
