"""The log's word on orders that move real money."""

import structlog

from app.adapters.exchange.venues import VenueProfile
from app.domain.venue import OrderTicket

log = structlog.get_logger(__name__)


def tell_real_money(profile: VenueProfile, ticket: OrderTicket, purpose: str) -> None:
    """Log an order (`purpose`: entry, stop or exit) before it leaves; nothing where the venue is simulated."""
    if not profile.is_real:
        return
    log.warning(
        "REAL MONEY: an order leaves",
        purpose=purpose,
        venue=profile.id,
        order=ticket.client_order_id,
        symbol=ticket.symbol,
        side=ticket.side.value,
        quantity=f"{ticket.quantity:f}",
        limit_price=None if ticket.limit_price is None else f"{ticket.limit_price:f}",
        trigger_price=None if ticket.trigger_price is None else f"{ticket.trigger_price:f}",
    )
