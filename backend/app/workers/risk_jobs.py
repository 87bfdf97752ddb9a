"""Background jobs of risk: loosenings that act once their day has come, and what symbols have to do with each other."""

import structlog

from app.bootstrap.market import MarketParts
from app.domain.venue import VenueUnavailableError
from app.workers.signal_jobs import Context

log = structlog.get_logger(__name__)


async def apply_loosenings(context: Context) -> int:
    """Let loosenings act that are due; does no harm when run twice. Returns how many did."""
    parts: MarketParts = context["parts"]
    return await parts.apply_loosenings()


async def refresh_symbol_statistics(context: Context) -> int:
    """Compute correlations and volatilities again; does no harm when run twice. Returns how many pairs."""
    parts: MarketParts = context["parts"]
    try:
        return await parts.refresh_symbol_statistics()
    except VenueUnavailableError as error:
        log.warning("correlations wait for the next round", error=str(error))
        return 0


async def resolve_counterfactuals(context: Context) -> int:
    """Walk on what our rules would have done with positions closed by hand; returns how many are known now."""
    parts: MarketParts = context["parts"]
    return await parts.resolve_counterfactuals()


async def find_excursions(context: Context) -> int:
    """Read how far closed trades ran; does no harm when run twice. Returns of how many it is known now."""
    parts: MarketParts = context["parts"]
    return await parts.find_excursions()
