"""What the order core works with: one set of collaborators, shared by every account of this process."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.core.clock import utc_now
from app.core.db import Database
from app.models.signal import Signal
from app.models.trade import Trade
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway, ExchangeGateways
from app.services.trading.balances import BalanceKeeper, account_key
from app.services.trading.entry_turns import EntryTurns
from app.services.trading.markets import MarketView
from app.services.trading.order_books import OrderBooks
from app.services.trading.risk_management import RiskManagement
from app.services.trading.terms import TradingTerms
from app.services.trading.venue_leverage import VenueLeverage

SIGNALS_KEPT = 256
LEAVING_AT_ONCE = 8  # accounts of a venue: what they commit leaves within its receive window
QUESTIONS_AT_ONCE = 32  # of the accounts that leave a venue


class LeaseBook:
    """The epochs under which this process may write, by shard."""

    def __init__(self) -> None:
        self.epochs: dict[int, int] = {}

    def epoch(self, shard: int) -> int | None:
        """The epoch of a shard that is ours; None where it is not."""
        return self.epochs.get(shard)


@dataclass(slots=True)
class Desk:
    """`alive_since` is when this process began to act; time without a stop counts from then at most.
    `under_kill_switch` are the wallets of this process that are left by a kill switch, now or in their turn."""

    database: Database
    system: Database
    gateways: ExchangeGateways
    markets: MarketView
    balances: BalanceKeeper
    risk: RiskManagement
    terms: TradingTerms
    books: OrderBooks
    leases: LeaseBook = field(default_factory=LeaseBook)
    alive_since: datetime = field(default_factory=utc_now)
    leverage: VenueLeverage = field(default_factory=VenueLeverage)
    signals: dict[UUID, Signal] = field(default_factory=dict)
    leaving: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    questions: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    under_kill_switch: set[UUID] = field(default_factory=set)
    entry_turns: EntryTurns = field(default_factory=EntryTurns)

    async def gateway(self, account: TradingAccount) -> ExchangeGateway:
        """The account's gateway, out of the pool."""
        return await self.gateways.for_account(account_key(account))

    def leaving_at(self, venue: str) -> asyncio.Semaphore:
        """Places for accounts of a venue that write and send what leaves them; whoever waited longest is next."""
        return self.leaving.setdefault(venue, asyncio.Semaphore(LEAVING_AT_ONCE))

    def questions_to(self, venue: str) -> asyncio.Semaphore:
        """Places for questions of the accounts that leave a venue; whichever waited longest is next."""
        return self.questions.setdefault(venue, asyncio.Semaphore(QUESTIONS_AT_ONCE))

    async def signal_of(self, transaction: TradingTransaction, trade: Trade) -> Signal | None:
        """The signal that a trade came from; signals never change, so that one is read once."""
        if trade.signal_id is None:
            return None
        known = self.signals.get(trade.signal_id)
        if known is None:
            known = await transaction.trades.signal(transaction.user_id, trade)
            if known is not None:
                self.remember(known)
        return known

    def remember(self, signal: Signal) -> None:
        """Keep a signal for the gates that follow its decision; the oldest is forgotten."""
        self.signals[signal.id] = signal
        while len(self.signals) > SIGNALS_KEPT:
            del self.signals[next(iter(self.signals))]

    def margin_ms(self, venue: str | None = None) -> int:
        """How long after its deadline an order that the venue (None: any) does not know may still come to be, in
        milliseconds: the margin of the terms, and as much as the venue's clock has moved lately."""
        return self.terms.outcome_margin_ms + self.gateways.clock_moved_ms(venue)

    @property
    def unprotected_bound(self) -> timedelta:
        return timedelta(milliseconds=self.terms.unprotected_ms)
