"""What a command changed, gathered so that the journal can write it as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from paper_exchange.engine.accounts import AccountRecord, Position
from paper_exchange.engine.bars import Bar
from paper_exchange.engine.market import FundingPoint
from paper_exchange.engine.orders import (
    Amendment,
    Conditional,
    Fill,
    Income,
    MarginChange,
    Order,
    PositionSide,
)


@dataclass(frozen=True, slots=True)
class Deposit:
    """A deposit, or a withdrawal as a negative amount, already booked; `reference` makes a repeat harmless."""

    reference: str
    account: str
    amount: str


@dataclass(slots=True)
class Counters:
    """The last number given out, of each kind."""

    order: int = 1_000_000
    conditional: int = 2_000_000
    fill: int = 3_000_000
    income: int = 9_000_000
    amendment: int = 5_000_000

    def next_order(self) -> int:
        self.order += 1
        return self.order

    def next_conditional(self) -> int:
        self.conditional += 1
        return self.conditional

    def next_fill(self) -> int:
        self.fill += 1
        return self.fill

    def next_amendment(self) -> int:
        self.amendment += 1
        return self.amendment

    def next_income(self) -> int:
        self.income += 1
        return self.income


@dataclass(slots=True)
class Changes:
    """Each thing once, as it is when the journal takes it; rows that never change are lists."""

    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    positions: dict[tuple[str, str, PositionSide], Position] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    conditionals: dict[int, Conditional] = field(default_factory=dict)
    markets: set[str] = field(default_factory=set)
    fills: list[Fill] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    income: list[Income] = field(default_factory=list)
    margin_changes: list[MarginChange] = field(default_factory=list)
    deposits: list[Deposit] = field(default_factory=list)
    bars: list[tuple[str, int, Bar]] = field(default_factory=list)
    fundings: list[FundingPoint] = field(default_factory=list)

    def touches_accounts(self) -> bool:
        """Whether anything a client may be told of is in here."""
        return bool(
            self.accounts
            or self.positions
            or self.orders
            or self.conditionals
            or self.fills
            or self.amendments
            or self.income
            or self.margin_changes
            or self.deposits
        )

    def is_empty(self) -> bool:
        return not (self.touches_accounts() or self.markets or self.bars or self.fundings)
