"""Keys that make a POST safe to repeat.

A key is taken before the work and its answer kept after it. Work that was cut off leaves the key without
an answer: the next request with it runs the work again, which therefore does no harm when run twice. Work
that was refused gives the key back.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from app.core.db import Database
from app.core.errors import ConflictError
from app.repositories.idempotency import IdempotencyRepository, StoredAnswer

__all__ = ["IdempotencyKeys", "StoredAnswer", "reference_of"]

KEY_LIFE: Final = timedelta(days=7)
NAMESPACE: Final = UUID("0c3e3f9e-6c1b-4b6d-9a50-2f7ad0f5a0f1")


def reference_of(user_id: UUID, key: str) -> UUID:
    """The id of what a key makes: the same for each request with it."""
    return uuid5(NAMESPACE, f"{user_id}|{key}")


class IdempotencyKeys:
    """The keys of one user at a time."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def take(
        self, user_id: UUID, key: str, *, operation: str, request_hash: str
    ) -> StoredAnswer | None:
        """Take the key for a request; the answer where it was given before, None where work is to do."""
        now = self._now()
        async with self._database.tenant(user_id) as session:
            claim = await IdempotencyRepository(session).claim(
                user_id,
                key,
                operation=operation,
                request_hash=request_hash,
                now=now,
                expires_at=now + KEY_LIFE,
            )
        if (claim.operation, claim.request_hash) != (operation, request_hash):
            raise ConflictError(
                "This Idempotency-Key was used for another request: take a new one for each intention.",
                code="idempotency_key_reused",
            )
        return claim.answer

    async def keep(self, user_id: UUID, key: str, answer: StoredAnswer) -> None:
        """Keep the answer for every later request with the key."""
        async with self._database.tenant(user_id) as session:
            await IdempotencyRepository(session).store(user_id, key, answer.status_code, answer.body)

    async def give_back(self, user_id: UUID, key: str) -> None:
        """The work was refused and nothing was done: the key is free again."""
        async with self._database.tenant(user_id) as session:
            await IdempotencyRepository(session).release(user_id, key, self._now())
