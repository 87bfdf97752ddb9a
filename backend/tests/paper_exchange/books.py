"""The venue's books kept a second time, from the rows that it journals and from nothing else."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from paper_exchange.engine import margin
from paper_exchange.engine.accounts import Account, Position, PositionKey
from paper_exchange.engine.changes import Changes
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.money import ZERO, money
from paper_exchange.engine.orders import Fill, Income, IncomeType, PositionSide

Sums = defaultdict[tuple[str, *tuple[str, ...]], Decimal]


def _sums() -> Sums:
    return defaultdict(Decimal)


class Books:
    """Sums over fills, ledger rows and margin changes, kept as they come.

    Keys are (account, symbol, position side) but for `wallets` (account), `isolated` (account, symbol) and
    `filled` (account, order number).
    """

    def __init__(self) -> None:
        self.fills: list[Fill] = []
        self.income: list[Income] = []
        self.wallets, self.amounts, self.flows = _sums(), _sums(), _sums()
        self.realized, self.isolated, self.filled = _sums(), _sums(), _sums()
        self.insurance = ZERO

    def absorb(self, exchange: Exchange, changes: Changes) -> None:
        """Add rows; what was paid into isolated positions is judged by the margin type of now."""
        self.fills += changes.fills
        self.income += changes.income
        for fill in changes.fills:
            key = fill.account, fill.symbol, fill.position_side.value
            signed = fill.quantity if fill.side == "BUY" else -fill.quantity
            self.amounts[key] += signed
            self.flows[key] -= signed * fill.price
            self.realized[key] += fill.realized
            self.filled[fill.account, str(fill.order_id)] += fill.quantity
        for row in changes.income:
            self.wallets[row.account,] += row.amount
            if row.kind is IncomeType.INSURANCE_CLEAR:
                self.insurance -= row.amount
            account = exchange.state.accounts[row.account]
            if row.kind is IncomeType.FUNDING_FEE and account.is_isolated(row.symbol):
                self.isolated[row.account, row.symbol] += row.amount
        for change in changes.margin_changes:
            self.isolated[change.account, change.symbol] += change.amount

    def check(self, exchange: Exchange) -> None:
        """Whether the venue's own standing is what its rows say."""
        assert exchange.state.insurance == self.insurance
        for account in exchange.state.accounts.values():
            self._check_wallets(exchange, account)
            for key, position in account.positions.items():
                self._check_position(account, key, position)
            self._check_orders(account)

    def _check_wallets(self, exchange: Exchange, account: Account) -> None:
        wallet = account.record.wallet
        assert wallet == self.wallets[account.id,]
        assert wallet == money(wallet), "a posting is not a multiple of 1e-8"
        for symbol in {one.symbol for one in account.positions.values()}:
            there = [one.isolated_wallet for one in account.positions.values() if one.symbol == symbol]
            assert sum(there, ZERO) == self.isolated[account.id, symbol]
            assert account.is_isolated(symbol) or not any(there)
        found = exchange.summary(account)
        assert found.wallet == wallet
        assert found.available >= found.transferable >= 0
        # Only a position that shares a wallet, and gains, may answer for one below zero.
        if not account.held():
            assert wallet >= 0
            assert account.isolated_wallets == 0
        if not account.held_cross():
            assert account.cross_wallet >= 0

    def _check_position(self, account: Account, key: PositionKey, position: Position) -> None:
        ours = account.id, position.symbol, position.side.value
        assert key == position.key
        assert position.amount == self.amounts[ours]
        assert position.realized == self.realized[ours]
        # To the last digit: what came in is what was realised and what is still held at cost.
        assert self.realized[ours] == self.flows[ours] + position.sign * position.cost
        assert position.cost >= 0
        if not position.amount:
            assert position.cost == 0
            assert position.isolated_wallet == 0
        else:
            assert position.side in account.sides
        if position.side is PositionSide.LONG:
            assert position.amount >= 0
        if position.side is PositionSide.SHORT:
            assert position.amount <= 0

    def _check_orders(self, account: Account) -> None:
        for order in account.open_orders.values():
            assert order.is_open
            assert 0 <= order.filled < order.quantity
            assert order.position_side in account.sides
            if order.reduce_only:
                assert account.reducible_by(order.symbol, order.position_side, order.side) > 0
        for order in (*account.open_orders.values(), *account.closed_orders.values()):
            assert order.filled == self.filled[account.id, str(order.id)]
            assert order.filled <= order.quantity

    @staticmethod
    def check_nobody_is_under_water(exchange: Exchange) -> None:
        """After a step of the feed everybody who holds anything is above maintenance."""
        state = exchange.state
        for account in state.accounts.values():
            if account.held_cross():
                assert not margin.cross_pot(state, account).is_under_water
            for position in account.held():
                if account.is_isolated(position.symbol):
                    pot = margin.position_pot(state.markets[position.symbol], account, position)
                    assert not pot.is_under_water
