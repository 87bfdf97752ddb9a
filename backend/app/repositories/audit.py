"""Who changed what: appended, never changed, each entry sealed with the hash of the one before it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.audit_log import AuditLog

FIRST_HASH: Final = "0" * 64
LOCK_SPACE: Final = 7_245_002
ROWS_AT_ONCE: Final = 1_000


def entry_hash(
    previous_hash: str,
    user_id: UUID,
    actor: str,
    action: str,
    details: Mapping[str, object],
    created_at: datetime,
) -> str:
    """SHA-256 over an entry and its predecessor's hash, as canonical JSON."""
    moment = created_at.astimezone(UTC).isoformat(timespec="microseconds")
    sealed = json.dumps(
        [previous_hash, str(user_id), actor, action, dict(details), moment],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(sealed.encode()).hexdigest()


class AuditRepository:
    """One tenant's chain."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def append(
        self, user_id: UUID, action: str, details: Mapping[str, object], now: datetime, actor: str = "user"
    ) -> None:
        """Append an entry; `details` are JSON values and hold no secret."""
        # One writer of a chain at a time, until this transaction ends.
        lock = text("SELECT pg_advisory_xact_lock(:space, hashtext(:user_id))")
        await self._session.execute(lock, {"space": LOCK_SPACE, "user_id": str(user_id)})
        newest = (
            select(AuditLog.hash).where(AuditLog.user_id == user_id).order_by(AuditLog.id.desc()).limit(1)
        )
        previous = (await self._session.execute(newest)).scalar_one_or_none() or FIRST_HASH
        self._session.add(
            AuditLog(
                user_id=user_id,
                actor=actor,
                action=action,
                details=dict(details),
                previous_hash=previous,
                hash=entry_hash(previous, user_id, actor, action, details, now),
                created_at=now,
            )
        )
        await self._session.flush()

    async def first_broken(self, user_id: UUID) -> int | None:
        """The id of the first entry that does not fit the one before it; None where the chain is whole."""
        statement = select(AuditLog).where(AuditLog.user_id == user_id).order_by(AuditLog.id)
        previous = FIRST_HASH
        entries = await self._session.stream_scalars(statement.execution_options(yield_per=ROWS_AT_ONCE))
        async for entry in entries:
            expected = entry_hash(
                previous, user_id, entry.actor, entry.action, entry.details, entry.created_at
            )
            if entry.previous_hash != previous or entry.hash != expected:
                return entry.id
            previous = entry.hash
        return None
