"""What a tenant was told, and what it wants to be told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.notification import (
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
)
from app.repositories.keyset import Keyset, Page, page_of
from app.repositories.notifications import CHANNEL as DOORBELL

SHOWN = ("on", "silent")


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which notifications; None leaves a criterion out. `events` are those of the wanted categories."""

    levels: Sequence[str] | None = None
    events: Sequence[str] | None = None
    wallet_id: UUID | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class ToldNotification:
    """A notification and how each outside channel fared with it."""

    row: Notification
    deliveries: list[NotificationDelivery]


class NotificationFeedRepository:
    """Notifications of one tenant, newest first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, user_id: UUID, chosen: FeedFilter, *, after: Keyset | None, limit: int
    ) -> Page[ToldNotification]:
        """A page of those that are shown in the web app."""
        statement = select(Notification).where(
            Notification.user_id == user_id, Notification.in_app.in_(SHOWN), *_criteria(chosen)
        )
        if after is not None:
            statement = statement.where(
                tuple_(Notification.created_at, Notification.id) < (after.at, after.id)
            )
        statement = statement.order_by(Notification.created_at.desc(), Notification.id.desc())
        rows = list((await self._session.execute(statement.limit(limit + 1))).scalars())
        page = page_of(rows, limit, lambda row: Keyset(row.created_at, row.id))
        return Page(await self._told(user_id, page.items), page.next_cursor)

    async def some(self, user_id: UUID, ids: Sequence[UUID]) -> list[ToldNotification]:
        """Those of these ids that the tenant has and that are shown, oldest first."""
        statement = (
            select(Notification)
            .where(
                Notification.user_id == user_id,
                Notification.id.in_(list(ids)),
                Notification.in_app.in_(SHOWN),
            )
            .order_by(Notification.created_at)
        )
        return await self._told(user_id, list((await self._session.execute(statement)).scalars()))

    async def _told(self, user_id: UUID, rows: Sequence[Notification]) -> list[ToldNotification]:
        statement = (
            select(NotificationDelivery)
            .where(
                NotificationDelivery.user_id == user_id,
                NotificationDelivery.notification_id.in_([row.id for row in rows]),
            )
            .order_by(NotificationDelivery.channel)
        )
        held: dict[UUID, list[NotificationDelivery]] = {row.id: [] for row in rows}
        if rows:
            for delivery in (await self._session.execute(statement)).scalars():
                held[delivery.notification_id].append(delivery)
        return [ToldNotification(row, held[row.id]) for row in rows]

    async def unread(self, user_id: UUID) -> int:
        """How many were not read yet; those that came silently do not count."""
        statement = select(func.count()).where(
            Notification.user_id == user_id, Notification.read_at.is_(None), Notification.in_app == "on"
        )
        return int((await self._session.execute(statement)).scalar_one())

    async def mark_read(self, user_id: UUID, ids: Sequence[UUID] | None, now: datetime) -> int:
        """Note that these, or all, were read; returns how many were not before."""
        statement = update(Notification).where(
            Notification.user_id == user_id, Notification.read_at.is_(None)
        )
        if ids is not None:
            statement = statement.where(Notification.id.in_(list(ids)))
        marked = await self._session.execute(
            statement.values(read_at=now)
            .returning(Notification.id)
            .execution_options(synchronize_session=False)
        )
        return len(marked.all())

    async def add_test(
        self, user_id: UUID, channel: str, told: Mapping[str, str], now: datetime
    ) -> UUID | None:
        """Make a test message for one channel alone; None where one of the same key exists."""
        in_app = channel == "in_app"
        made = await self._session.execute(
            insert(Notification)
            .values(
                user_id=user_id,
                subject="",
                figures={},
                in_app="on",
                dispatched_at=now,
                read_at=None if in_app else now,
                **told,
            )
            .on_conflict_do_nothing()
            .returning(Notification.id)
        )
        notification_id: UUID | None = made.scalar_one_or_none()
        if notification_id is not None and not in_app:
            await self._session.execute(
                insert(NotificationDelivery).values(
                    user_id=user_id,
                    notification_id=notification_id,
                    channel=channel,
                    mode="on",
                    state="waiting",
                    available_at=now,
                )
            )
            await self._session.execute(select(func.pg_notify(DOORBELL, str(notification_id))))
        return notification_id


class NotificationWishRepository:
    """A tenant's settings."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def settings(self, user_id: UUID) -> NotificationSettings | None:
        """What was set; None where nothing ever was."""
        statement = select(NotificationSettings).where(NotificationSettings.user_id == user_id)
        found = await self._session.execute(statement.execution_options(populate_existing=True))
        return found.scalar_one_or_none()

    async def modes(self, user_id: UUID) -> dict[tuple[str, str], str]:
        """Mode by (event, channel), where the user chose one."""
        statement = select(NotificationPreference).where(NotificationPreference.user_id == user_id)
        rows = (await self._session.execute(statement)).scalars()
        return {(row.event, row.channel): row.mode for row in rows}

    async def set_modes(self, user_id: UUID, modes: Mapping[tuple[str, str], str]) -> None:
        """Store modes by (event, channel)."""
        if not modes:
            return
        rows = [
            {"user_id": user_id, "event": event, "channel": channel, "mode": mode}
            for (event, channel), mode in modes.items()
        ]
        statement = insert(NotificationPreference).values(rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id", "event", "channel"], set_={"mode": statement.excluded.mode}
            )
        )

    async def set(self, user_id: UUID, values: Mapping[str, object]) -> None:
        """Store columns of the settings."""
        if not values:
            return
        await self._session.execute(
            insert(NotificationSettings)
            .values(user_id=user_id, **values)
            .on_conflict_do_update(
                index_elements=[NotificationSettings.user_id], set_={**values, "updated_at": func.now()}
            )
        )


def _criteria(chosen: FeedFilter) -> list[ColumnElement[bool]]:
    criteria: list[ColumnElement[bool]] = []
    if chosen.levels is not None:
        criteria.append(Notification.level.in_(list(chosen.levels)))
    if chosen.events is not None:
        criteria.append(Notification.event.in_(list(chosen.events)))
    if chosen.wallet_id is not None:
        criteria.append(Notification.wallet_id == chosen.wallet_id)
    if chosen.unread:
        criteria.append(Notification.read_at.is_(None))
        criteria.append(Notification.in_app == "on")
    return criteria
