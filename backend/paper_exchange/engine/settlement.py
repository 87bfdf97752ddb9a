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
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO, money
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalStatus,
    Fill,
    IncomeType,
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


def absorb(position: Position, side: Side, price: Decimal, quantity: Decimal) -> Decimal:
    """Apply the fill to the position and return what it realised (USDT, signed, a multiple of 1e-8).

    The running cost is exact: a part closed releases money(cost x closed / held), and the fill that makes the
    position flat releases all that is left, so over a round trip the realised amounts sum to sells - buys.
    """
    signed = quantity if side is Side.BUY else -quantity
    realized = ZERO
    if position.amount and (position.amount > 0) != (signed > 0):
        held, sign = abs(position.amount), position.sign
        closed = min(held, quantity)
        released = position.cost if closed == held else money(position.cost * closed / held)
        realized = sign * (price * closed - released)
        position.cost -= released
        position.amount -= sign * closed
        position.realized += realized
        quantity -= closed
    if quantity:
        position.cost += price * quantity
        position.amount += quantity if side is Side.BUY else -quantity
    return realized


def fill(state: State, account: Account, order: Order, market: Market, what: Execute, now: int) -> Fill:
    """Book one execution: position, ledger, order; tell the account about it."""
    contract = market.contract
    rate = contract.maker_fee if what.is_maker else contract.taker_fee
    fee = money(what.price * what.quantity * rate)
    position = state.position(account, order.symbol)
    realized = absorb(position, order.side, what.price, what.quantity)
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
        realized,
        now,
        what.is_maker,
    )
    state.changes.fills.append(made)
    state.changes.orders[order.id] = order
    state.book(account, IncomeType.COMMISSION, -fee, now, order.symbol, str(number), str(number))
    if realized:
        state.book(account, IncomeType.REALIZED_PNL, realized, now, order.symbol, str(number))
    state.note_holding(account, position)
    cover_shortfall(state, account, now)
    state.emit(FillBooked(account, order, made))
    state.emit(BalanceChanged(account, UpdateReason.ORDER, now, (order.symbol,)))
    execution = Execution.CALCULATED if what.is_liquidation else Execution.TRADE
    if not order.is_open:
        account.retire_order(order)
    state.emit(OrderChanged(account, order, execution, now, made))
    if not order.is_open:
        conclude_conditional(state, account, order, now)
    return made


def cover_shortfall(state: State, account: Account, now: int) -> None:
    """A flat account never owes: the insurance fund pays what a gap took beyond the wallet."""
    wallet = account.record.wallet
    if wallet >= 0 or account.held():
        return
    state.insurance += wallet
    state.book(account, IncomeType.INSURANCE_CLEAR, -wallet, now)


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
    amount = account.amount(symbol)
    for order in account.orders_on(symbol):
        if order.reduce_only and (not amount or (amount > 0) == (order.side is Side.BUY)):
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
