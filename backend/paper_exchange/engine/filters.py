"""What every order is asked first: its words, and the contract's filters on quantity and price."""

from __future__ import annotations

import re
from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.instructions import (
    LAST_GOOD_TILL_MS,
    LEAST_LIFE_MS,
    PriceMatch,
    SelfTradePrevention,
)
from paper_exchange.engine.market import Market
from paper_exchange.engine.orders import ConditionalType, OrderType, PositionSide, Side, TimeInForce
from paper_exchange.engine.refusals import Refusal, VenueError

CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
ELSEWHERE = frozenset(kind.value for kind in ConditionalType)
SECOND_MS = 1_000


def check_fresh(market: Market) -> None:
    """Nothing is dealt at a price that is no longer the market's."""
    if market.stale_since_ms is not None:
        raise VenueError(Refusal.STALE_FEED, market.symbol, market.stale_after_seconds)


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


def check_position_side(account: Account, position_side: str) -> PositionSide:
    """Hedge mode wants LONG or SHORT, one-way mode BOTH."""
    try:
        side = PositionSide(position_side)
    except ValueError:
        raise VenueError(Refusal.BAD_POSITION_SIDE) from None
    if side not in account.sides:
        raise VenueError(Refusal.POSITION_SIDE_MISMATCH)
    return side


def check_client_id(client_id: str | None) -> None:
    if client_id is not None and not CLIENT_ID.fullmatch(client_id):
        raise VenueError(Refusal.BAD_CLIENT_ID)


def check_self_trade_prevention(mode: str) -> SelfTradePrevention:
    try:
        return SelfTradePrevention(mode)
    except ValueError:
        raise VenueError(Refusal.BAD_SELF_TRADE_PREVENTION) from None


def check_price_match(price_match: str, price: Decimal | None, takes_limit: bool) -> PriceMatch:
    """NONE, or a mode for an order that has a limit and was sent without a price."""
    try:
        mode = PriceMatch(price_match)
    except ValueError:
        raise VenueError(Refusal.BAD_PRICE_MATCH) from None
    if mode is not PriceMatch.NONE:
        if not takes_limit:
            raise VenueError(Refusal.PRICE_MATCH_NEEDS_LIMIT)
        if price is not None:
            raise VenueError(Refusal.NOT_REQUIRED, "price")
    return mode


def check_good_till(time_in_force: TimeInForce, good_till_ms: int | None, now_ms: int) -> int | None:
    """The moment a GTD order ends, cut to whole seconds; None for every other.

    `now_ms` is on the clock that the deadline is meant by.
    """
    if time_in_force is not TimeInForce.GTD:
        if good_till_ms:
            raise VenueError(Refusal.NOT_REQUIRED, "goodtilldate")
        return None
    if good_till_ms is None:
        raise VenueError(Refusal.MANDATORY, "goodtilldate")
    if not now_ms + LEAST_LIFE_MS < good_till_ms < LAST_GOOD_TILL_MS:
        raise VenueError(Refusal.BAD_GOOD_TILL_DATE)
    return good_till_ms - good_till_ms % SECOND_MS


def check_quantity(market: Market, quantity: Decimal | None, at_market: bool = False) -> Decimal:
    """LOT_SIZE, or MARKET_LOT_SIZE for an order that takes at any price."""
    if quantity is None:
        raise VenueError(Refusal.MANDATORY, "quantity")
    if quantity <= 0:
        raise VenueError(Refusal.QUANTITY_NOT_POSITIVE)
    contract = market.contract
    if quantity % contract.step:
        raise VenueError(Refusal.PRECISION)
    if quantity > (contract.max_market_quantity if at_market else contract.max_quantity):
        raise VenueError(Refusal.QUANTITY_TOO_LARGE)
    return quantity


def check_price(market: Market, price: Decimal | None, name: str = "price") -> Decimal:
    """PRICE_FILTER."""
    if price is None:
        raise VenueError(Refusal.MANDATORY, name)
    if price <= 0:
        raise VenueError(Refusal.PRICE_NOT_POSITIVE)
    if price > market.contract.max_price:
        raise VenueError(Refusal.PRICE_TOO_LARGE)
    if price % market.contract.order_tick:
        raise VenueError(Refusal.PRICE_OFF_TICK)
    return price


def check_trigger(market: Market, trigger: Decimal | None, name: str = "triggerprice") -> Decimal:
    """PRICE_FILTER with the codes that the venue has for stop prices."""
    if trigger is not None and trigger <= 0:
        raise VenueError(Refusal.TRIGGER_NOT_POSITIVE)
    if trigger is not None and trigger > market.contract.max_price:
        raise VenueError(Refusal.TRIGGER_TOO_LARGE)
    return check_price(market, trigger, name)


def check_band(market: Market, side: Side, price: Decimal) -> None:
    """PERCENT_PRICE: a limit may not be far beyond mark on its own taking side."""
    contract = market.contract
    highest, lowest = market.mark * contract.band_up, market.mark * contract.band_down
    if side is Side.BUY and price > highest:
        raise VenueError(Refusal.PRICE_TOO_HIGH, contract.price_text(highest))
    if side is Side.SELL and price < lowest:
        raise VenueError(Refusal.PRICE_TOO_LOW, contract.price_text(lowest))


def check_trigger_band(market: Market, side: Side, price: Decimal, trigger: Decimal) -> None:
    """The limit that a stop will become may not be far beyond its trigger on its own taking side."""
    contract = market.contract
    highest, lowest = trigger * contract.band_up, trigger * contract.band_down
    if side is Side.BUY and price > highest:
        raise VenueError(Refusal.ABOVE_TRIGGER_BAND, contract.price_text(highest))
    if side is Side.SELL and price < lowest:
        raise VenueError(Refusal.BELOW_TRIGGER_BAND, contract.price_text(lowest))


def check_market_bound(market: Market, side: Side) -> None:
    """PERCENT_PRICE of a market order: the best price it would take may not be far from mark."""
    bound = market.contract.market_take_bound
    if side is Side.BUY and market.best_ask > market.mark * (1 + bound):
        raise VenueError(Refusal.BEST_PRICE_OUTSIDE_BAND)
    if side is Side.SELL and market.best_bid < market.mark * (1 - bound):
        raise VenueError(Refusal.BEST_PRICE_OUTSIDE_BAND)


def matched_price(market: Market, side: Side, mode: PriceMatch) -> Decimal:
    """The book's price that the mode names, for an order of that side."""
    of_bids = (side is Side.SELL) == mode.is_of_opponent
    levels = list(market.book.bids if of_bids else market.book.asks)
    if len(levels) < mode.level:
        raise VenueError(Refusal.NO_DEPTH_TO_MATCH)
    return market.contract.price(levels[mode.level - 1])
