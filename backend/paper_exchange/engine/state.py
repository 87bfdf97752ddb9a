"""The whole venue in memory, and the two ways anything about it becomes known: changes and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.changes import Changes, Counters, Deposit
from paper_exchange.engine.deadlines import Agenda
from paper_exchange.engine.events import Event
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import Income, IncomeType, MarginChange, MarginDelta, PositionSide
from paper_exchange.engine.refusals import Refusal, VenueError


def _silence(_: Event) -> None:
    return


@dataclass(slots=True)
class SafeBand:
    """Mark prices (USDT) between which nobody holding the contract can be liquidated; None = not known."""

    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, mark: Decimal) -> bool:
        return self.low is not None and self.high is not None and self.low < mark < self.high

    def narrow(self, low: Decimal, high: Decimal) -> None:
        if self.low is not None and self.high is not None:
            self.low, self.high = max(self.low, low), min(self.high, high)


@dataclass(slots=True)
class State:
    """Markets, accounts and indexes.

    `insurance` is the fund that pays for bankrupt accounts (USDT, signed); `unreviewed` holds the accounts
    whose positions or means changed since their liquidation was last considered.
    """

    markets: dict[str, Market]
    emit: Callable[[Event], None] = _silence
    accounts: dict[str, Account] = field(default_factory=dict)
    by_key: dict[str, Account] = field(default_factory=dict)
    deposits: dict[str, Deposit] = field(default_factory=dict)
    holders: dict[str, dict[str, Account]] = field(default_factory=dict)
    bands: dict[str, SafeBand] = field(default_factory=dict)
    unreviewed: dict[str, Account] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    changes: Changes = field(default_factory=Changes)
    agenda: Agenda = field(default_factory=Agenda)
    insurance: Decimal = ZERO

    def market(self, symbol: str) -> Market:
        found = self.markets.get(symbol)
        if found is None:
            raise VenueError(Refusal.BAD_SYMBOL)
        return found

    def add_account(self, account: Account) -> None:
        self.accounts[account.id] = account
        self.by_key[account.record.api_key] = account

    def position(self, account: Account, symbol: str, side: PositionSide = PositionSide.BOTH) -> Position:
        """The account's position there, made (flat) if it had none."""
        found = account.positions.get((symbol, side))
        if found is None:
            found = account.positions[symbol, side] = Position(account.id, symbol, side=side)
        return found

    def note_holding(self, account: Account, position: Position) -> None:
        """Keep the index of holders in step with a position that changed."""
        holders = self.holders.setdefault(position.symbol, {})
        if position.amount:
            holders[account.id] = account
        elif not account.held_on(position.symbol):
            holders.pop(account.id, None)
        self.changes.positions[account.id, position.symbol, position.side] = position
        self.unreviewed[account.id] = account

    def book(
        self,
        account: Account,
        kind: IncomeType,
        amount: Decimal,
        now: int,
        symbol: str = "",
        trade_id: str = "",
        note: str = "",
    ) -> None:
        """Post to the ledger and the wallet at once; the only place where a wallet changes."""
        record = account.record
        record.wallet += amount
        record.updated_ms = now
        row = Income(
            self.counters.next_income(), account.id, symbol, kind, amount, now, trade_id, note or kind.value
        )
        self.changes.income.append(row)
        self.changes.accounts[account.id] = record

    def set_aside(
        self, account: Account, position: Position, amount: Decimal, kind: MarginDelta, now: int
    ) -> None:
        """Move USDT between the cross wallet and an isolated position: in when positive, out when negative.

        The only place where an isolated wallet changes but for its funding.
        """
        if not amount:
            return
        position.isolated_wallet += amount
        number = self.counters.next_income()
        self.changes.margin_changes.append(
            MarginChange(number, account.id, position.symbol, position.side, kind, amount, now)
        )
        self.changes.positions[account.id, position.symbol, position.side] = position

    def take_changes(self) -> Changes:
        """Hand over what changed since the last call."""
        taken, self.changes = self.changes, Changes()
        return taken


def new_state(markets: Iterable[Market]) -> State:
    return State(markets={market.symbol: market for market in markets})
