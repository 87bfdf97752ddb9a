"""The daily summary: one message per user, environment and day, at the hour that the user chose for the digest."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from app.core.db import Database
from app.domain.notification_events import UNKNOWN, NotificationEvent
from app.repositories.daily_summaries import DayOfUser, SystemDailySummaryRepository
from app.repositories.notifications import NotificationOutbox

DAY: Final = timedelta(days=1)
CENTS: Final = Decimal("0.01")


async def tell_daily_summaries(system: Database, now: datetime) -> int:
    """Tell everybody whose hour has come, once a day; returns how many were told."""
    async with system.system() as session:
        days = await SystemDailySummaryRepository(session).due(now, now - DAY)
        told = NotificationOutbox(session)
        for day in days:
            await told.emit(
                day.user_id,
                NotificationEvent.DAILY_SUMMARY,
                dedupe_key=f"{day.environment}:{day.day.isoformat()}",
                figures=_figures(day),
                subject=day.environment,
            )
    return len(days)


def _figures(day: DayOfUser) -> dict[str, str]:
    return {
        "environment": day.environment.capitalize(),
        "closed": str(day.closed),
        "winners": str(day.winners),
        "net_pnl": f"{day.net.quantize(CENTS):+,f} {day.currency}",
        "fees": f"{day.fees.quantize(CENTS):,f} {day.currency}",
        "opened": str(day.opened),
        "open": str(day.open),
        "refused": str(day.refused),
        "equity": UNKNOWN if day.equity is None else f"{day.equity.quantize(CENTS):,f} USD",
    }
