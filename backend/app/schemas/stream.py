"""The live stream's ticket."""

from app.schemas.figures import Answer


class StreamTicket(Answer):
    """Opens one stream, once, within `expires_in` seconds."""

    ticket: str
    expires_in: int
