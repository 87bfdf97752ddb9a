"""Answers already given to a client's key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.idempotency_key import IdempotencyKey


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered."""

    status_code: int
    body: bytes


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """A key as it stands: for which request, and its answer where that is known."""

    operation: str
    request_hash: str
    answer: StoredAnswer | None


class IdempotencyRepository:
    """Keys of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(
        self,
        user_id: UUID,
        key: str,
        *,
        operation: str,
        request_hash: str,
        now: datetime,
        expires_at: datetime,
    ) -> KeyClaim:
        """Take the key, or find who took it; locked until the transaction ends.

        A second request with the same key waits here for the first one's transaction.
        """
        fresh = {
            "operation": operation,
            "request_hash": request_hash,
            "status_code": None,
            "response_body": None,
            "created_at": now,
            "expires_at": expires_at,
        }
        statement = (
            insert(IdempotencyKey)
            .values(user_id=user_id, key=key, **fresh)
            .on_conflict_do_update(
                index_elements=[IdempotencyKey.user_id, IdempotencyKey.key],
                set_=fresh,
                where=IdempotencyKey.expires_at <= now,
            )
        )
        await self._session.execute(statement)
        held = (
            select(
                IdempotencyKey.operation,
                IdempotencyKey.request_hash,
                IdempotencyKey.status_code,
                IdempotencyKey.response_body,
            )
            .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
            .with_for_update()
        )
        row = (await self._session.execute(held)).one()
        answer = None if row.status_code is None else StoredAnswer(row.status_code, row.response_body or b"")
        return KeyClaim(row.operation, row.request_hash, answer)

    async def store(self, user_id: UUID, key: str, status_code: int, body: bytes) -> None:
        """Keep the answer for the next request with this key."""
        statement = (
            update(IdempotencyKey)
            .where(
                IdempotencyKey.user_id == user_id,
                IdempotencyKey.key == key,
                IdempotencyKey.status_code.is_(None),
            )
            .values(status_code=status_code, response_body=body)
        )
        await self._session.execute(statement)

    async def release(self, user_id: UUID, key: str, now: datetime) -> None:
        """Let the key be taken again, where it has no answer yet."""
        statement = (
            update(IdempotencyKey)
            .where(
                IdempotencyKey.user_id == user_id,
                IdempotencyKey.key == key,
                IdempotencyKey.status_code.is_(None),
            )
            .values(expires_at=now)
        )
        await self._session.execute(statement)
