"""What fees are worth that a venue takes in its own coin."""

from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal

import structlog

from app.adapters.exchange import dialect
from app.adapters.exchange.reading import understood
from app.domain.venue import VenueUnavailableError

log = structlog.get_logger(__name__)


async def dollars_of(
    coins: Collection[str], premium: Callable[[str], Awaitable[dialect.Row]]
) -> dict[str, Decimal | None]:
    """Return what each of the coins that is no dollar is worth now, by the venue's mark price (`premium`); None where
    the venue does not say: a fill waits for no price."""
    found: dict[str, Decimal | None] = {}
    for coin in sorted(set(coins) - dialect.DOLLARS):
        try:
            row = await premium(f"{coin}{dialect.BALANCE_ASSET}")
            found[coin] = understood(row, lambda shown: dialect.positive(shown.get("markPrice")))
        except VenueUnavailableError as error:
            log.warning("what a fee is worth is not known", coin=coin, error=str(error))
            found[coin] = None
    return found
