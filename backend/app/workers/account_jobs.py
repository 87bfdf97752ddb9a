"""Background jobs of accounts: exports, time zones and deletions whose day has come."""

from uuid import UUID

from app.bootstrap.market import MarketParts
from app.workers.signal_jobs import Context


async def run_export(context: Context, user_id: str, export_id: str) -> bool:
    """Make an export; whether this call made it. Does no harm when run twice."""
    parts: MarketParts = context["parts"]
    return await parts.run_export(UUID(user_id), UUID(export_id))


async def sweep_exports(context: Context) -> int:
    """Ring for exports whose job was lost, and let go of old files; returns how many were rung for."""
    parts: MarketParts = context["parts"]
    return await parts.sweep_exports()


async def apply_accounts(context: Context) -> int:
    """Let time zones act and erase accounts whose day has come; does no harm when run twice. Returns how many."""
    parts: MarketParts = context["parts"]
    return sum(await parts.apply_accounts())
