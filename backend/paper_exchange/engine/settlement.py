"""What a fill does to a position and a wallet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.events import (
    BalanceChanged,
    ConditionalChanged,
    Execution,
    FillBooked,
    OrderChanged,
    UpdateReason,
)
from paper_exchange.engine.instructions import ExpiryReason
from paper_exchange.engine.margin import cross_pot
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO, money, money_down
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalStatus,
    Fill,
    IncomeType,
    MarginDelta,
    Order,
    OrderStatus,
    Side,
)
from paper_exchange.engine.state import State


@dataclass(frozen=True, slots=True)
class Execute:
    """One execution about to be booked."""

    price: Decimal
    quantity: Decimal
    is_maker: bool
    is_liquidation: bool = False


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What a fill did to a position: USDT realised (signed), USDT of isolated wallet set free, base opened."""

    realized: Decimal
    freed: Decimal
    opened: Decimal


def absorb(position: Position, side: Side, price: Decimal, quantity: Decimal) -> Absorbed:
    """Apply the fill to amount and cost; what it realised is a multiple of 1e-8.

    The running cost is exact: a part closed releases money(cost x closed / held), and the fill that makes the
    position flat releases all that is left, so over a round trip the realised amounts sum to sells - buys. The
    isolated wallet is set free in the same proportion.
    """
    signed = quantity if side is Side.BUY else -quantity
    realized = freed = ZERO
    if position.amount and (position.amount > 0) != (signed > 0):
        held, sign = abs(position.amount), position.sign
        closed = min(held, quantity)
        whole = closed == held
        released = position.cost if whole else money(position.cost * closed / held)
        freed = position.isolated_wallet if whole else money(position.isolated_wallet * closed / held)
        realized = sign * (price * closed - released)
        position.cost -= released
        position.amount -= sign * closed
        position.realized += realized
        quantity -= closed
    if quantity:
        position.cost += price * quantity
        position.amount += quantity if side is Side.BUY else -quantity
    return Absorbed(realized, freed, quantity)


def _settle_isolated(
    state: State, account: Account, position: Position, price: Decimal, done: Absorbed, now: int
) -> None:
    """Free the isolated wallet of what was closed, fund it for what was opened.

    That takes notional / leverage and what is lost against mark at once, so that a position never begins
    below its initial margin; but never more than the cross wallet can spare without going under water itself.
    """
    if not account.is_isolated(position.symbol):
        return
    state.set_aside(account, position, -done.freed, MarginDelta.TRADE, now)
    if not done.opened:
        return
    lost = max(ZERO, position.sign * (price - state.markets[position.symbol].mark))
    asked = money(done.opened * (price / account.leverage(position.symbol) + lost))
    cross = cross_pot(state, account)
    spare = max(ZERO, min(cross.wallet, money_down(cross.equity - cross.maintenance)))
    state.set_aside(account, position, min(asked, spare), MarginDelta.TRADE, now)


def fill(state: State, account: Account, order: Order, market: Market, what: Execute, now: int) -> Fill:
    """Book one execution: position, ledger, order; tell the account about it."""
    contract = market.contract
    rate = contract.maker_fee if what.is_maker else contract.taker_fee
    fee = money(what.price * what.quantity * rate)
    position = state.position(account, order.symbol, order.position_side)
    done = absorb(position, order.side, what.price, what.quantity)
    position.updated_ms = now
    order.filled += what.quantity
    order.quote += what.price * what.quantity
    order.updated_ms = now
    order.status = OrderStatus.PARTIALLY_FILLED if order.remaining else OrderStatus.FILLED
    number = state.counters.next_fill()
    made = Fill(
        number,
        account.id,
        order.id,
        order.client_id,
        order.symbol,
        order.side,
        what.price,
        what.quantity,
        fee,
        done.realized,
        now,
        what.is_maker,
        order.position_side,
    )
    state.changes.fills.append(made)
    state.changes.orders[order.id] = order
    state.book(account, IncomeType.COMMISSION, -fee, now, order.symbol, str(number), str(number))
    if done.realized:
        state.book(account, IncomeType.REALIZED_PNL, done.realized, now, order.symbol, str(number))
    _settle_isolated(state, account, position, what.price, done, now)
    state.note_holding(account, position)
    cover_shortfall(state, account, now)
    state.emit(FillBooked(account, order, made))
    state.emit(BalanceChanged(account, UpdateReason.ORDER, now, (position,)))
    execution = Execution.CALCULATED if what.is_liquidation else Execution.TRADE
    if not order.is_open:
        account.retire_order(order)
    state.emit(OrderChanged(account, order, execution, now, made))
    if not order.is_open:
        conclude_conditional(state, account, order, now)
    return made


def cover_shortfall(state: State, account: Account, now: int) -> None:
    """An account without cross positions never owes: the insurance fund pays what a gap took beyond its
    cross wallet, and what is set aside for isolated positions is not touched.
    """
    owed = -account.cross_wallet
    if owed <= 0 or account.held_cross():
        return
    state.insurance -= owed
    state.book(account, IncomeType.INSURANCE_CLEAR, owed, now)


def finish(
    state: State,
    account: Account,
    order: Order,
    status: OrderStatus,
    now: int,
    why: ExpiryReason = ExpiryReason.NONE,
) -> None:
    """Close an open order without a fill: cancelled by somebody, or expired by rule."""
    order.status = status
    order.updated_ms = now
    state.markets[order.symbol].resting(order.side).remove(order)
    state.changes.orders[order.id] = order
    account.retire_order(order)
    execution = Execution.CANCELED if status is OrderStatus.CANCELED else Execution.EXPIRED
    state.emit(OrderChanged(account, order, execution, now, why=why))
    conclude_conditional(state, account, order, now)


def expire_idle_reductions(state: State, account: Account, symbol: str, now: int) -> None:
    """Reduce-only orders that no longer have anything to reduce expire, as the venue has it."""
    for order in account.orders_on(symbol):
        if order.reduce_only and not account.reducible_by(symbol, order.position_side, order.side):
            finish(state, account, order, OrderStatus.EXPIRED, now, ExpiryReason.NOTHING_TO_REDUCE)


def conclude_conditional(state: State, account: Account, order: Order, now: int) -> None:
    """When the order that a conditional became is done, so is the conditional."""
    if order.conditional_id is None:
        return
    conditional = account.live_conditionals.get(order.conditional_id)
    if conditional is not None and conditional.status is ConditionalStatus.TRIGGERED:
        finish_conditional(state, account, conditional, order, now)


def finish_conditional(
    state: State, account: Account, conditional: Conditional, order: Order, now: int
) -> None:
    conditional.status = ConditionalStatus.FINISHED
    conditional.actual_price = order.average_price
    conditional.actual_quantity = order.filled
    conditional.updated_ms = now
    state.changes.conditionals[conditional.id] = conditional
    account.retire_conditional(conditional)
    state.emit(ConditionalChanged(account, conditional, now))
