"""Background jobs of health: what the scores of open positions need, and how the platform itself does."""

from app.bootstrap.market import MarketParts
from app.workers.signal_jobs import Context


async def refresh_position_health(context: Context) -> int:
    """Read and keep; does no harm when run twice. Returns how many positions fell to a worse band."""
    parts: MarketParts = context["parts"]
    return await parts.refresh_position_health()


async def watch_platform(context: Context) -> int:
    """Tell administrators of readings at or beyond their limit, once an hour each. Returns how many there are."""
    parts: MarketParts = context["parts"]
    return await parts.watch_platform()
