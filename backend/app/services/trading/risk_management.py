"""The gate before every entry: facts are read once, the rules are asked once, the answer is kept.

An approval reserves its worst case by being written: trade, entry intent, reservation and ceilings are rows of
the same commit, which is refused where anybody changed the user's ledger since it was read. The same text decides
for one wallet and for a batch.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import structlog

from app.core.clock import utc_now
from app.core.lean_transactions import LeanTransactions
from app.domain.decision import decide_batch
from app.domain.limits import ApprovedOrder, RefusedOrder
from app.models.signal import Signal
from app.models.trade import Trade
from app.repositories.gate_facts import FactsWanted, SystemGateFactsRepository
from app.repositories.gate_rows import GateRows
from app.repositories.gate_writes import SystemGateWriteRepository
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.addition_decisions import AdditionDecisions
from app.services.trading.answers import Answers
from app.services.trading.balances import BalanceKeeper
from app.services.trading.decision_lanes import Ask, DecisionLanes, Told, TradeDecision
from app.services.trading.fundings import keep_funding, needs_funding, with_funding
from app.services.trading.gate_reading import GateReading
from app.services.trading.ladder_steps import LadderSteps
from app.services.trading.markets import MarketView
from app.services.trading.proposals import Planned, SignalMarket, case_of
from app.services.trading.risk_picture import RiskPicture
from app.services.trading.terms import TradingTerms

Markets = dict[int, SignalMarket]
"""The markets of a batch's signals, by the id of each signal's object, which the batch holds."""

log = structlog.get_logger(__name__)


class LedgerChangedError(Exception):
    """A user's ledger was changed by somebody else although its rows were locked."""


class RiskManagement:
    """Decides about entries."""

    def __init__(
        self,
        connections: LeanTransactions,
        markets: MarketView,
        balances: BalanceKeeper,
        terms: TradingTerms,
    ) -> None:
        self._connections = connections
        self._markets = markets
        self._balances = balances
        self._terms = terms
        self._reading = GateReading(connections, markets)
        self.additions = AdditionDecisions(connections, self._reading, balances, terms.deployment)
        self.ladders = LadderSteps(connections, self._reading, terms.deployment)
        self._lanes = DecisionLanes(self._decide)

    async def validate_trade(
        self, signal: Signal, accounts: Sequence[TradingAccount], told: Told | None = None
    ) -> list[TradeDecision]:
        """Decide about a signal for these wallets, in batches of one commit each; every answer is stored.

        An account must not have been asked about this signal before. Signals that are asked about at the same
        time share their batches. `told` hears each batch as soon as it is durable.
        """
        return await self._lanes.ask([Ask(signal, account) for account in accounts], told)

    async def validate_again(
        self, transaction: TradingTransaction, trade: Trade, signal: Signal
    ) -> ApprovedOrder | RefusedOrder:
        """Decide once more, at the newest price and under lock, just before the order leaves.

        The quantity is what was planned, or less where less fits now. A leverage that is more than what is allowed
        by now is lowered on the trade as long as nothing was filled; the venue has to be told before it is sent.
        """
        user_id = transaction.user_id
        await self._reading.refresh()
        market = await self._reading.market_of(signal)
        await keep_funding(self._markets, market)  # nothing is read from the venue while rows are locked
        await transaction.risk.lock(user_id, trade.environment)
        wanted = FactsWanted(
            user_ids=[user_id],
            environment=trade.environment,
            market_time=market.market_time,
            symbols=[signal.symbol],
            strategies=[signal.strategy],
            without_trade=trade.id,
        )
        rows = await transaction.facts.read(user_id, wanted)
        if needs_funding(rows):
            market = await with_funding(self._markets, market)
        (picture,) = (await self._reading.pictures(rows, market, without_trade=trade.id)).values()
        steps = await transaction.additions.steps_left(user_id, trade)
        if trade.entry_price is None:
            book = picture.book(trade.wallet_id, signal.strategy, signal.symbol)
            trade.leverage = min(trade.leverage, market.leverage(book))
        planned = Planned(
            trade.planned_quantity,
            trade.initial_stop_price,
            trade.take_profit_price,
            trade.scale_out_enabled,
            steps,
            trade.leverage,
        )
        case = case_of(market, picture, trade.wallet_id, planned)
        return decide_batch([case])[0]

    def daily_volatility(self, venue: str, symbol: str) -> Decimal | None:
        """Standard deviation of the symbol's daily returns, a fraction, as last read; None where not known."""
        return self._reading.daily_volatility(venue, symbol)

    async def _decide(self, asks: Sequence[Ask], answered: Told) -> None:
        """Decide a batch of one environment. What is found changed or must be begun is decided under lock;
        where a balance is too old it is read first."""
        await self._reading.refresh()
        signals = {id(ask.signal): ask.signal for ask in asks}
        markets = {key: await self._reading.market_of(signal) for key, signal in signals.items()}
        for may_read in (True, False):
            async with self._connections.connection() as connection:
                rows = await self._read(connection, asks, markets)
                stale = self._stale(rows, asks) if may_read else []
                if not stale:
                    answers = await self._answer(connection, rows, asks, markets)
                    if answers is not None:
                        answered(answers)
                        return
                    break
            await self._balances.refresh_many(stale)
        async with self._connections.transaction() as connection:
            answers = await self._decide_under_lock(connection, asks, markets)
        answered(answers)

    async def _answer(
        self,
        connection: asyncpg.Connection,
        rows: GateRows,
        asks: Sequence[Ask],
        markets: Markets,
    ) -> list[TradeDecision] | None:
        """Decide on what was read without a lock; None where it has to be decided under one."""
        pictures = await self._pictures(rows, markets)
        if any(picture.changed for picture in pictures.values()):  # as with everybody's first signal of a day
            return None
        answers = self._answers(pictures, asks, markets)
        if answers.trips:
            return None
        try:
            written = await SystemGateWriteRepository(connection).write(answers.batch())
        except (asyncpg.CheckViolationError, asyncpg.DeadlockDetectedError):
            return None
        return answers.of(asks) if written else None

    async def _decide_under_lock(
        self, connection: asyncpg.Connection, asks: Sequence[Ask], markets: Markets
    ) -> list[TradeDecision]:
        facts, writes = SystemGateFactsRepository(connection), SystemGateWriteRepository(connection)
        await facts.lock(_wanted(asks, markets))
        rows = await self._read(connection, asks, markets)
        answers = self._answers(await self._pictures(rows, markets), asks, markets)
        await writes.store_windows(answers.changed)
        await writes.store_trips(answers.trips)
        if not await writes.write(answers.batch()):
            raise LedgerChangedError(f"a batch of {len(asks)} could not be written under lock")
        return answers.of(asks)

    async def _read(self, connection: asyncpg.Connection, asks: Sequence[Ask], markets: Markets) -> GateRows:
        return await SystemGateFactsRepository(connection).read(_wanted(asks, markets))

    def _stale(self, rows: GateRows, asks: Sequence[Ask]) -> list[TradingAccount]:
        """Wallets whose balance is not known or too old to decide on. One that cannot be read is refused by
        its facts."""
        limit = utc_now() - timedelta(milliseconds=self._terms.balance_fresh_ms)
        fresh = {
            state.wallet_id
            for user in rows.users
            for state in user.states
            if state.balance_as_of is not None and state.balance_as_of >= limit
        }
        stale = {ask.account.wallet_id: ask.account for ask in asks if ask.account.wallet_id not in fresh}
        return list(stale.values())

    async def _pictures(self, rows: GateRows, markets: Markets) -> dict[UUID, RiskPicture]:
        """The users' pictures. Next fundings that a schedule asks about join the markets, before anything is locked."""
        newest = max(markets.values(), key=lambda market: market.market_time)
        symbols = {market.signal.symbol for market in markets.values()}
        pictures = await self._reading.pictures(rows, newest, symbols=symbols)
        if needs_funding(rows):
            for key, market in markets.items():
                markets[key] = await with_funding(self._markets, market)
        return pictures

    def _answers(
        self,
        pictures: dict[UUID, RiskPicture],
        asks: Sequence[Ask],
        markets: Markets,
    ) -> Answers:
        """Decide in rounds, of which none holds two asks of one user; what a round approved counts in the
        next."""
        answers = Answers(self._terms.deployment, pictures)
        rounds = _rounds(asks)
        for number, held in enumerate(rounds, 1):
            of_asks = [markets[id(ask.signal)] for ask in held]
            cases = [
                case_of(market, pictures[ask.account.user_id], ask.account.wallet_id)
                for market, ask in zip(of_asks, held, strict=True)
            ]
            verdicts = decide_batch(cases)
            answers.add_round(held, of_asks, cases, verdicts, is_last=number == len(rounds))
        return answers


def _wanted(asks: Sequence[Ask], markets: Markets) -> FactsWanted:
    signals = [market.signal for market in markets.values()]
    return FactsWanted(
        user_ids=sorted({ask.account.user_id for ask in asks}),
        environment=asks[0].account.environment,
        market_time=max(market.market_time for market in markets.values()),
        symbols=sorted({signal.symbol for signal in signals}),
        strategies=sorted({signal.strategy for signal in signals}),
    )


def _rounds(asks: Sequence[Ask]) -> list[list[Ask]]:
    """Split so that no round holds two asks of one user."""
    by_user: dict[UUID, list[Ask]] = defaultdict(list)
    for ask in asks:
        by_user[ask.account.user_id].append(ask)
    longest = max((len(held) for held in by_user.values()), default=0)
    return [[held[number] for held in by_user.values() if number < len(held)] for number in range(longest)]
