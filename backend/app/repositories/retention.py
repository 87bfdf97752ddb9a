"""What is made ahead of time, and what is not kept for ever."""

from datetime import date, datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.notification import Notification, NotificationDelivery
from app.models.outbox import Outbox
from app.models.user import EmailToken


class SystemRetentionRepository:
    """Over every tenant's rows."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def ensure_execution_log_partitions(self, start: date, months: int) -> None:
        """Make the partitions of the month of `start` and of `months` more."""
        await self._session.execute(select(func.ensure_execution_log_partitions(start, months)))

    async def drop_execution_log_partitions(self, before: date) -> int:
        """Drop the months of the execution log that lie wholly before that day; returns how many."""
        found = await self._session.execute(select(func.drop_execution_log_partitions(before)))
        return int(found.scalar_one())

    async def drop_done_work(self, before: datetime) -> None:
        """Delete outbox rows that were processed before that time."""
        await self._session.execute(
            delete(Outbox).where(Outbox.processed_at < before).execution_options(synchronize_session=False)
        )

    async def drop_notifications(self, before: datetime, most: int) -> int:
        """Delete at most so many of what users were told before that time, and how it was delivered; what still has
        to be told stays. Returns how many."""
        waiting = exists().where(
            NotificationDelivery.notification_id == Notification.id,
            NotificationDelivery.state.in_(("waiting", "sending")),
        )
        batch = (
            select(Notification.id)
            .where(Notification.created_at < before, Notification.dispatched_at.is_not(None), ~waiting)
            .limit(most)
            .with_for_update(skip_locked=True)
            # read once: a subquery that a plan asks again finds others each time, and never ends at `most`
            .cte("batch")
        )
        gone = await self._session.execute(
            delete(Notification)
            .where(Notification.id.in_(select(batch.c.id)))
            .returning(Notification.id)
            .execution_options(synchronize_session=False)
        )
        return len(gone.all())

    async def drop_old_links(self, before: datetime) -> None:
        """Delete mailed links that expired before that time."""
        await self._session.execute(
            delete(EmailToken)
            .where(EmailToken.expires_at < before)
            .execution_options(synchronize_session=False)
        )
