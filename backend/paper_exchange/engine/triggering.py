"""Conditional orders: accepted, watched, fired into ordinary ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.events import ConditionalChanged
from paper_exchange.engine.filters import (
    check_client_id,
    check_fresh,
    check_good_till,
    check_position_side,
    check_price,
    check_price_match,
    check_quantity,
    check_self_trade_prevention,
    check_side,
    check_trigger,
    check_trigger_band,
)
from paper_exchange.engine.instructions import PriceMatch
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalRequest,
    ConditionalStatus,
    ConditionalType,
    OrderRequest,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    WorkingType,
)
from paper_exchange.engine.placement import Terms, check_reducing, place
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.settlement import finish_conditional
from paper_exchange.engine.state import State

LEAST_CALLBACK, GREATEST_CALLBACK = Decimal("0.001"), Decimal("0.1")
LIMIT_KINDS = (ConditionalType.STOP, ConditionalType.TAKE_PROFIT)
CLOSING_KINDS = (ConditionalType.STOP_MARKET, ConditionalType.TAKE_PROFIT_MARKET)


@dataclass(frozen=True, slots=True)
class Plan:
    """A conditional request that passed; prices are 0 (the venue's word for none) where it has none."""

    market: Market
    side: Side
    kind: ConditionalType
    working_type: WorkingType
    time_in_force: TimeInForce
    terms: Terms
    quantity: Decimal
    trigger: Decimal
    limit: Decimal
    position_side: PositionSide
    reduces: bool


def _check_type(text: str) -> ConditionalType:
    try:
        return ConditionalType(text)
    except ValueError:
        raise VenueError(Refusal.BAD_ORDER_TYPE) from None


def _check_words(request: ConditionalRequest) -> tuple[TimeInForce, WorkingType]:
    try:
        time_in_force = TimeInForce(request.time_in_force or TimeInForce.GTC)
    except ValueError:
        raise VenueError(Refusal.BAD_TIME_IN_FORCE) from None
    try:
        return time_in_force, WorkingType(request.working_type)
    except ValueError:
        raise VenueError(Refusal.MALFORMED, "workingType") from None


def _check_mandatory(request: ConditionalRequest) -> None:
    """What a conditional of that type cannot do without."""
    if not request.close_position and request.quantity is None:
        raise VenueError(Refusal.MANDATORY, "quantity")
    if request.type == ConditionalType.TRAILING_STOP_MARKET:
        if request.callback_fraction is None:
            raise VenueError(Refusal.MANDATORY, "callbackrate")
    elif request.trigger_price is None:
        raise VenueError(Refusal.MANDATORY, "triggerprice")
    if request.type in LIMIT_KINDS and request.price is None and request.price_match == PriceMatch.NONE:
        raise VenueError(Refusal.MANDATORY, "price")


def _check_closing(account: Account, request: ConditionalRequest, kind: ConditionalType, side: Side) -> None:
    """Close-all belongs to a market stop, takes no quantity, and there is one of a kind and direction."""
    if not request.close_position:
        return
    if kind not in CLOSING_KINDS:
        raise VenueError(Refusal.CLOSE_NEEDS_MARKET_STOP, kind)
    if request.quantity:
        raise VenueError(Refusal.QUANTITY_WITH_CLOSE)
    if request.reduce_only:
        raise VenueError(Refusal.NOT_REQUIRED, "reduceonly")
    for other in account.live_conditionals.values():
        if (
            other.is_waiting
            and other.close_position
            and (other.symbol, other.type, other.side) == (request.symbol, kind, side)
        ):
            raise VenueError(Refusal.CLOSING_STOP_EXISTS)


def _check_reducing(account: Account, request: ConditionalRequest, whose: PositionSide, side: Side) -> bool:
    """Whether it may only reduce, and then it needs a position to; a close-position one may wait for it."""
    reduces = check_reducing(whose, side, request.reduce_only, request.close_position)
    if reduces and not request.close_position and not account.reducible_by(request.symbol, whose, side):
        raise VenueError(Refusal.REDUCE_ONLY_REJECTED)
    return reduces


def _check_callback(market: Market, request: ConditionalRequest, side: Side, reference: Decimal) -> None:
    """A trailing stop's callback rate, and an activation price that is still ahead."""
    callback = request.callback_fraction
    if callback is None or not LEAST_CALLBACK <= callback <= GREATEST_CALLBACK:
        raise VenueError(Refusal.BAD_CALLBACK)
    if request.activation_price is None:
        return
    activation = check_trigger(market, request.activation_price, "activateprice")
    if activation <= reference if side is Side.SELL else activation >= reference:
        raise VenueError(Refusal.WOULD_TRIGGER)


def _check_notional(plan: Plan, reference: Decimal) -> None:
    if plan.reduces:
        return
    least = plan.market.contract.min_notional
    if plan.quantity * (plan.limit or plan.trigger or reference) < least:
        raise VenueError(Refusal.NOTIONAL_TOO_SMALL, least)


def _checked(state: State, account: Account, request: ConditionalRequest, now: int) -> Plan:
    """Everything that is asked of the request, in the venue's order."""
    _check_mandatory(request)
    market = state.market(request.symbol)
    side = check_side(request.side)
    kind = _check_type(request.type)
    time_in_force, working_type = _check_words(request)
    mode = check_price_match(request.price_match, request.price, kind in LIMIT_KINDS)
    prevention = check_self_trade_prevention(request.self_trade_prevention)
    received = request.received_ms if request.received_ms is not None else now
    terms = Terms(check_good_till(time_in_force, request.good_till_ms, received), prevention, mode)
    whose = check_position_side(account, request.position_side)
    check_client_id(request.client_id)
    if request.client_id is not None and request.client_id in account.waiting_by_client_id:
        raise VenueError(Refusal.DUPLICATE_CLIENT_ID)
    _check_closing(account, request, kind, side)
    at_market = kind not in LIMIT_KINDS
    quantity = ZERO if request.close_position else check_quantity(market, request.quantity, at_market)
    trigger = limit = ZERO
    reference = market.reference(working_type)
    if kind is ConditionalType.TRAILING_STOP_MARKET:
        _check_callback(market, request, side, reference)
    else:
        trigger = check_trigger(market, request.trigger_price)
    if kind in LIMIT_KINDS and mode is PriceMatch.NONE:
        limit = check_price(market, request.price)
        check_trigger_band(market, side, limit, trigger)
    waiting = sum(c.is_waiting and c.symbol == market.symbol for c in account.live_conditionals.values())
    if waiting >= market.contract.max_conditionals:
        raise VenueError(Refusal.MAX_CONDITIONALS)
    reduces = _check_reducing(account, request, whose, side)
    plan = Plan(
        market, side, kind, working_type, time_in_force, terms, quantity, trigger, limit, whose, reduces
    )
    if not reduces:
        # A stop that protects may wait through the silence; one that would open a position may not.
        check_fresh(market)
    _check_notional(plan, reference)
    return plan


def place_conditional(state: State, account: Account, request: ConditionalRequest, now: int) -> Conditional:
    """Accept a conditional order; refused when the price is already beyond its trigger."""
    plan = _checked(state, account, request, now)
    number, terms = state.counters.next_conditional(), plan.terms
    conditional = Conditional(
        id=number,
        account=account.id,
        client_id=request.client_id or f"paper-{number}",
        symbol=plan.market.symbol,
        side=plan.side,
        type=plan.kind,
        trigger_price=plan.trigger,
        quantity=plan.quantity,
        price=plan.limit,
        time_in_force=plan.time_in_force,
        working_type=plan.working_type,
        created_ms=now,
        updated_ms=now,
        reduce_only=plan.reduces,
        close_position=request.close_position,
        price_protect=request.price_protect,
        activation_price=request.activation_price,
        callback_fraction=request.callback_fraction,
        good_till_ms=terms.good_till_ms,
        self_trade_prevention=terms.prevention,
        price_match=terms.price_match,
        position_side=plan.position_side,
    )
    reference = plan.market.reference(plan.working_type)
    if conditional.is_trailing:
        conditional.follow(reference)
    elif conditional.fires_at(reference):
        raise VenueError(Refusal.WOULD_TRIGGER)
    account.admit_conditional(conditional)
    await_trigger(state, plan.market, conditional)
    state.changes.conditionals[number] = conditional
    state.emit(ConditionalChanged(account, conditional, now))
    return conditional


def await_trigger(state: State, market: Market, conditional: Conditional) -> None:
    """Watch for its price, and for its end if it has one."""
    if conditional.is_trailing:
        market.trailing[conditional.id] = conditional
    else:
        watch(market, conditional)
    if conditional.good_till_ms is not None:
        state.agenda.conditionals.add(conditional.good_till_ms, conditional.account, conditional.id)


def watch(market: Market, conditional: Conditional) -> None:
    market.watch_of(conditional).add(market.contract.ticks(conditional.trigger_price), conditional)


def cancel_conditional(
    state: State,
    account: Account,
    conditional: Conditional,
    now: int,
    status: ConditionalStatus = ConditionalStatus.CANCELED,
) -> Conditional:
    """Cancel (or let expire) a conditional order that has not fired; refused as unknown otherwise."""
    if not conditional.is_waiting:
        raise VenueError(Refusal.UNKNOWN_ORDER)
    market = state.markets[conditional.symbol]
    market.trailing.pop(conditional.id, None)
    market.watch_of(conditional).remove(conditional)
    _close(state, account, conditional, status, now)
    return conditional


def _close(
    state: State,
    account: Account,
    conditional: Conditional,
    status: ConditionalStatus,
    now: int,
    why: str = "",
) -> None:
    conditional.status = status
    conditional.updated_ms = now
    state.changes.conditionals[conditional.id] = conditional
    account.retire_conditional(conditional)
    state.emit(ConditionalChanged(account, conditional, now, why))


def _is_held_back(market: Market, conditional: Conditional) -> bool:
    """Price protection: while last and mark are too far apart, a protected order does not fire."""
    gap = abs(market.last - market.mark)
    return conditional.price_protect and gap > market.contract.trigger_protect * market.mark


def fire_reached(state: State, market: Market, now: int) -> None:
    """Fire everything whose trigger the present last or mark price has reached."""
    for (working_type, upward), watching in market.triggers.items():
        reference = market.reference(working_type)
        ticks = market.contract.ticks(reference)
        # Mark lies between ticks: look one tick further, then ask each by the exact price.
        ahead = ticks + (1 if upward else -1)
        if not watching.reached(ahead):
            continue
        for conditional in list(watching.take(ahead)):
            if not conditional.is_waiting:
                continue
            if conditional.fires_at(reference) and not _is_held_back(market, conditional):
                fire(state, state.accounts[conditional.account], conditional, now)
            else:
                watch(market, conditional)
    for conditional in list(market.trailing.values()):
        if not conditional.is_waiting:
            continue
        reference = market.reference(conditional.working_type)
        if conditional.follow(reference):
            state.changes.conditionals[conditional.id] = conditional
        if conditional.fires_at(reference) and not _is_held_back(market, conditional):
            del market.trailing[conditional.id]
            fire(state, state.accounts[conditional.account], conditional, now)


def fire(state: State, account: Account, conditional: Conditional, now: int) -> None:
    """Turn it into an ordinary order, filled at the book as it is now, never at the trigger."""
    conditional.status = ConditionalStatus.TRIGGERING
    conditional.triggered_ms = conditional.updated_ms = now
    account.stop_waiting(conditional)
    state.changes.conditionals[conditional.id] = conditional
    state.emit(ConditionalChanged(account, conditional, now))
    free = conditional.client_id not in account.open_by_client_id
    is_matched = conditional.price_match is not PriceMatch.NONE
    request = OrderRequest(
        symbol=conditional.symbol,
        side=conditional.side.value,
        type=(OrderType.MARKET if conditional.is_market else OrderType.LIMIT).value,
        quantity=None if conditional.close_position else conditional.quantity,
        price=None if conditional.is_market or is_matched else conditional.price,
        time_in_force=None if conditional.is_market else conditional.time_in_force.value,
        reduce_only=conditional.reduce_only and conditional.position_side is PositionSide.BOTH,
        close_position=conditional.close_position,
        position_side=conditional.position_side.value,
        client_id=conditional.client_id if free else None,
        good_till_ms=conditional.good_till_ms,
        self_trade_prevention=conditional.self_trade_prevention.value,
        price_match=conditional.price_match.value,
    )
    try:
        order = place(state, account, request, now, origin=conditional)
    except VenueError as refused:
        _close(state, account, conditional, ConditionalStatus.REJECTED, now, refused.message)
        return
    conditional.status = ConditionalStatus.TRIGGERED
    conditional.actual_order_id = order.id
    conditional.actual_type = order.type.value
    state.changes.conditionals[conditional.id] = conditional
    state.emit(ConditionalChanged(account, conditional, now))
    if not order.is_open:
        finish_conditional(state, account, conditional, order, now)
