"""What every order is asked first: its words, and the contract's filters on quantity and price."""

from __future__ import annotations

import re
from decimal import Decimal

from paper_exchange.engine.market import Market
from paper_exchange.engine.orders import ConditionalType, OrderType, Side, TimeInForce
from paper_exchange.engine.refusals import Refusal, VenueError

CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
ELSEWHERE = frozenset({kind.value for kind in ConditionalType} | {"TRAILING_STOP_MARKET"})


def check_side(side: str) -> Side:
    try:
        return Side(side)
    except ValueError:
        raise VenueError(Refusal.BAD_SIDE) from None


def check_type(order_type: str) -> OrderType:
    if order_type in ELSEWHERE:
        raise VenueError(Refusal.CONDITIONAL_ELSEWHERE)
    try:
        return OrderType(order_type)
    except ValueError:
        raise VenueError(Refusal.BAD_ORDER_TYPE) from None


def check_time_in_force(order_type: OrderType, time_in_force: str | None) -> TimeInForce:
    if time_in_force is None:
        if order_type is OrderType.LIMIT:
            raise VenueError(Refusal.MANDATORY, "timeinforce")
        return TimeInForce.GTC
    try:
        return TimeInForce(time_in_force)
    except ValueError:
        raise VenueError(Refusal.BAD_TIME_IN_FORCE) from None


def check_position_side(position_side: str) -> None:
    if position_side != "BOTH":
        raise VenueError(Refusal.POSITION_SIDE_MISMATCH)


def check_client_id(client_id: str | None) -> None:
    if client_id is not None and not CLIENT_ID.fullmatch(client_id):
        raise VenueError(Refusal.BAD_CLIENT_ID)


def check_quantity(market: Market, quantity: Decimal | None) -> Decimal:
    if quantity is None:
        raise VenueError(Refusal.MANDATORY, "quantity")
    if quantity <= 0:
        raise VenueError(Refusal.QUANTITY_NOT_POSITIVE)
    if quantity % market.contract.step:
        raise VenueError(Refusal.PRECISION)
    if quantity > market.contract.max_quantity:
        raise VenueError(Refusal.QUANTITY_TOO_LARGE)
    return quantity


def check_price(market: Market, price: Decimal | None, name: str) -> Decimal:
    if price is None:
        raise VenueError(Refusal.MANDATORY, name)
    if price <= 0:
        raise VenueError(Refusal.PRICE_NOT_POSITIVE)
    if price % market.contract.tick:
        raise VenueError(Refusal.PRICE_OFF_TICK)
    return price


def check_band(market: Market, side: Side, price: Decimal) -> None:
    """A limit may not be far beyond mark on its own taking side."""
    contract = market.contract
    highest, lowest = market.mark * contract.band_up, market.mark * contract.band_down
    if side is Side.BUY and price > highest:
        raise VenueError(Refusal.PRICE_TOO_HIGH, contract.price_text(highest))
    if side is Side.SELL and price < lowest:
        raise VenueError(Refusal.PRICE_TOO_LOW, contract.price_text(lowest))
