"""Background jobs of health: what the scores of open positions need, how the platform itself does, what wallets did
in the hour that ended, and each user's day."""

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


async def watch_activity(context: Context) -> int:
    """Judge the hour that ended; does no harm when run twice. Returns in how many wallets something stood out."""
    parts: MarketParts = context["parts"]
    return await parts.watch_activity()


async def tell_daily_summaries(context: Context) -> int:
    """Sum up days whose hour has come; does no harm when run twice. Returns how many users were told."""
    parts: MarketParts = context["parts"]
    return await parts.tell_daily_summaries()
