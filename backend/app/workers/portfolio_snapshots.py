"""Background jobs of analytics: snapshots on the clock, and those that were missed."""

from app.bootstrap.market import MarketParts
from app.workers.signal_jobs import Context


async def take_snapshots(context: Context) -> int:
    """Take what portfolios are worth; returns how many snapshots that gave."""
    parts: MarketParts = context["parts"]
    return await parts.snapshots().take()


async def rebuild_missed_snapshots(context: Context) -> int:
    """Rebuild missed snapshots from fills and candles; returns how many there were."""
    parts: MarketParts = context["parts"]
    return await parts.snapshots().rebuild_missed()


async def keep_snapshots(context: Context) -> None:
    """Make the months to come, and drop what is older than is kept."""
    parts: MarketParts = context["parts"]
    await parts.snapshots().keep_house()
