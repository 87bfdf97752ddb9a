"""Stream tickets in Redis, under the hash of the ticket, deleted by the first use."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.errors import UnavailableError

_LOST = "Live updates cannot be opened right now."


def ticket_key(ticket: str) -> str:
    """The Redis key of a ticket."""
    return "stream:ticket:" + hashlib.sha256(ticket.encode()).hexdigest()


class RedisTicketStore:
    """Keeps (user id, session id, end of the access token) of a ticket for a moment."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, ticket: str, holder: tuple[UUID, UUID, datetime], seconds: int) -> None:
        """Keep a ticket for that many seconds."""
        user_id, session_id, expires_at = holder
        text = json.dumps({"user": str(user_id), "session": str(session_id), "ends": expires_at.isoformat()})
        try:
            await self._redis.set(ticket_key(ticket), text, ex=seconds)
        except (RedisError, OSError) as error:
            raise UnavailableError(_LOST) from error

    async def take(self, ticket: str) -> tuple[UUID, UUID, datetime] | None:
        """Return what was kept, once; None where there is nothing."""
        try:
            held = await self._redis.getdel(ticket_key(ticket))
        except (RedisError, OSError) as error:
            raise UnavailableError(_LOST) from error
        if held is None:
            return None
        fields: Mapping[str, str] = json.loads(held)
        return UUID(fields["user"]), UUID(fields["session"]), datetime.fromisoformat(fields["ends"])
