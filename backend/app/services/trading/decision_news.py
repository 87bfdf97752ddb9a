"""Tells the users' screens what was decided, once it is durable and out of the way of whoever decides.

A commit that notifies waits for every other one that does, its way to the disk included. So decisions are told by
commits of their own, one after the other; what is decided meanwhile is told together. A screen that misses one reads
the same at its next question.
"""

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog

from app.core.lean_transactions import LeanTransactions
from app.repositories.gate_writes import SystemGateWriteRepository, ToldDecision

log = structlog.get_logger(__name__)


class DecisionNews:
    """What was decided and is not told yet."""

    def __init__(self, connections: LeanTransactions) -> None:
        self._connections = connections
        self._waiting: list[ToldDecision] = []
        self._telling: asyncio.Task[None] | None = None

    def tell(self, decisions: Sequence[ToldDecision]) -> None:
        """Tell these soon."""
        self._waiting += decisions
        if self._waiting and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell())

    async def close(self) -> None:
        """Tell what is left."""
        if self._telling is not None:
            await self._telling

    async def _tell(self) -> None:
        while self._waiting:
            decisions, self._waiting = self._waiting, []
            try:
                async with self._connections.connection() as connection:
                    await SystemGateWriteRepository(connection).tell(decisions)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("decisions were not told", count=len(decisions), error=repr(error))
