"""The ticket with which a browser opens the live stream."""

from fastapi import APIRouter, Response

from app.api.deps import Claims, CurrentUser
from app.api.desk import Desk, answer
from app.schemas.stream import StreamTicket
from app.services.stream_tickets import TICKET_SECONDS, TicketHolder

router = APIRouter(prefix="/stream", tags=["stream"])


@router.post("/ticket", response_model=StreamTicket)
async def create_stream_ticket(user: CurrentUser, claims: Claims, desk: Desk) -> Response:
    """A ticket that opens `WS /api/v1/stream?ticket=` once, soon, and until the access token ends."""
    holder = TicketHolder(user.id, claims.session_id, claims.expires_at)
    return answer({"ticket": await desk.tickets.issue(holder), "expires_in": TICKET_SECONDS})
