"""One-time tickets for the live stream: a browser cannot send a token with a WebSocket's first request."""

import secrets
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

TICKET_SECONDS = 30


class TicketHolder(NamedTuple):
    """Whom a ticket was given to, and when the access token behind it ends (wall time)."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


class TicketStore(Protocol):
    """Where tickets wait to be used. Both raise `app.core.errors.UnavailableError` where it is lost."""

    async def put(self, ticket: str, holder: tuple[UUID, UUID, datetime], seconds: int) -> None: ...

    async def take(self, ticket: str) -> tuple[UUID, UUID, datetime] | None:
        """The holder, once; None for a ticket that is unknown, used or too old."""
        ...


class StreamTickets:
    """Gives and takes tickets."""

    def __init__(self, store: TicketStore) -> None:
        self._store = store

    async def issue(self, holder: TicketHolder) -> str:
        """A ticket that opens one stream within `TICKET_SECONDS`."""
        ticket = secrets.token_urlsafe(32)
        await self._store.put(ticket, holder, TICKET_SECONDS)
        return ticket

    async def redeem(self, ticket: str) -> TicketHolder | None:
        """Whose ticket it is; None where it opens nothing (any more)."""
        held = await self._store.take(ticket) if ticket else None
        return None if held is None else TicketHolder(*held)
