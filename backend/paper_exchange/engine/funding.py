"""Funding: every eight hours of market time one side of a perpetual pays the other."""

from __future__ import annotations

from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.events import BalanceChanged, UpdateReason
from paper_exchange.engine.market import FundingPoint, Market
from paper_exchange.engine.money import money
from paper_exchange.engine.orders import IncomeType
from paper_exchange.engine.state import State

FUNDING_INTERVAL_MS = 8 * 3_600_000


def settle_funding(state: State, market: Market, now: int) -> None:
    """If funding is due, pay it: -amount x mark x rate for every position in the contract."""
    record = market.record
    if not market.contract.is_perpetual or now < record.next_funding_ms:
        return
    due = record.next_funding_ms
    record.next_funding_ms = now - now % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS
    point = FundingPoint(market.symbol, due, market.funding_rate(), market.mark)
    market.fundings.append(point)
    state.changes.fundings.append(point)
    for account in list(state.holders.get(market.symbol, {}).values()):
        for position in account.held_on(market.symbol):
            _pay(state, account, position, point, now)


def _pay(state: State, account: Account, position: Position, point: FundingPoint, now: int) -> None:
    """From the position's own wallet when it is isolated, and only then it is told of beside the balance."""
    payment = money(-position.amount * point.mark * point.rate)
    state.book(account, IncomeType.FUNDING_FEE, payment, now, position.symbol)
    state.note_holding(account, position)
    told: tuple[Position, ...] = ()
    if account.is_isolated(position.symbol):
        position.isolated_wallet += payment
        told = (position,)
    state.emit(BalanceChanged(account, UpdateReason.FUNDING_FEE, now, told, payment, point.symbol))
