"""Background jobs of trading schedules: sessions of exchanges, and hours that open and close."""

import structlog

from app.bootstrap.market import CalendarsUnavailableError, MarketParts
from app.workers.signal_jobs import Context

log = structlog.get_logger(__name__)


async def refresh_calendars(context: Context) -> int:
    """Read the sessions of exchanges once a day; does no harm when run twice. Returns of how many."""
    parts: MarketParts = context["parts"]
    try:
        return await parts.refresh_calendars()
    except CalendarsUnavailableError as error:
        log.warning("the sessions of exchanges are read later", error=str(error))
        return 0


async def mind_schedules(context: Context) -> int:
    """Keep schedules at work; does no harm when run twice. Returns how many owners were told."""
    parts: MarketParts = context["parts"]
    return await parts.mind_schedules()


async def mind_funding(context: Context) -> int:
    """Keep positions out of fundings that cost too much; does no harm when run twice. Returns how many are new."""
    parts: MarketParts = context["parts"]
    return await parts.mind_funding()
