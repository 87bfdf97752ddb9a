"""Tells every API process that something of a user changed; ids only, delivered when the change commits."""

import json
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "user_events"


class UserEventRepository:
    """Announcements on the `user_events` channel."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def announce(self, user_id: UUID, kind: str, changed_id: str) -> None:
        """Announce that `changed_id` of that kind (position, trade, wallet, breaker, ...) changed."""
        payload = json.dumps({"user_id": str(user_id), "kind": kind, "id": changed_id})
        await self._session.execute(select(func.pg_notify(CHANNEL, payload)))
