"""How much work waits in Postgres, over every tenant."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_WAITING = text("""
SELECT 'outbox: ' || kind AS queue, count(*) AS depth, min(available_at) AS oldest
FROM outbox WHERE processed_at IS NULL AND available_at <= :now GROUP BY kind
UNION ALL
SELECT 'notifications: ' || channel, count(*), min(available_at)
FROM notification_deliveries WHERE state IN ('waiting', 'sending') AND available_at <= :now GROUP BY channel
ORDER BY 1
""")


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """Work that is due: how many rows, and since when (wall time) the oldest is."""

    queue: str
    depth: int
    oldest: datetime


class SystemWorkQueueRepository:
    """Reads only."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def waiting(self, now: datetime) -> list[WaitingWork]:
        """By queue; queues without work are left out."""
        return [
            WaitingWork(**row) for row in (await self._session.execute(_WAITING, {"now": now})).mappings()
        ]

    async def needing_an_operator(self) -> int:
        """How many trades have to be looked at by a person."""
        found = await self._session.execute(
            text("SELECT count(*) FROM trades WHERE status = 'NEEDS_OPERATOR'")
        )
        return int(found.scalar_one())
