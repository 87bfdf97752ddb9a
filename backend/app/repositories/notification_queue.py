"""Messages on their way to every user: made from what was emitted, claimed, and recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.models.notification import (
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
)
from app.models.user import User

WAITING, SENDING, SENT, FAILED, SKIPPED = "waiting", "sending", "sent", "failed", "skipped"
DIGEST = "digest"
ERROR_CHARACTERS = 200
_AT_LEISURE = Notification.level != "critical"  # false sorts first


@dataclass(frozen=True, slots=True)
class Emitted:
    """Something that was emitted and has no deliveries yet. `occurrence` counts, from 1, how often the same
    was told about the same subject within the window; it is 1 where there is no subject."""

    id: UUID
    user_id: UUID
    event: str
    occurrence: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Where a user is reached. `settings` is None where nothing was ever set."""

    user_id: UUID
    email: str | None
    time_zone: str
    settings: NotificationSettings | None
    modes: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A message to be sent by one channel, not before `available_at`; `skipped` says why it will not be."""

    user_id: UUID
    notification_id: UUID
    channel: str
    mode: str
    available_at: datetime
    skipped: str | None


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A message that this process sends now. `attempts` counts this one."""

    id: UUID
    user_id: UUID
    channel: str
    mode: str
    attempts: int
    made_at: datetime
    event: str
    level: str
    title: str
    sentence: str
    happened_at: datetime
    notification_id: UUID
    subject: str


_DUE: tuple[InstrumentedAttribute[Any], ...] = (
    NotificationDelivery.id,
    NotificationDelivery.user_id,
    NotificationDelivery.channel,
    NotificationDelivery.mode,
    NotificationDelivery.attempts,
    NotificationDelivery.created_at,
    Notification.event,
    Notification.level,
    Notification.title,
    Notification.sentence,
    Notification.created_at,
    Notification.id,
    Notification.subject,
)


class SystemNotificationQueue:
    """Over every tenant's rows; several senders share the work by SKIP LOCKED."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def emitted(self, limit: int, window: timedelta) -> list[Emitted]:
        """What has no deliveries yet, critical ones first, then the oldest, locked for this transaction."""
        statement = (
            select(Notification)
            .where(Notification.dispatched_at.is_(None))
            .order_by(_AT_LEISURE, Notification.created_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = list((await self._session.execute(statement)).scalars())
        return [Emitted(row.id, row.user_id, row.event, await self._occurrence(row, window)) for row in found]

    async def _occurrence(self, row: Notification, window: timedelta) -> int:
        if not row.subject:
            return 1
        statement = select(func.count()).where(
            Notification.user_id == row.user_id,
            Notification.event == row.event,
            Notification.subject == row.subject,
            Notification.created_at > row.created_at - window,
            or_(
                Notification.created_at < row.created_at,
                and_(Notification.created_at == row.created_at, Notification.id <= row.id),
            ),
        )
        return int((await self._session.execute(statement)).scalar_one())

    async def readers(self, user_ids: Sequence[UUID]) -> dict[UUID, Reader]:
        """What these users want, and where they are reached."""
        chosen: dict[UUID, list[tuple[str, str, str]]] = {user_id: [] for user_id in user_ids}
        preferences = select(NotificationPreference).where(NotificationPreference.user_id.in_(list(user_ids)))
        for row in (await self._session.execute(preferences)).scalars():
            chosen[row.user_id].append((row.event, row.channel, row.mode))
        statement = (
            select(User.id, User.email, User.email_verified_at, User.time_zone, NotificationSettings)
            .outerjoin(NotificationSettings, NotificationSettings.user_id == User.id)
            .where(User.id.in_(list(user_ids)))
        )
        return {
            user_id: Reader(
                user_id, None if verified_at is None else email, zone, settings, chosen.get(user_id, [])
            )
            for user_id, email, verified_at, zone, settings in await self._session.execute(statement)
        }

    async def make(
        self, dispatched: Sequence[UUID], deliveries: Sequence[NewDelivery], now: datetime
    ) -> None:
        """Make the deliveries and note that these were dispatched."""
        if deliveries:
            rows = [
                {
                    "user_id": new.user_id,
                    "notification_id": new.notification_id,
                    "channel": new.channel,
                    "mode": new.mode,
                    "state": WAITING if new.skipped is None else SKIPPED,
                    "available_at": new.available_at,
                    "error": new.skipped,
                }
                for new in deliveries
            ]
            await self._session.execute(insert(NotificationDelivery).values(rows).on_conflict_do_nothing())
        await self._session.execute(
            update(Notification)
            .where(Notification.id.in_(list(dispatched)))
            .values(dispatched_at=now)
            .execution_options(synchronize_session=False)
        )

    async def claim(self, channel: str, now: datetime, until: datetime, limit: int) -> list[DueDelivery]:
        """Take messages of a channel that are due, also those whose sender fell silent before its claim ended;
        critical ones first, so that a thousand wallets that opened a trade hold up no position without a stop.

        Whoever gets one message of a digest gets all that are due of it, above the limit too.
        """
        due = and_(
            NotificationDelivery.channel == channel,
            or_(
                and_(NotificationDelivery.state == WAITING, NotificationDelivery.available_at <= now),
                and_(NotificationDelivery.state == SENDING, NotificationDelivery.claimed_until <= now),
            ),
        )
        first = (
            select(NotificationDelivery.id, NotificationDelivery.user_id, NotificationDelivery.mode)
            .join(Notification, Notification.id == NotificationDelivery.notification_id)
            .where(due)
            .order_by(_AT_LEISURE, NotificationDelivery.available_at, NotificationDelivery.user_id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=NotificationDelivery)
        )
        taken = list(await self._session.execute(first))
        claimed = {row.id for row in taken}
        in_digest = [row.user_id for row in taken if row.mode == DIGEST]
        if in_digest:
            rest = select(NotificationDelivery.id).where(
                due, NotificationDelivery.mode == DIGEST, NotificationDelivery.user_id.in_(in_digest)
            )
            claimed |= set((await self._session.execute(rest.with_for_update(skip_locked=True))).scalars())
        if not claimed:
            return []
        await self._session.execute(
            update(NotificationDelivery)
            .where(NotificationDelivery.id.in_(claimed))
            .values(state=SENDING, claimed_until=until, attempts=NotificationDelivery.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        return await self._claimed(list(claimed))

    async def _claimed(self, ids: Sequence[UUID]) -> list[DueDelivery]:
        statement = (
            select(*_DUE)
            .join(Notification, Notification.id == NotificationDelivery.notification_id)
            .where(NotificationDelivery.id.in_(list(ids)))
            .order_by(Notification.created_at, NotificationDelivery.id)
        )
        return [DueDelivery(*row) for row in await self._session.execute(statement)]

    async def sent(self, ids: Sequence[UUID], now: datetime) -> None:
        """Note that these messages were taken by their channel."""
        await self._set(ids, state=SENT, sent_at=now, claimed_until=None, error=None)

    async def failed(self, ids: Sequence[UUID], error: str) -> None:
        """Give these messages up."""
        await self._set(ids, state=FAILED, claimed_until=None, error=error[:ERROR_CHARACTERS])

    async def postpone(self, ids: Sequence[UUID], available_at: datetime, error: str) -> None:
        """Try these messages again at that time."""
        await self._set(
            ids, state=WAITING, claimed_until=None, available_at=available_at, error=error[:ERROR_CHARACTERS]
        )

    async def next_due(self, channel: str) -> datetime | None:
        """When the next message of a channel is due, or a claim ends; None where nothing waits."""
        statement = select(
            func.min(func.coalesce(NotificationDelivery.claimed_until, NotificationDelivery.available_at))
        ).where(NotificationDelivery.channel == channel, NotificationDelivery.state.in_((WAITING, SENDING)))
        found: datetime | None = (await self._session.execute(statement)).scalar_one()
        return found

    async def _set(self, ids: Sequence[UUID], **values: object) -> None:
        await self._session.execute(
            update(NotificationDelivery)
            .where(NotificationDelivery.id.in_(list(ids)), NotificationDelivery.state == SENDING)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
