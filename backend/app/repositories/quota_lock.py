"""One request of a user's at a time counts what the user has of a quota, and adds to it."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LOCK_SPACE: Final = 7_245_003  # no other advisory lock of ours has it
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:space, hashtext(:held))")


async def hold_quota(session: AsyncSession, user_id: UUID, quota: str) -> None:
    """Wait for the user's other requests about the quota, and let them wait until this transaction ends. Without it
    requests that come at once all count what was there before any of them."""
    await session.execute(_LOCK, {"space": LOCK_SPACE, "held": f"{quota}:{user_id}"})
