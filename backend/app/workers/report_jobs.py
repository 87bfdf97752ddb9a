"""Background jobs of reports: one made at a time, and the sweep that schedules and lets go of them."""

from uuid import UUID

from app.bootstrap.market import MarketParts
from app.workers.signal_jobs import Context


async def run_report(context: Context, user_id: str, report_id: str) -> bool:
    """Make a report; whether this call made it. Does no harm when run twice."""
    parts: MarketParts = context["parts"]
    return await parts.run_report(UUID(user_id), UUID(report_id))


async def sweep_reports(context: Context) -> int:
    """Begin the reports of a month that ended, and ring for those whose job was lost; returns for how many."""
    parts: MarketParts = context["parts"]
    return await parts.sweep_reports()
