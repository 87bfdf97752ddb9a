"""Liquidation on mark, and funding."""

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
from paper_exchange.engine.market import FundingPoint, Market
from paper_exchange.engine.money import ONE, ZERO, money
from paper_exchange.engine.orders import IncomeType, Order, OrderStatus, OrderType, Side, TimeInForce
from paper_exchange.engine.settlement import Execute, cover_shortfall, fill, finish
from paper_exchange.engine.state import SafeBand, State

FUNDING_INTERVAL_MS = 8 * 3_600_000


def liquidate_under_water(state: State, now: int) -> None:
    """Look at whose means changed and who holds a contract whose mark left its safe band.

    Liquidate who is below maintenance.
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
    found = margin.summary(state, account)
    if found.equity <= found.maintenance:
        _liquidate(state, account, now)
        found = margin.summary(state, account)
    held = account.held()
    gross = sum((margin.notional(state.markets[p.symbol], p) for p in held), ZERO)
    if not gross:
        return
    move = min(margin.safe_move(found, gross), ONE)
    for position in held:
        mark = state.markets[position.symbol].mark
        state.bands.setdefault(position.symbol, SafeBand()).narrow(mark * (1 - move), mark * (1 + move))


def _liquidate(state: State, account: Account, now: int) -> None:
    """Cancel the account's orders, then close its worst position first until it is above maintenance."""
    state.emit(MarginCalled(account, now))
    for order in list(account.open_orders.values()):
        finish(state, account, order, OrderStatus.CANCELED, now)
    worst_first = sorted(account.held(), key=lambda p: p.unrealized(state.markets[p.symbol].mark))
    for position in worst_first:
        found = margin.summary(state, account)
        if found.equity > found.maintenance:
            return
        _close_out(state, account, position, now)


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
    )
    account.admit_order(order)
    state.emit(OrderChanged(account, order, Execution.NEW, now))
    fee = money(quantity * price * market.contract.liquidation_fee)
    fill(state, account, order, market, Execute(price, quantity, is_maker=False, is_liquidation=True), now)
    state.book(account, IncomeType.INSURANCE_CLEAR, -fee, now, position.symbol)
    state.insurance += fee
    cover_shortfall(state, account, now)
    state.emit(BalanceChanged(account, UpdateReason.INSURANCE_CLEAR, now))
    state.emit(Liquidated(order, now))


def settle_funding(state: State, market: Market, now: int) -> None:
    """If funding is due, pay it: -amount x mark x rate to everyone who holds the contract."""
    record = market.record
    if not market.contract.is_perpetual or now < record.next_funding_ms:
        return
    due = record.next_funding_ms
    record.next_funding_ms = now - now % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS
    rate, mark = market.funding_rate(), market.mark
    point = FundingPoint(market.symbol, due, rate, mark)
    market.fundings.append(point)
    state.changes.fundings.append(point)
    for account in list(state.holders.get(market.symbol, {}).values()):
        payment = money(-account.amount(market.symbol) * mark * rate)
        state.book(account, IncomeType.FUNDING_FEE, payment, now, market.symbol)
        state.unreviewed[account.id] = account
        state.emit(BalanceChanged(account, UpdateReason.FUNDING_FEE, now, (market.symbol,)))
