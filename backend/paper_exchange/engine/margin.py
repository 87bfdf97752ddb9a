"""Cross margin of a one-way, single-asset account; every figure in USDT."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import Side
from paper_exchange.engine.state import State


@dataclass(frozen=True, slots=True)
class MarginSummary:
    """An account at the present marks; `available` is never below zero."""

    wallet: Decimal
    unrealized: Decimal
    maintenance: Decimal
    position_initial: Decimal
    order_initial: Decimal

    @property
    def equity(self) -> Decimal:
        return self.wallet + self.unrealized

    @property
    def initial(self) -> Decimal:
        return self.position_initial + self.order_initial

    @property
    def available(self) -> Decimal:
        return max(ZERO, self.equity - self.initial)


@dataclass(frozen=True, slots=True)
class OrderExposure:
    """Notional of open orders that could add exposure, and the margin they hold."""

    bids: Decimal = ZERO
    asks: Decimal = ZERO
    initial: Decimal = ZERO


NO_EXPOSURE = OrderExposure()


def notional(market: Market, position: Position) -> Decimal:
    """Absolute value of the position at mark."""
    return abs(position.amount) * market.mark


def maintenance(market: Market, position: Position) -> Decimal:
    """Maintenance margin of the position at mark."""
    value = notional(market, position)
    bracket = market.contract.bracket(value)
    return max(ZERO, value * bracket.maintenance_fraction - bracket.cumulative)


def position_initial(market: Market, account: Account, position: Position) -> Decimal:
    return notional(market, position) / account.leverage(position.symbol)


def order_exposure(account: Account, market: Market) -> OrderExposure:
    """Margin of the open orders of one symbol: only the side that would enlarge the position counts."""
    bids = asks = ZERO
    for order in account.orders_on(market.symbol):
        if order.reduce_only:
            continue
        if order.side is Side.BUY:
            bids += order.remaining * order.price
        else:
            asks += order.remaining * order.price
    if not (bids or asks):
        return NO_EXPOSURE
    held = account.amount(market.symbol) * market.mark
    added = max(ZERO, max(abs(held + bids), abs(held - asks)) - abs(held))
    return OrderExposure(bids, asks, added / account.leverage(market.symbol))


def summary(state: State, account: Account) -> MarginSummary:
    """The whole account at the present marks."""
    unrealized = needed = initial = ordered = ZERO
    for position in account.held():
        market = state.markets[position.symbol]
        unrealized += position.unrealized(market.mark)
        needed += maintenance(market, position)
        initial += position_initial(market, account, position)
    for symbol in {order.symbol for order in account.open_orders.values()}:
        ordered += order_exposure(account, state.markets[symbol]).initial
    return MarginSummary(account.record.wallet, unrealized, needed, initial, ordered)


def liquidation_price(state: State, account: Account, position: Position) -> Decimal | None:
    """The mark at which the account would be liquidated, all else standing still; None when there is none.

    The venue's own formula: (wallet + sum over others of (uPnL - MM) + cum - side*qty*entry) / (qty*(mmr -
    side)).
    """
    if not position.amount:
        return None
    market = state.markets[position.symbol]
    bracket = market.contract.bracket(notional(market, position))
    cushion = account.record.wallet
    for other in account.held():
        if other is not position:
            there = state.markets[other.symbol]
            cushion += other.unrealized(there.mark) - maintenance(there, other)
    quantity = abs(position.amount)
    divisor = quantity * (bracket.maintenance_fraction - position.sign)
    price = (cushion + bracket.cumulative - position.sign * position.cost) / divisor
    return price if price > 0 else None


def safe_move(found: MarginSummary, gross: Decimal) -> Decimal:
    """The largest fraction by which every mark may move while the account surely stays above maintenance.

    Maintenance grows by at most 2.5 % of the notional added, so gross x 1.03 x move bounds what can be lost.
    """
    slack = found.equity - found.maintenance
    if slack <= 0:
        return ZERO
    return slack / (gross * Decimal("1.03"))
