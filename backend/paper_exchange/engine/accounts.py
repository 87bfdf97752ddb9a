"""Accounts and their positions."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import Conditional, Order, PositionSide, Side

DEFAULT_LEVERAGE = 20
REMEMBERED_CLOSED = 200

PositionKey = tuple[str, PositionSide]


class MarginType(StrEnum):
    CROSSED = "CROSSED"
    ISOLATED = "ISOLATED"


@dataclass(slots=True)
class Position:
    """A position: `amount` signed in base units, `cost` the exact USDT of what is still held (>= 0).

    `isolated_wallet` is the part of the account's wallet set aside for it (USDT, 0 in cross margin).
    """

    account: str
    symbol: str
    amount: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    updated_ms: int = 0
    side: PositionSide = PositionSide.BOTH
    isolated_wallet: Decimal = ZERO

    @property
    def key(self) -> PositionKey:
        return self.symbol, self.side

    @property
    def entry_price(self) -> Decimal:
        """Average cost per unit; 0 (the venue's word for none) when flat."""
        return self.cost / abs(self.amount) if self.amount else ZERO

    @property
    def sign(self) -> int:
        if not self.amount:
            return 0
        return 1 if self.amount > 0 else -1

    def unrealized(self, mark: Decimal) -> Decimal:
        """Signed USDT profit if it were closed at `mark`, before fees."""
        return self.amount * mark - self.cost * self.sign


@dataclass(slots=True)
class AccountRecord:
    """What is journalled of an account itself; amounts in USDT.

    `countdowns` says by symbol when (wall clock ms) its orders will be cancelled unless told otherwise.
    `hedged` is hedge mode; `isolated` names the contracts on isolated margin, all others are on cross.
    """

    id: str
    api_key: str
    api_secret: str
    wallet: Decimal = ZERO
    deposits: Decimal = ZERO
    leverage: dict[str, int] = field(default_factory=dict)
    countdowns: dict[str, int] = field(default_factory=dict)
    updated_ms: int = 0
    hedged: bool = False
    isolated: dict[str, bool] = field(default_factory=dict)
    fee_burn: bool = True


@dataclass(slots=True)
class Account:
    """An account in memory: its record, its positions, what is open, and the most recent of what is
    closed.
    """

    record: AccountRecord
    positions: dict[PositionKey, Position] = field(default_factory=dict)
    open_orders: dict[int, Order] = field(default_factory=dict)
    open_by_client_id: dict[str, Order] = field(default_factory=dict)
    live_conditionals: dict[int, Conditional] = field(default_factory=dict)
    waiting_by_client_id: dict[str, Conditional] = field(default_factory=dict)
    closed_orders: OrderedDict[int, Order] = field(default_factory=OrderedDict)
    closed_conditionals: OrderedDict[int, Conditional] = field(default_factory=OrderedDict)

    @property
    def id(self) -> str:
        return self.record.id

    def leverage(self, symbol: str) -> int:
        return self.record.leverage.get(symbol, DEFAULT_LEVERAGE)

    def is_isolated(self, symbol: str) -> bool:
        return self.record.isolated.get(symbol, False)

    def margin_type(self, symbol: str) -> MarginType:
        return MarginType.ISOLATED if self.is_isolated(symbol) else MarginType.CROSSED

    @property
    def sides(self) -> tuple[PositionSide, ...]:
        """The positions that each contract has in the account's mode."""
        return (PositionSide.LONG, PositionSide.SHORT) if self.record.hedged else (PositionSide.BOTH,)

    def amount(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> Decimal:
        """Signed position in base units, 0 when flat."""
        position = self.positions.get((symbol, side))
        return position.amount if position is not None else ZERO

    def reducible_by(self, symbol: str, position_side: PositionSide, side: Side) -> Decimal:
        """How much an order of that side could take off the position (base units, >= 0)."""
        amount = self.amount(symbol, position_side)
        return max(ZERO, amount if side is Side.SELL else -amount)

    def held(self) -> list[Position]:
        """Positions that are not flat."""
        return [position for position in self.positions.values() if position.amount]

    def held_on(self, symbol: str) -> list[Position]:
        """Positions in that contract that are not flat: one, or in hedge mode up to two."""
        return [one for one in self.held() if one.symbol == symbol]

    def held_cross(self) -> list[Position]:
        """Positions that share the cross wallet."""
        return [one for one in self.held() if not self.is_isolated(one.symbol)]

    @property
    def isolated_wallets(self) -> Decimal:
        """What of the wallet is set aside for isolated positions (USDT)."""
        return sum((one.isolated_wallet for one in self.positions.values()), ZERO)

    @property
    def cross_wallet(self) -> Decimal:
        """The wallet less what is set aside for isolated positions (USDT)."""
        return self.record.wallet - self.isolated_wallets

    def orders_on(self, symbol: str) -> list[Order]:
        return [order for order in self.open_orders.values() if order.symbol == symbol]

    def admit_order(self, order: Order) -> None:
        self.open_orders[order.id] = order
        self.open_by_client_id[order.client_id] = order

    def retire_order(self, order: Order) -> None:
        self.open_orders.pop(order.id, None)
        if self.open_by_client_id.get(order.client_id) is order:
            del self.open_by_client_id[order.client_id]
        self.closed_orders[order.id] = order
        if len(self.closed_orders) > REMEMBERED_CLOSED:
            self.closed_orders.popitem(last=False)

    def admit_conditional(self, conditional: Conditional) -> None:
        self.live_conditionals[conditional.id] = conditional
        if conditional.is_waiting:
            self.waiting_by_client_id[conditional.client_id] = conditional

    def stop_waiting(self, conditional: Conditional) -> None:
        """Its client id may be used again from here on."""
        if self.waiting_by_client_id.get(conditional.client_id) is conditional:
            del self.waiting_by_client_id[conditional.client_id]

    def retire_conditional(self, conditional: Conditional) -> None:
        self.stop_waiting(conditional)
        self.live_conditionals.pop(conditional.id, None)
        self.closed_conditionals[conditional.id] = conditional
        if len(self.closed_conditionals) > REMEMBERED_CLOSED:
            self.closed_conditionals.popitem(last=False)

    def find_order(self, order_id: int | None, client_id: str | None) -> Order | None:
        """The order in memory, open ones first, newest of the closed ones next; None when not held here."""
        if order_id is not None:
            return self.open_orders.get(order_id) or self.closed_orders.get(order_id)
        if client_id is None:
            return None
        found = self.open_by_client_id.get(client_id)
        if found is not None:
            return found
        return next((o for o in reversed(self.closed_orders.values()) if o.client_id == client_id), None)

    def find_conditional(self, conditional_id: int | None, client_id: str | None) -> Conditional | None:
        """The conditional order in memory; None when not held here."""
        if conditional_id is not None:
            return self.live_conditionals.get(conditional_id) or self.closed_conditionals.get(conditional_id)
        if client_id is None:
            return None
        found = self.waiting_by_client_id.get(client_id)
        if found is not None:
            return found
        live = (c for c in reversed(self.live_conditionals.values()) if c.client_id == client_id)
        closed = (c for c in reversed(self.closed_conditionals.values()) if c.client_id == client_id)
        return next(live, None) or next(closed, None)
