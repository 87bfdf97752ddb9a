"""The audit log: append-only, each row hashed together with the one before it, per user."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.audit_log import AuditLog

FIRST_HASH = "0" * 64


def audit_hash(
    previous_hash: str, user_id: UUID, actor: str, action: str, details: Mapping[str, object], at: datetime
) -> str:
    """The hash of a row: SHA-256 of its parts as compact JSON with sorted keys, in this order."""
    parts = [previous_hash, str(user_id), actor, action, details, at.astimezone(UTC).isoformat()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class AuditLogRepository:
    """The audit log of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def append(
        self, user_id: UUID, *, actor: str, action: str, details: Mapping[str, object], at: datetime
    ) -> None:
        """Add a row at the end of the user's chain; `details` holds plain JSON values and no secrets."""
        await self._session.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(f"audit:{user_id}", 0)))
        )
        newest = (
            select(AuditLog.hash).where(AuditLog.user_id == user_id).order_by(AuditLog.id.desc()).limit(1)
        )
        previous = (await self._session.execute(newest)).scalar_one_or_none() or FIRST_HASH
        await self._session.execute(
            insert(AuditLog).values(
                user_id=user_id,
                actor=actor,
                action=action,
                details=dict(details),
                previous_hash=previous,
                hash=audit_hash(previous, user_id, actor, action, details, at),
                created_at=at,
            )
        )
