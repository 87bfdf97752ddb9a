"""The gate before every entry: facts are read once under lock, the rules are asked once, the answer is kept.

An approval reserves its worst case by being written: the trade and its entry intent are rows in the same
transaction, and every later decision counts them. The same text decides for one wallet and for a batch.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import structlog

from app.core.clock import utc_now
from app.core.db import Database
from app.domain.client_order_id import client_order_id
from app.domain.limits import ApprovedOrder, BreachDetail, RefusedOrder, review, review_batch
from app.domain.position_size import PositionSize
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.types import OrderLeg, OrderStatus, OrderType, SizingMethod, TradeStatus
from app.models.risk_state import RiskState
from app.models.signal import Signal
from app.models.trade import Trade
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.balances import BalanceKeeper
from app.services.trading.holdings import Holding
from app.services.trading.markets import MarketView
from app.services.trading.proposals import SignalMarket, review_row, size_for_wallet
from app.services.trading.risk_picture import RiskPicture
from app.services.trading.rulebook import Rulebook
from app.services.trading.terms import TradingTerms

BATCH = 256

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TradeDecision:
    """The answer to one signal for one wallet; `trade_id` is set when it was approved."""

    decision_id: UUID
    account: TradingAccount
    trade_id: UUID | None
    breaches: tuple[BreachDetail, ...]

    @property
    def is_approved(self) -> bool:
        return self.trade_id is not None


class RiskManagement:
    """Decides about entries."""

    def __init__(
        self, system: Database, markets: MarketView, balances: BalanceKeeper, terms: TradingTerms
    ) -> None:
        self._system = system
        self._markets = markets
        self._balances = balances
        self._terms = terms

    async def validate_trade(self, signal: Signal, accounts: Sequence[TradingAccount]) -> list[TradeDecision]:
        """Decide about a signal for these wallets, in batches of one commit each; every answer is stored.

        An account must not have been asked about this signal before.
        """
        decisions: list[TradeDecision] = []
        by_environment: dict[str, list[TradingAccount]] = defaultdict(list)
        for account in accounts:
            by_environment[account.environment].append(account)
        for environment, held in by_environment.items():
            ordered = sorted(held, key=lambda account: (account.user_id, account.wallet_id))
            for start in range(0, len(ordered), BATCH):
                decisions += await self._decide(signal, environment, ordered[start : start + BATCH])
        return decisions

    def calculate_position_size(
        self,
        market: SignalMarket,
        book: Rulebook,
        picture: RiskPicture,
        statistics: ClosedTradeStatistics | None = None,
    ) -> PositionSize:
        """Return the size of an entry for one wallet: its method's proposal, trimmed by every cap."""
        return size_for_wallet(market, book, picture, statistics)

    async def validate_again(
        self, transaction: TradingTransaction, trade: Trade, signal: Signal
    ) -> ApprovedOrder | RefusedOrder:
        """Decide once more, at the newest price and under lock, just before the order leaves.

        The quantity is what was planned, or less where less fits now.
        """
        user_id = transaction.user_id
        states = await transaction.risk.lock(user_id, trade.environment)
        exposures = await transaction.risk.exposures(user_id, trade.environment)
        pairs = {(one.trade.venue, one.trade.symbol) for one in exposures} | {(trade.venue, trade.symbol)}
        markets = await self._markets.marked(pairs)
        market = await self._signal_market(signal)
        picture = RiskPicture(
            rules=await transaction.risk.rules(user_id, trade.environment),
            states=states,
            exposures=exposures,
            breakers=await transaction.risk.breakers(user_id),
            markets=markets,
            now=market.now,
            market_time=market.market_time,
            without_trade=trade.id,
        )
        book = picture.books[trade.wallet_id]
        statistics = await self._statistics(transaction, book, signal.strategy)
        size = self.calculate_position_size(market, book, picture, statistics)
        size = smaller_size(size, trade.planned_quantity, market, trade.leverage)
        row = review_row(market, picture, trade.wallet_id, size)
        return review(row.intent, row.market, row.wallet, row.user, book.limits)

    async def _decide(
        self, signal: Signal, environment: str, accounts: Sequence[TradingAccount]
    ) -> list[TradeDecision]:
        """Decide in one transaction; where a balance is too old, read it first and begin again."""
        user_ids = sorted({account.user_id for account in accounts})
        for may_read in (True, False):
            async with self._system.system() as session:
                transaction = FanOutTransaction(session)
                states = await transaction.risk.lock(user_ids, environment)
                stale = self._stale(states, accounts) if may_read else []
                if not stale:
                    return await self._decide_under_lock(transaction, signal, environment, accounts, states)
            await self._balances.refresh_many(stale)
        return []

    def _stale(self, states: Sequence[RiskState], accounts: Sequence[TradingAccount]) -> list[TradingAccount]:
        """Wallets whose balance is not known or too old to decide on. One that cannot be read is refused by
        its facts."""
        limit = utc_now() - timedelta(milliseconds=self._terms.balance_fresh_ms)
        fresh = {
            state.wallet_id
            for state in states
            if state.balance_as_of is not None and state.balance_as_of >= limit
        }
        return [account for account in accounts if account.wallet_id not in fresh]

    async def _decide_under_lock(
        self,
        transaction: FanOutTransaction,
        signal: Signal,
        environment: str,
        accounts: Sequence[TradingAccount],
        states: Sequence[RiskState],
    ) -> list[TradeDecision]:
        user_ids = sorted({account.user_id for account in accounts})
        exposures = await transaction.risk.exposures(user_ids, environment)
        held = {(one.trade.venue, one.trade.symbol) for one in exposures}
        market = await self._signal_market(signal)
        picture = RiskPicture(
            rules=await transaction.risk.rules(user_ids, environment),
            states=states,
            exposures=exposures,
            breakers=await transaction.risk.breakers(user_ids),
            markets=await self._markets.marked(held),
            now=market.now,
            market_time=market.market_time,
        )
        statistics = await self._kelly_statistics(transaction, picture, signal.strategy)
        decisions: list[TradeDecision] = []
        for accounts_of_round in _rounds(accounts):
            decisions += await self._decide_round(transaction, picture, market, accounts_of_round, statistics)
        await transaction.announcements.send()
        return decisions

    async def _signal_market(self, signal: Signal) -> SignalMarket:
        quote = await self._markets.quote(signal.venue, signal.symbol)
        instrument = await self._markets.instrument(signal.venue, signal.symbol)
        return SignalMarket(signal, quote, instrument, utc_now())

    async def _decide_round(
        self,
        transaction: FanOutTransaction,
        picture: RiskPicture,
        market: SignalMarket,
        accounts: Sequence[TradingAccount],
        statistics: dict[UUID, ClosedTradeStatistics],
    ) -> list[TradeDecision]:
        """Decide for at most one wallet of each user, write the answers and count the approvals."""
        books = [picture.books[account.wallet_id] for account in accounts]
        rows = []
        for account, book in zip(accounts, books, strict=True):
            size = self.calculate_position_size(market, book, picture, statistics.get(account.user_id))
            rows.append(review_row(market, picture, account.wallet_id, size))
        verdicts = review_batch(rows, [book.limits for book in books])
        decisions, records, trades, orders = [], [], [], []
        for account, book, verdict in zip(accounts, books, verdicts, strict=True):
            approved = isinstance(verdict, ApprovedOrder)
            trade_id = uuid4() if approved else None
            breaches = () if isinstance(verdict, ApprovedOrder) else verdict.breaches
            decision = TradeDecision(uuid4(), account, trade_id, breaches)
            decisions.append(decision)
            records.append(_decision_row(decision, market, verdict))
            if trade_id is not None:
                trade = _trade_row(trade_id, account, market, book, verdict)
                trades.append(trade)
                orders.append(_entry_row(self._terms.deployment, trade, market))
                picture.reserve(_reservation(trade_id, account, market, book, verdict))
                transaction.announcements.changed(account.user_id, "position", trade_id)
            transaction.announcements.changed(account.user_id, "decision", decision.decision_id)
        await transaction.trades.insert(trades)
        await transaction.orders.insert(orders)
        await transaction.accounts.insert_decisions(records)
        return decisions

    async def _kelly_statistics(
        self, transaction: FanOutTransaction, picture: RiskPicture, strategy: str
    ) -> dict[UUID, ClosedTradeStatistics]:
        """Results by user, read only for those who size by them."""
        found: dict[UUID, ClosedTradeStatistics] = {}
        for book in picture.books.values():
            user_id = book.wallet.user_id
            if book.sizing_method is SizingMethod.KELLY and user_id not in found:
                found[user_id] = ClosedTradeStatistics(
                    *await transaction.decisions.closed_trades(user_id, book.wallet.environment, strategy)
                )
        return found

    async def _statistics(
        self, transaction: TradingTransaction, book: Rulebook, strategy: str
    ) -> ClosedTradeStatistics | None:
        if book.sizing_method is not SizingMethod.KELLY:
            return None
        wallet = book.wallet
        return ClosedTradeStatistics(
            *await transaction.decisions.closed_trades(wallet.user_id, wallet.environment, strategy)
        )


def smaller_size(size: PositionSize, planned: Decimal, market: SignalMarket, leverage: int) -> PositionSize:
    """Return `size`, or the planned quantity at the size's own ratios where that is less."""
    if size.quantity <= planned or size.quantity == 0:
        return size
    part = planned / size.quantity
    contract_size = Decimal(1) if market.instrument is None else market.instrument.contract_size
    notional = planned * market.entry_price * contract_size
    return PositionSize(
        planned,
        notional,
        notional / leverage,
        size.risk_amount * part,
        size.risk_reward,
        size.binding_cap,
        size.method,
    )


def breach_rows(breaches: Sequence[BreachDetail]) -> list[dict[str, str | None]]:
    """Return breaches as they are stored: code, message, limit, value, scope; figures as text."""
    return [
        {
            "code": one.code.value,
            "message": one.message,
            "limit": None if one.limit is None else f"{one.limit:f}",
            "value": None if one.value is None else f"{one.value:f}",
            "scope": None if one.scope is None else one.scope.value,
        }
        for one in breaches
    ]


def _rounds(accounts: Sequence[TradingAccount]) -> list[list[TradingAccount]]:
    """Split so that no round holds two wallets of one user."""
    by_user: dict[UUID, list[TradingAccount]] = defaultdict(list)
    for account in accounts:
        by_user[account.user_id].append(account)
    longest = max((len(held) for held in by_user.values()), default=0)
    return [[held[number] for held in by_user.values() if number < len(held)] for number in range(longest)]


def _decision_row(
    decision: TradeDecision, market: SignalMarket, verdict: ApprovedOrder | RefusedOrder
) -> dict[str, object]:
    size = verdict.intent.size
    sized = size.quantity > 0
    return {
        "id": decision.decision_id,
        "user_id": decision.account.user_id,
        "wallet_id": decision.account.wallet_id,
        "signal_id": market.signal.id,
        "trade_id": decision.trade_id,
        "approved": decision.is_approved,
        "breaches": breach_rows(decision.breaches),
        "quantity": size.quantity if sized else None,
        "notional": size.notional if sized else None,
        "risk_amount": size.risk_amount if sized else None,
        "requested_price": market.entry_price,
        "binding_cap": None if size.binding_cap is None else size.binding_cap.value,
        "market_time": market.market_time,
    }


def _trade_row(
    trade_id: UUID,
    account: TradingAccount,
    market: SignalMarket,
    book: Rulebook,
    verdict: ApprovedOrder | RefusedOrder,
) -> dict[str, object]:
    signal, intent = market.signal, verdict.intent
    maximum = 1 if market.instrument is None else market.instrument.max_leverage
    return {
        "id": trade_id,
        "user_id": account.user_id,
        "wallet_id": account.wallet_id,
        "signal_id": signal.id,
        "environment": account.environment,
        "venue": signal.venue,
        "symbol": signal.symbol,
        "strategy": signal.strategy,
        "timeframe": signal.timeframe,
        "side": signal.side,
        "status": TradeStatus.INTENT.value,
        "planned_quantity": intent.size.quantity,
        "planned_entry_price": intent.entry_price,
        "planned_notional": intent.size.notional,
        "leverage": book.leverage(maximum),
        "initial_stop_price": intent.stop_price,
        "stop_price": intent.stop_price,
        "take_profit_price": intent.take_profit_price,
        "trailing_enabled": book.trailing_enabled,
        "trailing_activation_fraction": book.trailing_activation_fraction,
        "trailing_fraction": book.trailing_fraction,
        "max_holding_minutes": book.max_holding_minutes,
        "risk_amount": intent.size.risk_amount,
        "signal_confidence": signal.confidence,
        "reason": signal.reason,
    }


def _entry_row(deployment: str, trade: dict[str, object], market: SignalMarket) -> dict[str, object]:
    trade_id = trade["id"]
    assert isinstance(trade_id, UUID)  # noqa: S101  (narrows the row's value)
    return {
        "client_order_id": client_order_id(deployment, trade_id, OrderLeg.ENTRY, 1),
        "user_id": trade["user_id"],
        "wallet_id": trade["wallet_id"],
        "trade_id": trade_id,
        "symbol": trade["symbol"],
        "leg": OrderLeg.ENTRY.value,
        "attempt": 1,
        "status": OrderStatus.INTENT.value,
        "order_type": OrderType.MARKET.value,
        "side": market.side.entry_order_side.value,
        "quantity": trade["planned_quantity"],
        "requested_price": market.entry_price,
        "reduce_only": False,
        "market_time": market.market_time,
    }


def _reservation(
    trade_id: UUID,
    account: TradingAccount,
    market: SignalMarket,
    book: Rulebook,
    verdict: ApprovedOrder | RefusedOrder,
) -> Holding:
    size = verdict.intent.size
    maximum = 1 if market.instrument is None else market.instrument.max_leverage
    return Holding(
        trade_id=trade_id,
        wallet_id=account.wallet_id,
        venue=market.signal.venue,
        symbol=market.signal.symbol,
        side=market.side,
        is_pending=True,
        quantity=Decimal(0),
        entry_price=None,
        stop_price=market.stop_price,
        has_live_stop=False,
        planned_notional=size.notional,
        risk_amount=size.risk_amount,
        leverage=book.leverage(maximum),
    )
