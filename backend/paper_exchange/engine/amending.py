"""Changing an open limit order's price and quantity; it goes to the end of the queue at its price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.events import Execution, OrderChanged
from paper_exchange.engine.filters import (
    check_band,
    check_fresh,
    check_price,
    check_price_match,
    check_quantity,
    check_side,
    matched_price,
)
from paper_exchange.engine.instructions import PriceMatch
from paper_exchange.engine.market import Market
from paper_exchange.engine.matching import crosses
from paper_exchange.engine.orders import Amendment, Order, OrderStatus, OrderType, TimeInForce
from paper_exchange.engine.placement import Checked, Terms, check_means, match, reducible
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.settlement import finish
from paper_exchange.engine.state import State


@dataclass(frozen=True, slots=True)
class AmendRequest:
    """The order as it should become; `reduce_only` None means that nothing was said about it."""

    symbol: str
    side: str
    order_id: int | None = None
    client_id: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    price_match: str = PriceMatch.NONE.value
    reduce_only: bool | None = None
    modify_id: int | None = None


def amend(state: State, account: Account, request: AmendRequest, now: int) -> Order:
    """Change the order, or leave it as it is and refuse.

    It is cancelled instead when no more is wanted than has been filled, or when post-only would now take.
    """
    if request.quantity is None:
        raise VenueError(Refusal.MANDATORY, "quantity")
    if request.price is None and request.price_match == PriceMatch.NONE:
        raise VenueError(Refusal.MANDATORY, "price")
    market = state.market(request.symbol)
    check_fresh(market)
    side = check_side(request.side)
    if request.order_id is None and request.client_id is None:
        raise VenueError(Refusal.NEITHER_ID)
    order = account.find_order(request.order_id, request.client_id)
    if order is None or not order.is_open or order.symbol != market.symbol or order.side is not side:
        raise VenueError(Refusal.NO_SUCH_ORDER)
    if order.type is not OrderType.LIMIT:
        raise VenueError(Refusal.LIMIT_ORDERS_ONLY)
    if order.amendments >= market.contract.max_amendments:
        raise VenueError(Refusal.TOO_MANY_AMENDMENTS)
    quantity, price = _wanted(market, order, request)
    if quantity <= order.filled or (order.time_in_force is TimeInForce.GTX and crosses(market, side, price)):
        finish(state, account, order, OrderStatus.CANCELED, now)
        return order
    _check_means_without(state, account, market, order, quantity, price)
    _apply(state, account, order, quantity, price, request, now)
    order.price_match = PriceMatch(request.price_match)
    match(state, account, order, market, crosses(market, side, price), now)
    return order


def _wanted(market: Market, order: Order, request: AmendRequest) -> tuple[Decimal, Decimal]:
    """The new quantity and price, past every filter."""
    quantity = check_quantity(market, request.quantity)
    mode = check_price_match(request.price_match, request.price, takes_limit=True)
    matched = mode is not PriceMatch.NONE
    price = matched_price(market, order.side, mode) if matched else check_price(market, request.price)
    check_band(market, order.side, price)
    if request.reduce_only and not order.reduce_only:
        raise VenueError(Refusal.NOT_A_REDUCTION)
    if quantity == order.quantity and price == order.price:
        raise VenueError(Refusal.NOTHING_TO_AMEND)
    if not request.reduce_only and quantity * price < market.contract.min_notional:
        raise VenueError(Refusal.NOTIONAL_TOO_SMALL, market.contract.min_notional)
    return quantity, price


def _check_means_without(
    state: State, account: Account, market: Market, order: Order, quantity: Decimal, price: Decimal
) -> None:
    """Whether the account could place the changed order if it did not have the present one."""
    others = {number: one for number, one in account.open_orders.items() if one is not order}
    without = replace(account, open_orders=others)
    left = quantity - order.filled
    if order.reduce_only and left > reducible(without, order.symbol, order.position_side, order.side):
        raise VenueError(Refusal.REDUCE_ONLY_REJECTED)
    terms = Terms(order.good_till_ms, order.self_trade_prevention, order.price_match)
    check_means(
        state,
        without,
        Checked(
            market,
            order.side,
            order.type,
            order.time_in_force,
            left,
            price,
            order.reduce_only,
            terms,
            order.position_side,
        ),
    )


def _apply(
    state: State,
    account: Account,
    order: Order,
    quantity: Decimal,
    price: Decimal,
    request: AmendRequest,
    now: int,
) -> None:
    made = Amendment(
        id=state.counters.next_amendment(),
        account=account.id,
        order_id=order.id,
        client_id=order.client_id,
        symbol=order.symbol,
        time_ms=now,
        price_before=order.price,
        price_after=price,
        quantity_before=order.quantity,
        quantity_after=quantity,
        count=order.amendments + 1,
        modify_id=request.modify_id,
    )
    state.markets[order.symbol].resting(order.side).remove(order)
    order.quantity, order.price, order.amendments = quantity, price, made.count
    order.updated_ms = now
    state.changes.amendments.append(made)
    state.changes.orders[order.id] = order
    state.emit(OrderChanged(account, order, Execution.AMENDMENT, now, modify_id=request.modify_id))
