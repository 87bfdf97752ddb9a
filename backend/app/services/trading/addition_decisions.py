"""Whether a position may be added to: asked when a signal comes, and once more just before the order leaves.

The first answer is one commit: the decision, the addition with its reservation under the ledger's checks, and the
intent of its order. The trade is locked first, then the risk rows, then the ledger, as everywhere.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from app.core.lean_transactions import LeanTransactions
from app.domain.adding import PlanFigures
from app.domain.breaches import Breach
from app.domain.client_order_id import client_order_id
from app.domain.decision import decide_batch
from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.ladder import carried
from app.domain.limits import ApprovedOrder, RefusedOrder
from app.domain.receipts import receipt_of
from app.domain.types import OrderLeg, OrderStatus, Side
from app.models.order import Order
from app.models.signal import Signal
from app.repositories.gate_facts import FactsWanted, SystemGateFactsRepository
from app.repositories.gate_rows import GateRows
from app.repositories.gate_writes import AnsweredBatch, SystemGateWriteRepository
from app.repositories.trade_additions import (
    DecidedAddition,
    HeldTrade,
    NewAddition,
    SystemTradeAdditionRepository,
)
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.addition_cases import (
    WAIT_SECONDS,
    AddedTo,
    LadderStepAsked,
    addition_case,
    before_addition,
    hindrance,
    wanted_stop,
)
from app.services.trading.addition_gate import plan_of
from app.services.trading.answers import breach_rows, decision_row
from app.services.trading.balances import BalanceKeeper
from app.services.trading.ceilings import ceilings_of
from app.services.trading.entry_refusals import NotYet, Refusal
from app.services.trading.fundings import keep_funding, needs_funding, with_funding
from app.services.trading.gate_reading import GateReading
from app.services.trading.proposals import SignalMarket
from app.services.trading.risk_picture import RiskPicture
from app.services.trading.trade_case import TradeCase

LIVE = (OrderStatus.OPEN, OrderStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class AdditionAnswer:
    """`approved`: an order was written down. `wait_seconds` where the question is to be asked again, None where it is
    answered; `stop_moved` where the stop is to be at break-even first."""

    approved: bool = False
    wait_seconds: float | None = None
    stop_moved: bool = False


ANSWERED = AdditionAnswer()


class AdditionDecisions:
    """Decides about additions, one trade at a time."""

    def __init__(
        self, connections: LeanTransactions, reading: GateReading, balances: BalanceKeeper, deployment: str
    ) -> None:
        self._connections = connections
        self._reading = reading
        self._balances = balances
        self._deployment = deployment

    async def decide(self, signal: Signal, account: TradingAccount, trade_id: UUID) -> AdditionAnswer:
        """Decide about one signal for one trade, once: a wallet that has its answer gets no other."""
        await self._reading.refresh()
        market = await self._reading.market_of(signal)
        async with self._connections.connection() as connection:
            held = await SystemTradeAdditionRepository(connection).held(trade_id, signal.id)
        if held is None or held.is_decided:
            return ANSWERED
        if isinstance(waits := hindrance(held, market), NotYet):
            return AdditionAnswer(wait_seconds=waits.seconds)
        await keep_funding(self._reading.markets, market)
        await self._balances.refresh_many([account])
        try:
            async with self._connections.transaction() as connection:
                return await self._decide_under_lock(connection, market, account, trade_id)
        except asyncpg.CheckViolationError:  # the ledger changed in between: everything is asked anew
            return AdditionAnswer(wait_seconds=WAIT_SECONDS)

    async def again(
        self, transaction: TradingTransaction, case: TradeCase, order: Order
    ) -> ApprovedOrder | RefusedOrder | None:
        """Decide once more about an addition, at the newest price and under lock, just before its order leaves: at
        most what was planned. None where its signal is gone."""
        user_id, trade = transaction.user_id, case.trade
        found = await transaction.additions.numbered(user_id, trade.id, order.attempt)
        if found is None:
            return None
        addition, signal = found
        await self._reading.refresh()
        market = await self._reading.market_of(signal)
        await keep_funding(self._reading.markets, market)
        await transaction.risk.lock(user_id, trade.environment)
        wanted = _wanted(user_id, trade.environment, market, order.client_order_id)
        rows = await transaction.facts.read(user_id, wanted)
        market, picture = await self._picture(rows, market, trade.id)
        every = await transaction.additions.of_trade(user_id, trade.id)
        steps = frozenset(one.number for one in every if one.step is not None)
        quantity, step = addition.quantity, None
        if addition.step is not None:
            quantity = _fitting(addition.plan, market, trade.stop_price)
            step = LadderStepAsked(addition.step, addition.entry_price)
        asked = addition_case(
            market,
            picture,
            trade.wallet_id,
            _added_to(case, order, steps),
            stop_price=trade.stop_price,
            quantity=quantity,
            step=step,
        )
        return decide_batch([asked])[0]

    async def _decide_under_lock(
        self,
        connection: asyncpg.Connection,
        market: SignalMarket,
        account: TradingAccount,
        trade_id: UUID,
    ) -> AdditionAnswer:
        additions = SystemTradeAdditionRepository(connection)
        await additions.lock(trade_id)
        held = await additions.held(trade_id, market.signal_id)
        if held is None or held.is_decided:
            return ANSWERED
        match hindrance(held, market):
            case NotYet(seconds=seconds):
                return AdditionAnswer(wait_seconds=seconds)
            case Refusal() as refusal:
                row = decision_row(uuid4(), account, market, [refusal.breach()], None)
                await additions.decide(
                    DecidedAddition(decision=row, trade_id=trade_id, receipt=None), approved=False
                )
                return ANSWERED
        facts, writes = SystemGateFactsRepository(connection), SystemGateWriteRepository(connection)
        wanted = _wanted(account.user_id, account.environment, market)
        await facts.lock(wanted)
        market, picture = await self._picture(await facts.read(wanted), market, trade_id)
        stop = wanted_stop(held, market)
        case = addition_case(market, picture, account.wallet_id, _of(held), stop_price=stop)
        verdict = decide_batch([case])[0]
        await writes.store_windows(picture.changed)
        await writes.store_trips(list(picture.trips.values()))
        if isinstance(verdict, RefusedOrder) and _only_the_stop(verdict) and stop != held.stop_price:
            await additions.move_stop(trade_id, stop)
            return AdditionAnswer(wait_seconds=WAIT_SECONDS, stop_moved=True)
        breaches = breach_rows(verdict.breaches) if isinstance(verdict, RefusedOrder) else []
        row = decision_row(uuid4(), account, market, breaches, verdict.intent.size)
        decided = DecidedAddition(decision=row, trade_id=trade_id, receipt=receipt_of(case, verdict))
        if isinstance(verdict, RefusedOrder):
            await additions.decide(decided, approved=False)
            return ANSWERED
        if stop != held.stop_price:  # approved under a stop that is not there yet
            await additions.move_stop(trade_id, stop)
            return AdditionAnswer(wait_seconds=WAIT_SECONDS, stop_moved=True)
        ceilings = ceilings_of(case, account.user_id, account.wallet_id, held.strategy, picture.usage())
        if not await writes.write(AnsweredBatch(decisions=[], receipts=[], ceilings=ceilings, plans=[])):
            return AdditionAnswer(wait_seconds=WAIT_SECONDS)
        await additions.decide(decided, approved=True)
        await additions.add(self._addition(held, market, verdict))
        return AdditionAnswer(approved=True)

    def _addition(self, held: HeldTrade, market: SignalMarket, verdict: ApprovedOrder) -> NewAddition:
        """What the trade was planned at, for what it holds, beside what is added to it."""
        number = held.last_number + 1
        return NewAddition(
            trade_id=held.id,
            number=number,
            before=before_addition(held),
            plan=plan_of(verdict, held.stop_price),
            client_order_id=client_order_id(self._deployment, held.id, OrderLeg.ADD, number),
            side=Side(held.side).entry_order_side.value,
            requested_price=market.entry_price,
            at=market.market_time,
            signal_id=market.signal_id,
        )

    async def _picture(
        self, rows: GateRows, market: SignalMarket, trade_id: UUID
    ) -> tuple[SignalMarket, RiskPicture]:
        if needs_funding(rows):
            market = await with_funding(self._reading.markets, market)
        (picture,) = (await self._reading.pictures(rows, market, added_to=trade_id)).values()
        return market, picture


def _wanted(
    user_id: UUID, environment: str, market: SignalMarket, without_order: str | None = None
) -> FactsWanted:
    return FactsWanted(
        user_ids=[user_id],
        environment=environment,
        market_time=market.market_time,
        symbols=[market.signal.symbol],
        strategies=[market.signal.strategy],
        without_order=without_order,
    )


def _only_the_stop(verdict: RefusedOrder) -> bool:
    return {breach.code for breach in verdict.breaches} == {Breach.PYRAMIDING_STOP_AT_RISK}


def _of(held: HeldTrade) -> AddedTo:
    return AddedTo(
        side=Side(held.side),
        quantity=held.quantity,
        entry_price=held.entry_price,
        live_stop_price=held.live_stop_price,
        take_profit_price=held.take_profit_price,
        scales_out=held.scale_out_enabled,
        leverage=held.leverage,
        additions=held.additions,
    )


def _fitting(reserved: PlanFigures, market: SignalMarket, stop_price: Decimal) -> Decimal:
    """How much of a step fits into what was reserved for it, at the price of now."""
    if market.instrument is None:
        return reserved.quantity
    return carried(
        reserved,
        price=market.entry_price,
        stop_price=stop_price,
        instrument=market.instrument,
        slippage_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
    )


def _added_to(case: TradeCase, order: Order, steps: frozenset[int]) -> AddedTo:
    """The trade as it is held, without the addition that is asked about; `steps` are the numbers of its steps."""
    trade, side = case.trade, case.side
    triggers = [
        stop.trigger_price
        for stop in case.orders
        if stop.leg == OrderLeg.STOP
        and stop.status in LIVE
        and stop.trigger_price is not None
        and stop.quantity - stop.filled_quantity >= trade.quantity
    ]
    before = [
        one
        for one in case.orders
        if one.leg == OrderLeg.ADD
        and one is not order
        and one.filled_quantity > 0
        and one.attempt not in steps
    ]
    return AddedTo(
        side=side,
        quantity=trade.quantity,
        entry_price=trade.entry_price,
        live_stop_price=max(triggers, key=lambda price: side.sign * price, default=None),
        take_profit_price=trade.take_profit_price,
        scales_out=trade.scale_out_enabled,
        leverage=trade.leverage,
        additions=len(before),
    )
