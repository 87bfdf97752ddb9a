"""The execution log: one row for every attempt, and for every fill of an order that rested."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.execution_log import ExecutionLog


class ExecutionLogRepository:
    """The log of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, user_id: UUID, row: Mapping[str, object]) -> None:
        """Append one row; its id is given by the caller, so that it can be announced."""
        await self._session.execute(insert(ExecutionLog).values(dict(row) | {"user_id": user_id}))
