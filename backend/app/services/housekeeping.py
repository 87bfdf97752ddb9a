"""Keeps tables small and ready: partitions of the months to come, and an end to what is done."""

from datetime import datetime, timedelta

from app.core.db import Database
from app.repositories.retention import SystemRetentionRepository

MONTHS_AHEAD = 3
OUTBOX_KEPT = timedelta(days=7)
LINKS_KEPT = timedelta(days=30)
NOTIFICATIONS_AT_ONCE = 5_000


async def keep_house(
    system: Database,
    now: datetime,
    execution_log_days: int = 0,
    notification_days: int = 0,
    batch: int = NOTIFICATIONS_AT_ONCE,
) -> None:
    """Does no harm when run twice or at once. Months of the execution log that are wholly older than so many
    days are dropped, and what users were told before so many days, in transactions of bounded size; 0 keeps all."""
    async with system.system() as session:
        retention = SystemRetentionRepository(session)
        await retention.ensure_execution_log_partitions(now.date(), MONTHS_AHEAD)
        if execution_log_days:
            await retention.drop_execution_log_partitions((now - timedelta(days=execution_log_days)).date())
        await retention.drop_done_work(now - OUTBOX_KEPT)
        await retention.drop_old_links(now - LINKS_KEPT)
    if notification_days:
        await _drop_notifications(system, now - timedelta(days=notification_days), batch)


async def _drop_notifications(system: Database, before: datetime, batch: int) -> None:
    dropped = batch
    while dropped == batch:
        async with system.system() as session:
            dropped = await SystemRetentionRepository(session).drop_notifications(before, batch)
