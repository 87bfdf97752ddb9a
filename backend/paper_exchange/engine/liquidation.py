"""Liquidation on mark."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine import margin
from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.events import (
    BalanceChanged,
    Execution,
    Liquidated,
    MarginCalled,
    OrderChanged,
    UpdateReason,
)
from paper_exchange.engine.margin import Pot
from paper_exchange.engine.money import ONE, ZERO, money
from paper_exchange.engine.orders import (
    AutoClose,
    IncomeType,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from paper_exchange.engine.settlement import Execute, cover_shortfall, fill, finish
from paper_exchange.engine.state import SafeBand, State


def liquidate_under_water(state: State, now: int) -> None:
    """Look at whose means changed and who holds a contract whose mark left its safe band.

    Liquidate who is at maintenance or below.
    """
    suspects, state.unreviewed = state.unreviewed, {}
    for symbol, holders in state.holders.items():
        band = state.bands.get(symbol)
        if holders and (band is None or not band.holds(state.markets[symbol].mark)):
            suspects.update(holders)
            state.bands[symbol] = SafeBand(ZERO, Decimal("Infinity"))
    for account in suspects.values():
        _review(state, account, now)


def _review(state: State, account: Account, now: int) -> None:
    """Isolated positions each by itself, then all that share the cross wallet."""
    for position in account.held():
        if account.is_isolated(position.symbol):
            pot = margin.position_pot(state.markets[position.symbol], account, position)
            if pot.is_under_water:
                _liquidate_isolated(state, account, position, now)
            else:
                _narrow(state, pot, [position])
    held = account.held_cross()
    if held and margin.cross_pot(state, account).is_under_water:
        _liquidate_cross(state, account, held, now)
        held = account.held_cross()
    if held:
        _narrow(state, margin.cross_pot(state, account), held)


def _narrow(state: State, pot: Pot, held: list[Position]) -> None:
    """Note how far the marks may move before the pot has to be looked at again."""
    gross = sum((margin.notional(state.markets[one.symbol], one) for one in held), ZERO)
    move = min(margin.safe_move(pot, gross), ONE)
    for position in held:
        mark = state.markets[position.symbol].mark
        state.bands.setdefault(position.symbol, SafeBand()).narrow(mark * (1 - move), mark * (1 + move))


def _liquidate_cross(state: State, account: Account, held: list[Position], now: int) -> None:
    """Cancel the account's orders, then close its worst position first until it is above maintenance."""
    state.emit(MarginCalled(account, tuple(held), now))
    for order in list(account.open_orders.values()):
        finish(state, account, order, OrderStatus.CANCELED, now)
    for position in sorted(held, key=lambda one: one.unrealized(state.markets[one.symbol].mark)):
        if not margin.cross_pot(state, account).is_under_water:
            return
        _close_out(state, account, position, now)


def _liquidate_isolated(state: State, account: Account, position: Position, now: int) -> None:
    """Cancel the orders of its contract, close it; it costs what was set aside for it and never more."""
    state.emit(MarginCalled(account, (position,), now))
    for order in account.orders_on(position.symbol):
        finish(state, account, order, OrderStatus.CANCELED, now)
    before = account.cross_wallet
    _close_out(state, account, position, now)
    beyond = before - account.cross_wallet
    if beyond > 0:
        state.insurance -= beyond
        state.book(account, IncomeType.INSURANCE_CLEAR, beyond, now, position.symbol)
        state.emit(BalanceChanged(account, UpdateReason.INSURANCE_CLEAR, now, (), beyond))


def _close_out(state: State, account: Account, position: Position, now: int) -> None:
    """Take the whole position over at the best opposite price and charge the liquidation fee."""
    market = state.markets[position.symbol]
    side = Side.SELL if position.amount > 0 else Side.BUY
    price = market.best_bid if side is Side.SELL else market.best_ask
    quantity = abs(position.amount)
    number = state.counters.next_order()
    order = Order(
        id=number,
        account=account.id,
        client_id=f"autoclose-{number}",
        symbol=position.symbol,
        side=side,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        price=price,
        quantity=quantity,
        created_ms=now,
        updated_ms=now,
        reduce_only=True,
        origin_type=OrderType.LIMIT.value,
        position_side=position.side,
        auto_close=AutoClose.LIQUIDATION,
    )
    account.admit_order(order)
    state.emit(OrderChanged(account, order, Execution.NEW, now))
    fee = money(quantity * price * market.contract.liquidation_fee)
    fill(state, account, order, market, Execute(price, quantity, is_maker=False, is_liquidation=True), now)
    wallet = account.record.wallet
    state.book(account, IncomeType.INSURANCE_CLEAR, -fee, now, position.symbol)
    state.insurance += fee
    cover_shortfall(state, account, now)
    change = account.record.wallet - wallet
    state.emit(BalanceChanged(account, UpdateReason.INSURANCE_CLEAR, now, (), change))
    state.emit(Liquidated(order, now))
