"""The lock between every gate and every halt.

A gate takes the shared side in its transaction; who halts the platform, a venue, a user or a wallet commits
the state under the exclusive side. When that commit returns, no gate passes any more: reading a flag alone
would let gates through that read it just before.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

HALT_LOCK_KEY = 7_245_911


class SystemHaltLock:
    """Both sides of the lock; released when the transaction ends."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def share(self) -> None:
        """A gate's side: many at once, none beside a halt."""
        await self._session.execute(select(func.pg_advisory_xact_lock_shared(HALT_LOCK_KEY)))

    async def exclude(self) -> None:
        """A halt's side: waits for the gates that are inside, and keeps others out."""
        await self._session.execute(select(func.pg_advisory_xact_lock(HALT_LOCK_KEY)))
