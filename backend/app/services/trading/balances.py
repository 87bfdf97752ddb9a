"""Balances, the venue's ledger and the day's window of one account, read together and written together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog

from app.core.clock import utc_now
from app.core.db import Database
from app.domain.drawdown import peak_after_flow
from app.domain.loss_windows import WindowLength
from app.domain.venue import AccountBalance, LedgerEntry, LedgerKind, VenueUnavailableError
from app.models.risk_state import RiskState
from app.repositories.gate_facts import FactsWanted
from app.repositories.gate_writes import WINDOW_FIELDS
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import AccountKey, ExchangeGateway, ExchangeGateways
from app.services.trading.markets import MarketView
from app.services.trading.risk_picture import RiskPicture

OVERLAP_MS = 600_000  # a venue may post a transfer long after what came later
READS_AT_ONCE = 16
LIQUIDATED_WITHIN = timedelta(minutes=1)  # a venue posts what it cost once the position is gone
DAY_DUE = timedelta(hours=22)
FLOWS = frozenset({LedgerKind.DEPOSIT, LedgerKind.WITHDRAWAL})
OWN_COMPUTATION = frozenset({LedgerKind.REALIZED_PNL, LedgerKind.COMMISSION})

log = structlog.get_logger(__name__)


def account_key(account: TradingAccount) -> AccountKey:
    """The account as gateways know it."""
    return AccountKey(account.user_id, account.wallet_id, account.venue, account.environment)


@dataclass(frozen=True, slots=True)
class _Reading:
    balance: AccountBalance
    entries: Sequence[LedgerEntry]
    market_time: datetime | None
    read_at: datetime


class BalanceKeeper:
    """Keeps `risk_state` and `ledger_events` true to the venue."""

    def __init__(self, database: Database, gateways: ExchangeGateways, markets: MarketView) -> None:
        self._database = database
        self._gateways = gateways
        self._markets = markets

    async def refresh_many(self, accounts: Sequence[TradingAccount]) -> None:
        """Refresh several accounts; one that cannot be read keeps its old, ageing balance."""
        gate = asyncio.Semaphore(READS_AT_ONCE)

        async def one(account: TradingAccount) -> None:
            async with gate:
                try:
                    await self.refresh(account)
                except VenueUnavailableError as error:
                    log.warning(
                        "the balance cannot be read", wallet_id=str(account.wallet_id), error=str(error)
                    )

        await asyncio.gather(*(one(account) for account in accounts))

    async def refresh(
        self,
        account: TradingAccount,
        *,
        with_ledger: bool = True,
        known: AccountBalance | None = None,
        booked: Decimal | None = None,
    ) -> frozenset[str]:
        """Read balance and ledger, roll the day where it is over, latch the limits that are reached. Where our fills
        moved the balance meanwhile nothing is written: what was read may not know of them, and is read anew with them.

        Without the ledger (30 weight at Binance) only where no day begins and the balance is what our books
        say; `known` is then the balance, where it was read just now, and `booked` what our books said before. Returns
        the symbols that new postings of the ledger name: trading went on there.
        """
        gateway = await self._gateways.for_account(account_key(account))
        async with self._database.tenant(account.user_id) as session:
            state = await TradingTransaction(session, account.user_id).risk.of_wallet(
                account.user_id, account.wallet_id
            )
        reading = await self._read(account, gateway, state, with_ledger=with_ledger, known=known)
        if known is None:
            booked = None if state is None else state.balance
        await self._write(account, reading, booked)
        watermark = None if state is None else state.income_watermark_ms
        return frozenset(
            entry.symbol
            for entry in reading.entries
            if entry.symbol is not None
            and (watermark is None or entry.occurred_at.timestamp() * 1000 >= int(watermark))
        )

    async def _read(
        self,
        account: TradingAccount,
        gateway: ExchangeGateway,
        state: RiskState | None,
        *,
        with_ledger: bool,
        known: AccountBalance | None,
    ) -> _Reading:
        """The ledger is read before the balance; where a day begins, between two balances that agree: a deposit
        between ledger and balance would else count in the day's first equity and once more as a deposit."""
        watermark = None if state is None else state.income_watermark_ms
        since = None if watermark is None else max(int(watermark) - OVERLAP_MS, 0)
        market_time = await self._markets.market_time(account.venue)
        begins = state is None or state.day_start is None
        if state is not None and state.day_start is not None and market_time is not None:
            begins = market_time - state.day_start > DAY_DUE
        entries: Sequence[LedgerEntry] = ()
        before = await gateway.balance() if begins else None
        if with_ledger or begins:
            entries = await gateway.ledger(since)
        balance = await gateway.balance() if known is None or begins else known
        if not entries and state is not None and state.balance not in (None, balance.balance):
            entries = await gateway.ledger(since)  # something moved it that our books do not hold
        while before is not None and before.balance != balance.balance:
            before, entries = balance, await gateway.ledger(since)
            balance = await gateway.balance()
        return _Reading(balance, entries, market_time, utc_now())

    async def _write(self, account: TradingAccount, reading: _Reading, booked: Decimal | None) -> None:
        user_id, environment = account.user_id, account.environment
        async with self._database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            if booked is None:
                await transaction.risk.ensure(user_id, environment, account.wallet_id)
            states = await transaction.risk.lock(user_id, environment)
            archived = await transaction.risk.archived(user_id, environment)
            own = next(state for state in states if state.wallet_id == account.wallet_id)
            if own.balance_as_of is not None and own.balance_as_of > reading.read_at:
                return
            if own.balance not in (None, booked):
                return
            user = None
            if account.wallet_id not in archived:
                user = next((state for state in states if state.wallet_id is None), None)
            is_first = own.balance_as_of is None
            await self._post(transaction, account, own, None if is_first else user, reading)
            if is_first and user is not None:
                _move_peak(user, reading.balance.equity)
            own.balance, own.equity = reading.balance.balance, reading.balance.equity
            own.free_margin, own.balance_as_of = reading.balance.free_margin, reading.read_at
            market_time = reading.market_time
            _sum_up([state for state in states if state.wallet_id not in archived], reading.read_at)
            if market_time is not None:
                own.market_as_of = market_time
                await self._roll(transaction, account, states, reading.read_at, market_time)
            transaction.announcements.changed(user_id, "wallet", account.wallet_id)
            await transaction.announcements.send()

    async def _roll(
        self,
        transaction: TradingTransaction,
        account: TradingAccount,
        states: Sequence[RiskState],
        now: datetime,
        market_time: datetime,
    ) -> None:
        """Building the picture begins the windows, latches what is reached and lifts the peaks, those of
        strategies and symbols too."""
        user_id, environment = account.user_id, account.environment
        await transaction.flush()
        rows = await transaction.facts.read(user_id, FactsWanted([user_id], environment, market_time))
        for user in rows.users:
            pairs = {(trade.venue, trade.symbol) for trade in user.trades}
            picture = RiskPicture(
                user,
                platform=rows.platform,
                markets=await self._markets.marked(pairs),
                now=now,
                market_time=market_time,
                correlations=lambda *_: None,
            )
            rolled = {state.id: state for state in user.states}
            for state in states:
                for name in WINDOW_FIELDS:
                    setattr(state, name, getattr(rolled[state.id], name))
            await transaction.flush()
            await transaction.risk.lift_book_peaks(user_id, environment, picture.open_results())

    async def _post(
        self,
        transaction: TradingTransaction,
        account: TradingAccount,
        state: RiskState,
        user: RiskState | None,
        reading: _Reading,
    ) -> None:
        """Insert what the venue posted beside our own fills; new transfers count in the windows, and move the peaks
        (the `user`'s with them, where that has counted the wallet before)."""
        user_id, wallet_id, entries = account.user_id, account.wallet_id, reading.entries
        rows: list[dict[str, object]] = []
        by_key: dict[tuple[str, str], tuple[LedgerEntry, UUID | None]] = {}
        for entry in entries:
            if entry.kind in OWN_COMPUTATION:
                continue
            trade_id = None
            if entry.symbol is not None and entry.kind not in FLOWS:
                closed_for = LIQUIDATED_WITHIN if entry.kind is LedgerKind.LIQUIDATION else timedelta(0)
                trade_id = await transaction.trades.at_moment(
                    user_id, wallet_id, entry.symbol, entry.occurred_at, closed_for=closed_for
                )
            by_key[entry.kind.value, entry.reference] = (entry, trade_id)
            rows.append(
                {
                    "wallet_id": wallet_id,
                    "trade_id": trade_id,
                    "kind": entry.kind.value,
                    "amount": entry.amount,
                    "symbol": entry.symbol,
                    "venue_reference": entry.reference,
                    "occurred_at": entry.occurred_at,
                }
            )
        new = [by_key[key] for key in await transaction.ledger.insert(user_id, rows)]
        moved = sum((entry.amount for entry, _ in new if entry.kind in FLOWS), Decimal(0))
        if moved != 0:
            _before_flows(state, user, reading.balance.equity - moved)
        for entry, trade_id in new:
            if entry.kind in FLOWS:
                _count_flow(state, entry)
                _move_peak(state, entry.amount)
                if user is not None:
                    _move_peak(user, entry.amount)
            if trade_id is not None:
                await _charge(transaction, user_id, trade_id, entry)
        newest = max((int(entry.occurred_at.timestamp() * 1000) for entry in entries), default=None)
        if newest is not None:
            state.income_watermark_ms = max(newest, int(state.income_watermark_ms or 0))


async def _charge(transaction: TradingTransaction, user_id: UUID, trade_id: UUID, entry: LedgerEntry) -> None:
    """Write what the venue posted for a trade beside its fills into the trade."""
    if entry.kind is LedgerKind.FUNDING:
        await transaction.trades.add_funding(user_id, trade_id, entry.amount)
    elif entry.kind is LedgerKind.LIQUIDATION:
        await transaction.trades.add_fee(user_id, trade_id, -entry.amount)
    transaction.announcements.changed(user_id, "trade", trade_id)


def _count_flow(state: RiskState, entry: LedgerEntry) -> None:
    """A transfer counts in the windows that it falls in: it is neither profit nor loss. A window that began since the
    last reading began with the balance of then, so that what was moved after that reading is not in its start."""
    for length in WindowLength:
        start = getattr(state, f"{length}_start")
        if start is None:
            continue
        known = start if state.market_as_of is None else min(start, state.market_as_of)
        if entry.occurred_at >= known:
            flows = f"{length}_flows"
            setattr(state, flows, getattr(state, flows) + entry.amount)


def _before_flows(state: RiskState, user: RiskState | None, equity: Decimal) -> None:
    """What the market did since the last reading was done to what there was before the transfers."""
    if state.equity is None:
        return
    if user is not None and user.equity is not None:
        user.equity += equity - state.equity
    state.equity = equity


def _move_peak(state: RiskState, amount: Decimal) -> None:
    """A transfer moves the peak with the equity, so that the drawdown stays what it was. So does a wallet that the
    user's sums count from now on, by all that it brings: its venue need not remember how that came there."""
    if state.peak_equity is not None and state.equity is not None:
        state.peak_equity = peak_after_flow(state.peak_equity, state.equity, amount)
        state.equity += amount


def _sum_up(states: Sequence[RiskState], now: datetime) -> None:
    """The user's row shows the sums over its active wallets; None where one is not known."""
    user = next((state for state in states if state.wallet_id is None), None)
    wallets = [state for state in states if state.wallet_id is not None and state.balance_as_of is not None]
    if user is None or not wallets:
        return
    user.balance = sum((state.balance or Decimal(0) for state in wallets), Decimal(0))
    user.equity = sum((state.equity or Decimal(0) for state in wallets), Decimal(0))
    user.free_margin = sum((state.free_margin or Decimal(0) for state in wallets), Decimal(0))
    user.balance_as_of = now
