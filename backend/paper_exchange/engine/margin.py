"""Margin of a single-asset account, one-way or hedged, cross or isolated; every figure in USDT.

Formulas are the venue's own. Initial margin is notional at mark / leverage, maintenance is notional x rate -
cumulative of its bracket. Cross positions share the cross wallet; an isolated one has a wallet of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine.accounts import Account, Position, PositionKey
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import PositionSide, Side
from paper_exchange.engine.state import State


@dataclass(frozen=True, slots=True)
class Pot:
    """A wallet and the positions it alone answers for, at the present marks."""

    wallet: Decimal = ZERO
    unrealized: Decimal = ZERO
    maintenance: Decimal = ZERO
    initial: Decimal = ZERO

    def __add__(self, other: Pot) -> Pot:
        return Pot(
            self.wallet + other.wallet,
            self.unrealized + other.unrealized,
            self.maintenance + other.maintenance,
            self.initial + other.initial,
        )

    @property
    def equity(self) -> Decimal:
        return self.wallet + self.unrealized

    @property
    def is_under_water(self) -> bool:
        """Liquidation is due: at the maintenance margin, not only below it."""
        return self.equity <= self.maintenance


@dataclass(frozen=True, slots=True)
class MarginSummary:
    """An account at the present marks; `isolated` is the sum over its isolated positions."""

    cross: Pot
    isolated: Pot
    order_initial: Decimal

    @property
    def wallet(self) -> Decimal:
        return self.cross.wallet + self.isolated.wallet

    @property
    def unrealized(self) -> Decimal:
        return self.cross.unrealized + self.isolated.unrealized

    @property
    def maintenance(self) -> Decimal:
        return self.cross.maintenance + self.isolated.maintenance

    @property
    def equity(self) -> Decimal:
        return self.wallet + self.unrealized

    @property
    def position_initial(self) -> Decimal:
        return self.cross.initial + self.isolated.initial

    @property
    def initial(self) -> Decimal:
        return self.position_initial + self.order_initial

    @property
    def reserved(self) -> Decimal:
        """What the cross wallet holds for its positions and for every open order."""
        return self.cross.initial + self.order_initial

    @property
    def available(self) -> Decimal:
        """What a new cross order may use; never below zero."""
        return max(ZERO, self.cross.equity - self.reserved)

    @property
    def transferable(self) -> Decimal:
        """What may leave the cross wallet, for an isolated position too: profit not yet realised may not."""
        return max(ZERO, min(self.cross.equity, self.cross.wallet) - self.reserved)


@dataclass(frozen=True, slots=True)
class Resting:
    """Notional of the open orders of one position that could enlarge it, by side."""

    bids: Decimal = ZERO
    asks: Decimal = ZERO

    def plus(self, side: Side, value: Decimal) -> Resting:
        if side is Side.BUY:
            return Resting(self.bids + value, self.asks)
        return Resting(self.bids, self.asks + value)

    def after(self, side: Side, position_side: PositionSide, held: Decimal) -> Decimal:
        """Absolute notional of the position once all orders of `side` are filled; `held` signed."""
        if position_side is not PositionSide.BOTH:
            return abs(held) + self.bids + self.asks
        return abs(held + self.bids) if side is Side.BUY else abs(held - self.asks)

    def added(self, position_side: PositionSide, held: Decimal) -> Decimal:
        """By how much they could enlarge a position of that signed notional: the worse side, >= 0.

        In hedge mode only orders that open are counted here, and each adds to its own position.
        """
        if position_side is not PositionSide.BOTH:
            return self.bids + self.asks
        return max(ZERO, max(abs(held + self.bids), abs(held - self.asks)) - abs(held))


NOTHING_RESTING = Resting()


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


def resting(account: Account) -> dict[PositionKey, Resting]:
    """What is open, by the position it belongs to; orders that only reduce hold no margin."""
    sums: dict[PositionKey, list[Decimal]] = {}
    for order in account.open_orders.values():
        if order.reduce_only:
            continue
        both = sums.setdefault((order.symbol, order.position_side), [ZERO, ZERO])
        both[order.side is Side.SELL] += order.remaining * order.price
    return {key: Resting(bids, asks) for key, (bids, asks) in sums.items()}


def orders_initial(account: Account, market: Market, side: PositionSide, open_there: Resting) -> Decimal:
    """The margin that those orders of one position hold."""
    held = account.amount(market.symbol, side) * market.mark
    return open_there.added(side, held) / account.leverage(market.symbol)


def position_pot(market: Market, account: Account, position: Position) -> Pot:
    """One position by itself, with the wallet of its own that it has when isolated."""
    return Pot(
        position.isolated_wallet,
        position.unrealized(market.mark),
        maintenance(market, position),
        position_initial(market, account, position),
    )


def cross_pot(state: State, account: Account) -> Pot:
    """The cross wallet and all that shares it."""
    found = Pot(wallet=account.cross_wallet)
    for position in account.held_cross():
        found += position_pot(state.markets[position.symbol], account, position)
    return found


def summary(
    state: State, account: Account, open_there: Mapping[PositionKey, Resting] | None = None
) -> MarginSummary:
    """The whole account at the present marks; `open_there` is `resting(account)` where it is known already."""
    isolated = Pot()
    for position in account.held():
        if account.is_isolated(position.symbol):
            isolated += position_pot(state.markets[position.symbol], account, position)
    ordered = sum(
        (
            orders_initial(account, state.markets[symbol], side, one)
            for (symbol, side), one in (resting(account) if open_there is None else open_there).items()
        ),
        ZERO,
    )
    return MarginSummary(cross_pot(state, account), isolated, ordered)


def removable(market: Market, account: Account, position: Position) -> Decimal:
    """What may be taken out of an isolated position (>= 0): its initial margin stays covered at mark."""
    pot = position_pot(market, account, position)
    return max(ZERO, min(pot.equity, pot.wallet) - pot.initial)


def liquidation_price(state: State, account: Account, position: Position) -> Decimal | None:
    """The mark at which the position would be liquidated, all else standing still; None when there is none.

    The venue's own formula: (wallet + sum over others of (uPnL - MM) + cum - side*qty*entry) / (qty*(mmr -
    side)), where the two sides of a contract that is hedged in cross margin count together.
    """
    if not position.amount:
        return None
    market = state.markets[position.symbol]
    if account.is_isolated(position.symbol):
        together, cushion = [position], position.isolated_wallet
    else:
        together, cushion = [], account.cross_wallet
        for other in account.held_cross():
            if other.symbol == position.symbol:
                together.append(other)
                continue
            there = state.markets[other.symbol]
            cushion += other.unrealized(there.mark) - maintenance(there, other)
    divisor = ZERO
    for one in together:
        bracket = market.contract.bracket(notional(market, one))
        cushion += bracket.cumulative - one.sign * one.cost
        divisor += abs(one.amount) * (bracket.maintenance_fraction - one.sign)
    price = cushion / divisor if divisor else ZERO
    return price if price > 0 else None


def safe_move(pot: Pot, gross: Decimal) -> Decimal:
    """The largest fraction by which every mark may move while the pot surely stays above maintenance.

    Maintenance grows by at most 2.5 % of the notional added, so gross x 1.03 x move bounds what can be lost.
    """
    slack = pot.equity - pot.maintenance
    if slack <= 0:
        return ZERO
    return slack / (gross * Decimal("1.03"))
