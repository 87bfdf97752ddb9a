"""Background jobs of risk: loosenings that act once their day has come."""

from app.bootstrap.market import MarketParts
from app.workers.signal_jobs import Context


async def apply_loosenings(context: Context) -> int:
    """Let loosenings act that are due; does no harm when run twice. Returns how many did."""
    parts: MarketParts = context["parts"]
    return await parts.apply_loosenings()
