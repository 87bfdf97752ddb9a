"""Asking the venue for an order by its client id, until it is found or can no longer arrive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.order_states import OrderView, not_found_means
from app.domain.types import OrderLeg, OrderStatus, OrderType
from app.domain.venue import VenueOrder
from app.models.order import Order
from app.services.ports import ExchangeGateway

ASK_AGAIN_SECONDS = 0.1
MOST_ASK_AGAIN_SECONDS = 1.0
PATIENCE = 0.5  # of the time since the order was sent
LATEST_DOUBT = timedelta(seconds=30)
MOST_ASKED = 5  # orders of the account's last trades
RESTING = (OrderStatus.OPEN, OrderStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class Absent:
    """The venue knows no such order. `status` is what that means; None while it may still arrive, and then
    `wait_seconds` is when to ask again."""

    status: OrderStatus | None
    wait_seconds: float = ASK_AGAIN_SECONDS


def seconds_until_absence_counts(order: Order, margin_ms: int, now: datetime) -> float:
    """How long a venue whose reads lag may still not show an order that it took; <= 0 once it would have to."""
    if order.deadline is None:
        return 0.0
    return (_ms(order.deadline) + margin_ms - _ms(now)) / 1000


async def find_order(
    gateway: ExchangeGateway, margin_ms: int, order: Order, now: datetime
) -> VenueOrder | Absent:
    """Return the order as the venue shows it, or what its absence means `margin_ms` after its deadline.

    Raises VenueUnavailableError when the venue gives no certain answer.
    """
    conditional = order.order_type == OrderType.STOP_MARKET
    found = await gateway.find_order(order.symbol, order.client_order_id, conditional=conditional)
    if found is not None:
        return found
    if order.status in RESTING:
        left = seconds_until_absence_counts(order, margin_ms, now)
        return Absent(OrderStatus.CANCELED) if left <= 0 else Absent(None, min(left, ASK_AGAIN_SECONDS * 3))
    if order.status != OrderStatus.SENDING or order.deadline is None:
        raise ValueError(f"{order.client_order_id} is {order.status}: there is nothing to ask about")
    meaning = not_found_means(
        _view(order),
        now_ms=_ms(now),
        deadline_ms=_ms(order.deadline),
        margin_ms=margin_ms,
    )
    if meaning is None:
        return Absent(None, seconds_to_the_next_question(order, margin_ms, now))
    for working in await gateway.open_orders(order.symbol):
        if working.client_order_id == order.client_order_id:
            return working
    if not conditional and now < order.deadline + LATEST_DOUBT:
        traded = await _among_the_trades(gateway, order)
        if traded is not None:
            return traded
    return Absent(meaning)


def seconds_to_the_next_question(order: Order, margin_ms: int, now: datetime) -> float:
    """Soon at first, then rarer, and at the moment at which its absence counts. An order that was just sent arrives
    within moments or hardly any more; each question takes time from stops that others wait for."""
    since = 0.0 if order.sent_at is None else (now - order.sent_at).total_seconds()
    wait = min(max(PATIENCE * since, ASK_AGAIN_SECONDS), MOST_ASK_AGAIN_SECONDS)
    return max(min(wait, seconds_until_absence_counts(order, margin_ms, now)), 0.01)


async def _among_the_trades(gateway: ExchangeGateway, order: Order) -> VenueOrder | Absent | None:
    """The order, where one of the account's trades on that side since it was decided is its own. A trade whose order
    the venue does not show might be: then it is looked for a while longer. None where every one is another's."""
    if order.market_time is None:
        return None
    candidates: dict[str, None] = {}
    for fill in await gateway.fills(order.symbol):
        if fill.side == order.side and fill.executed_at >= order.market_time:
            candidates[fill.exchange_order_id] = None
    for exchange_order_id in list(candidates)[-MOST_ASKED:]:
        shown = await gateway.order_by_venue_id(order.symbol, exchange_order_id)
        if shown is None:
            return Absent(None, ASK_AGAIN_SECONDS * 5)
        if shown.client_order_id == order.client_order_id:
            return shown
    return None


def _view(order: Order) -> OrderView:
    return OrderView(
        client_order_id=order.client_order_id,
        leg=OrderLeg(order.leg),
        attempt=order.attempt,
        status=OrderStatus(order.status),
        quantity=order.quantity,
    )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
