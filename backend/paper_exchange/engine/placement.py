"""Taking in an order: the venue's checks in the venue's order, then matching."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine import margin
from paper_exchange.engine.accounts import Account
from paper_exchange.engine.events import Execution, OrderChanged
from paper_exchange.engine.filters import (
    check_band,
    check_client_id,
    check_fresh,
    check_good_till,
    check_market_bound,
    check_position_side,
    check_price,
    check_price_match,
    check_quantity,
    check_self_trade_prevention,
    check_side,
    check_time_in_force,
    check_type,
    matched_price,
)
from paper_exchange.engine.instructions import ExpiryReason, PriceMatch, SelfTradePrevention
from paper_exchange.engine.market import Market
from paper_exchange.engine.matching import crosses, fillable_now, rest, take
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import (
    Conditional,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
)
from paper_exchange.engine.prevention import meet_own
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.settlement import finish
from paper_exchange.engine.state import State

IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long the order lives (wall clock), and what it does when it meets an own one."""

    good_till_ms: int | None
    prevention: SelfTradePrevention
    price_match: PriceMatch


@dataclass(frozen=True, slots=True)
class Checked:
    """A request that passed.

    `limit` is None for a market order, `quantity` is trimmed to what may be reduced.
    """

    market: Market
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit: Decimal | None
    reduces: bool
    terms: Terms
    position_side: PositionSide


def check_reducing(position_side: PositionSide, side: Side, reduce_only: bool, close_position: bool) -> bool:
    """Whether the order may only reduce; in hedge mode its side alone says so, and asking is refused."""
    if position_side is PositionSide.BOTH:
        return reduce_only or close_position
    if reduce_only:
        raise VenueError(Refusal.NOT_REQUIRED, "reduceonly")
    reduces = side is not position_side.opening
    if close_position and not reduces:
        raise VenueError(Refusal.CLOSE_NOT_REDUCING)
    return reduces


def reducible(account: Account, symbol: str, position_side: PositionSide, side: Side) -> Decimal:
    """How much an order of that side may still reduce, other reduce-only orders set aside."""
    held = account.reducible_by(symbol, position_side, side)
    spoken_for = sum(
        (
            order.remaining
            for order in account.orders_on(symbol)
            if order.reduce_only and order.side is side and order.position_side is position_side
        ),
        ZERO,
    )
    return max(ZERO, held - spoken_for)


def _sized(
    account: Account, request: OrderRequest, quantity: Decimal, whose: PositionSide, side: Side
) -> Decimal:
    """The quantity of an order that reduces: cut to what may be reduced, which hedge mode refuses to do."""
    allowed = reducible(account, request.symbol, whose, side)
    if allowed <= 0:
        raise VenueError(Refusal.REDUCE_ONLY_REJECTED)
    if request.close_position:
        return allowed
    if quantity > allowed and whose is not PositionSide.BOTH:
        raise VenueError(Refusal.REDUCE_ONLY_REJECTED)
    return min(quantity, allowed)


def check_mandatory(request: OrderRequest) -> None:
    """What an order of that type cannot do without, and what it has no use for."""
    is_limit = request.type == OrderType.LIMIT
    if is_limit and request.time_in_force is None:
        raise VenueError(Refusal.MANDATORY, "timeinforce")
    is_sized = is_limit or request.type == OrderType.MARKET
    if is_sized and request.quantity is None and not request.close_position:
        raise VenueError(Refusal.MANDATORY, "quantity")
    if is_limit and request.price is None and request.price_match == PriceMatch.NONE:
        raise VenueError(Refusal.MANDATORY, "price")
    if request.type == OrderType.MARKET:
        if request.time_in_force is not None:
            raise VenueError(Refusal.NOT_REQUIRED, "timeinforce")
        if request.price is not None:
            raise VenueError(Refusal.NOT_REQUIRED, "price")


def check(
    state: State, account: Account, request: OrderRequest, now: int, origin: Conditional | None = None
) -> Checked:
    """Everything that does not depend on the account's means, in the venue's order."""
    check_mandatory(request)
    market = state.market(request.symbol)
    check_fresh(market)
    side = check_side(request.side)
    order_type = check_type(request.type)
    time_in_force = check_time_in_force(order_type, request.time_in_force)
    if request.close_position and origin is None:
        raise VenueError(Refusal.CLOSE_NEEDS_MARKET_STOP, order_type)
    is_limit = order_type is OrderType.LIMIT
    price_match = check_price_match(request.price_match, request.price, is_limit)
    prevention = check_self_trade_prevention(request.self_trade_prevention)
    received = request.received_ms if request.received_ms is not None else now
    good_till = (
        check_good_till(time_in_force, request.good_till_ms, received)
        if origin is None
        else request.good_till_ms
    )
    whose = check_position_side(account, request.position_side)
    check_client_id(request.client_id)
    if request.client_id is not None and request.client_id in account.open_by_client_id:
        raise VenueError(Refusal.DUPLICATE_CLIENT_ID)
    quantity = ZERO
    if not request.close_position:
        quantity = check_quantity(market, request.quantity, at_market=not is_limit)
    limit = None
    if is_limit:
        limit = (
            matched_price(market, side, price_match)
            if price_match is not PriceMatch.NONE
            else check_price(market, request.price)
        )
        check_band(market, side, limit)
    elif origin is None:
        # A stop that fired into a gap fills after the gap; it is not turned away for the gap's sake.
        check_market_bound(market, side)
    reduces = check_reducing(whose, side, request.reduce_only, request.close_position)
    if reduces:
        quantity = _sized(account, request, quantity, whose, side)
    terms = Terms(good_till, prevention, price_match)
    return Checked(market, side, order_type, time_in_force, quantity, limit, reduces, terms, whose)


def _reference(checked: Checked) -> Decimal:
    """The price (USDT) at which the order is weighed: its limit, or the price it would first take."""
    if checked.limit is not None:
        return checked.limit
    return checked.market.best_ask if checked.side is Side.BUY else checked.market.best_bid


def check_book(checked: Checked) -> bool:
    """Whether the order takes at once; refuses post-only that would, and fill-or-kill that cannot."""
    takes = crosses(checked.market, checked.side, checked.limit)
    if checked.time_in_force is TimeInForce.GTX and takes:
        raise VenueError(Refusal.POST_ONLY_WOULD_TAKE)
    if (
        checked.time_in_force is TimeInForce.FOK
        and checked.limit is not None
        and fillable_now(checked.market, checked.side, checked.limit) < checked.quantity
    ):
        raise VenueError(Refusal.FOK_NOT_FILLABLE)
    return takes


def check_means(state: State, account: Account, checked: Checked) -> None:
    """Leverage bracket and margin of an order that may add exposure, beside the orders already open.

    It needs (notional added / leverage + loss against mark on what is added + taker fee).
    """
    if checked.reduces:
        return
    market, price, whose = checked.market, _reference(checked), checked.position_side
    leverage = account.leverage(market.symbol)
    held = account.amount(market.symbol, whose) * market.mark
    open_there = margin.resting(account)
    before = open_there.get((market.symbol, whose), margin.NOTHING_RESTING)
    after = before.plus(checked.side, checked.quantity * price)
    added = after.added(whose, held) - before.added(whose, held)
    if added <= 0:
        return
    if after.after(checked.side, whose, held) > market.contract.max_notional(leverage):
        raise VenueError(Refusal.MAX_POSITION_AT_LEVERAGE)
    worse = price - market.mark if checked.side is Side.BUY else market.mark - price
    fee = checked.quantity * price * market.contract.taker_fee
    needed = added / leverage + max(ZERO, worse) * added / price + fee
    found = margin.summary(state, account, open_there)
    usable = found.transferable if account.is_isolated(market.symbol) else found.available
    if needed > usable:
        raise VenueError(Refusal.MARGIN_INSUFFICIENT)


def check_notional(checked: Checked) -> None:
    least = checked.market.contract.min_notional
    if not checked.reduces and checked.quantity * _reference(checked) < least:
        raise VenueError(Refusal.NOTIONAL_TOO_SMALL, least)


def approve(
    state: State, account: Account, request: OrderRequest, now: int, origin: Conditional | None = None
) -> tuple[Checked, bool]:
    """Every check of a new order; the second says whether it takes from the book at once."""
    checked = check(state, account, request, now, origin)
    check_notional(checked)
    takes = check_book(checked)
    if len(account.orders_on(request.symbol)) >= checked.market.contract.max_orders:
        raise VenueError(Refusal.MAX_OPEN_ORDERS)
    check_means(state, account, checked)
    return checked, takes


def _ordered(account: Account, request: OrderRequest, checked: Checked, number: int, now: int) -> Order:
    terms = checked.terms
    return Order(
        id=number,
        account=account.id,
        client_id=request.client_id or f"paper-{number}",
        symbol=request.symbol,
        side=checked.side,
        type=checked.type,
        time_in_force=checked.time_in_force,
        price=checked.limit if checked.limit is not None else ZERO,
        quantity=checked.quantity,
        created_ms=now,
        updated_ms=now,
        reduce_only=checked.reduces,
        close_position=request.close_position,
        origin_type=checked.type.value,
        good_till_ms=terms.good_till_ms,
        self_trade_prevention=terms.prevention,
        price_match=terms.price_match,
        position_side=checked.position_side,
    )


def rehearse(state: State, account: Account, request: OrderRequest, now: int) -> Order:
    """The order as it would be accepted; it bears the number 0 and nothing remembers it."""
    checked, _ = approve(state, account, request, now)
    return _ordered(account, request, checked, 0, now)


def place(
    state: State, account: Account, request: OrderRequest, now: int, origin: Conditional | None = None
) -> Order:
    """Check, accept, match; returns the order as it stands afterwards.

    `origin` is the conditional it came from.
    """
    checked, takes = approve(state, account, request, now, origin)
    order = _ordered(account, request, checked, state.counters.next_order(), now)
    if origin is not None:
        order.conditional_id = origin.id
        order.origin_type = origin.type.value
        order.trigger_price = origin.trigger_price
        order.working_type = origin.working_type
        order.price_protect = origin.price_protect
    account.admit_order(order)
    state.changes.orders[order.id] = order
    state.emit(OrderChanged(account, order, Execution.NEW, now))
    match(state, account, order, checked.market, takes, now)
    return order


def match(state: State, account: Account, order: Order, market: Market, takes: bool, now: int) -> None:
    """Let an accepted order take what it may, then rest or end as its time in force says."""
    if takes:
        take(state, account, order, market, now)
    else:
        meet_own(state, account, order, order.price, now, touching=True)
    if not order.is_open:
        return
    if order.type is OrderType.MARKET:
        finish(state, account, order, OrderStatus.EXPIRED, now, ExpiryReason.MARKET_REST)
    elif order.time_in_force in IMMEDIATE:
        finish(state, account, order, OrderStatus.EXPIRED, now, ExpiryReason.IMMEDIATE_REST)
    else:
        rest(state, order, market)
        if order.good_till_ms is not None:
            state.agenda.orders.add(order.good_till_ms, account.id, order.id)


def cancel(state: State, account: Account, order: Order, now: int) -> Order:
    """Cancel an open order; refused as unknown when it is not open."""
    if not order.is_open:
        raise VenueError(Refusal.UNKNOWN_ORDER)
    finish(state, account, order, OrderStatus.CANCELED, now)
    return order
