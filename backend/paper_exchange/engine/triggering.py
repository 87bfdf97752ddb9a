"""Conditional orders: accepted, watched, fired into ordinary ones."""

from __future__ import annotations

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.events import ConditionalChanged
from paper_exchange.engine.filters import (
    check_client_id,
    check_position_side,
    check_price,
    check_quantity,
    check_side,
)
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalRequest,
    ConditionalStatus,
    ConditionalType,
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
    WorkingType,
)
from paper_exchange.engine.placement import place
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.settlement import finish_conditional
from paper_exchange.engine.state import State

MAX_CONDITIONALS = 200


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


def _check_reducing(account: Account, request: ConditionalRequest, side: Side) -> None:
    """A reduce-only stop needs a position on the other side; a close-position one may wait for it."""
    if request.close_position or not request.reduce_only:
        return
    amount = account.amount(request.symbol)
    if (amount if side is Side.SELL else -amount) <= 0:
        raise VenueError(Refusal.REDUCE_ONLY_REJECTED)


def place_conditional(state: State, account: Account, request: ConditionalRequest, now: int) -> Conditional:
    """Accept a conditional order; refused when the price is already beyond its trigger."""
    market = state.market(request.symbol)
    side = check_side(request.side)
    kind = _check_type(request.type)
    time_in_force, working_type = _check_words(request)
    check_position_side(request.position_side)
    check_client_id(request.client_id)
    if request.client_id is not None and request.client_id in account.waiting_by_client_id:
        raise VenueError(Refusal.DUPLICATE_CLIENT_ID)
    if request.close_position and request.quantity:
        raise VenueError(Refusal.QUANTITY_WITH_CLOSE)
    quantity = ZERO if request.close_position else check_quantity(market, request.quantity)
    trigger = check_price(market, request.trigger_price, "triggerprice")
    limit = ZERO
    if kind in (ConditionalType.STOP, ConditionalType.TAKE_PROFIT):
        limit = check_price(market, request.price, "price")
    if (
        sum(c.is_waiting and c.symbol == market.symbol for c in account.live_conditionals.values())
        >= MAX_CONDITIONALS
    ):
        raise VenueError(Refusal.MAX_CONDITIONALS)
    _check_reducing(account, request, side)
    number = state.counters.next_conditional()
    conditional = Conditional(
        id=number,
        account=account.id,
        client_id=request.client_id or f"paper-{number}",
        symbol=market.symbol,
        side=side,
        type=kind,
        trigger_price=trigger,
        quantity=quantity,
        price=limit,
        time_in_force=time_in_force,
        working_type=working_type,
        created_ms=now,
        updated_ms=now,
        reduce_only=request.reduce_only or request.close_position,
        close_position=request.close_position,
        price_protect=request.price_protect,
    )
    if conditional.fires_at(market.reference(working_type)):
        raise VenueError(Refusal.WOULD_TRIGGER)
    account.admit_conditional(conditional)
    watch(market, conditional)
    state.changes.conditionals[number] = conditional
    state.emit(ConditionalChanged(account, conditional, now))
    return conditional


def watch(market: Market, conditional: Conditional) -> None:
    market.watch_of(conditional).add(market.contract.ticks(conditional.trigger_price), conditional)


def cancel_conditional(state: State, account: Account, conditional: Conditional, now: int) -> Conditional:
    """Cancel a conditional order that has not fired; refused as unknown otherwise."""
    if not conditional.is_waiting:
        raise VenueError(Refusal.UNKNOWN_ORDER)
    state.markets[conditional.symbol].watch_of(conditional).remove(conditional)
    _close(state, account, conditional, ConditionalStatus.CANCELED, now)
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
            if conditional.fires_at(reference):
                fire(state, state.accounts[conditional.account], conditional, now)
            else:
                watch(market, conditional)


def fire(state: State, account: Account, conditional: Conditional, now: int) -> None:
    """Turn it into an ordinary order, filled at the book as it is now, never at the trigger."""
    conditional.status = ConditionalStatus.TRIGGERING
    conditional.triggered_ms = conditional.updated_ms = now
    account.stop_waiting(conditional)
    state.changes.conditionals[conditional.id] = conditional
    state.emit(ConditionalChanged(account, conditional, now))
    free = conditional.client_id not in account.open_by_client_id
    request = OrderRequest(
        symbol=conditional.symbol,
        side=conditional.side.value,
        type=(OrderType.MARKET if conditional.is_market else OrderType.LIMIT).value,
        quantity=None if conditional.close_position else conditional.quantity,
        price=None if conditional.is_market else conditional.price,
        time_in_force=None if conditional.is_market else conditional.time_in_force.value,
        reduce_only=conditional.reduce_only,
        close_position=conditional.close_position,
        client_id=conditional.client_id if free else None,
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
