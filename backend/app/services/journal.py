"""The journal of a user: finished trades, executions, decisions; and the signals that everybody shares."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.errors import NotFoundError
from app.domain.decimal_text import plain
from app.repositories.decisions import DecisionRecord, DecisionRepository
from app.repositories.journal import (
    ExecutionRecord,
    FillRecord,
    JournalFilter,
    JournalRepository,
    OrderRecord,
)
from app.repositories.keyset import Page, decode_cursor
from app.repositories.positions import PositionRepository
from app.repositories.signals import SignalRecord, SystemSignalRepository
from app.repositories.trade_excursions import TradeExcursionRepository
from app.services.excursion_views import ExcursionView, excursion_view
from app.services.position_views import TradeView, trade_view
from app.services.positions import Prices

__all__ = [
    "BreachView",
    "DecisionView",
    "ExecutionView",
    "FillView",
    "Journal",
    "JournalFilter",
    "OrderView",
    "SignalView",
    "TradeHistory",
    "decision_view",
    "execution_view",
    "fill_view",
    "order_view",
    "signal_view",
]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order; prices and quantities are plain decimal text."""

    client_order_id: str
    exchange_order_id: str | None
    leg: str
    attempt: int
    status: str
    order_type: str
    side: str
    quantity: str
    filled_quantity: str
    requested_price: str | None
    limit_price: str | None
    trigger_price: str | None
    average_price: str | None
    reduce_only: bool
    reason: str | None
    route: str | None
    route_reason: str | None
    time_in_force: str | None
    error_code: str | None
    error_message: str | None
    market_time: datetime | None
    created_at: datetime
    sent_at: datetime | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class FillView:
    """A fill; the fee is positive when paid."""

    venue_trade_id: str
    client_order_id: str | None
    side: str
    quantity: str
    price: str
    fee: str
    fee_currency: str
    is_maker: bool
    executed_at: datetime


@dataclass(frozen=True, slots=True)
class ExecutionView:
    """A line of the execution log; slippage adverse-positive."""

    id: UUID
    timestamp: datetime
    market_time: datetime | None
    trade_id: UUID | None
    wallet_id: UUID
    symbol: str
    side: str | None
    action: str
    order_type: str | None
    requested_price: str | None
    executed_price: str | None
    slippage_percent: str | None
    slippage_bps: str | None
    requested_size: str | None
    filled_size: str | None
    fill_percent: str | None
    fees_paid: str | None
    execution_time_ms: int | None
    status: str
    error_message: str | None
    retry_count: int
    client_order_id: str | None
    realized_pnl: str | None
    venue: str | None
    exchange_order_id: str | None
    outcome: str | None
    error_code: str | None
    route: str | None
    route_reason: str | None
    expected_slippage_bps: str | None
    spread_bps: str | None
    market_volatility: str | None
    market_liquidity: str | None
    gate_ms: str | None
    network_ms: str | None
    venue_ms: str | None


@dataclass(frozen=True, slots=True)
class BreachView:
    """One reason of a refusal, with its limit and value where there are figures."""

    code: str
    message: str
    limit: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What the gate answered; confidence 0-1, notional in quote currency."""

    id: UUID
    created_at: datetime
    market_time: datetime
    wallet_id: UUID
    signal_id: UUID
    symbol: str
    side: str
    strategy: str
    timeframe: str
    confidence: str
    approved: bool
    breaches: list[BreachView]
    quantity: str | None
    notional: str | None
    binding_cap: str | None


@dataclass(frozen=True, slots=True)
class SignalView:
    """A signal; confidence 0-1, `bar_close` market time."""

    id: UUID
    venue: str
    symbol: str
    timeframe: str
    strategy: str
    side: str
    entry_price: str
    stop_price: str
    take_profit_price: str | None
    confidence: str
    reason: str
    bar_close: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TradeHistory:
    """Everything that a trade left behind, oldest first. `excursions` is None while or where they are not known."""

    orders: list[OrderView]
    fills: list[FillView]
    logs: list[ExecutionView]
    excursions: ExcursionView | None


class Journal:
    """The journal of one user at a time."""

    def __init__(
        self,
        positions: PositionRepository,
        journal: JournalRepository,
        decisions: DecisionRepository,
        signals: SystemSignalRepository,
        excursions: TradeExcursionRepository,
        prices: Prices,
    ) -> None:
        self._excursions = excursions
        self._positions = positions
        self._journal = journal
        self._decisions = decisions
        self._signals = signals
        self._prices = prices

    async def trades(
        self, user_id: UUID, chosen: JournalFilter, *, cursor: str | None, limit: int
    ) -> Page[TradeView]:
        """Trades, newest first; a filter that is None lets all pass."""
        page = await self._journal.trades(user_id, chosen, after=decode_cursor(cursor), limit=limit)
        items = [trade_view(trade, self._prices.quote(trade.venue, trade.symbol)) for trade in page.items]
        return Page(items, page.next_cursor)

    async def trade(self, user_id: UUID, trade_id: UUID) -> tuple[TradeView, TradeHistory]:
        """A trade with its orders, fills and log."""
        trade = await self._positions.one(user_id, trade_id)
        if trade is None:
            raise NotFoundError(f"There is no trade {trade_id}.")
        orders = await self._journal.orders(user_id, trade_id)
        fills = await self._journal.fills(user_id, trade_id)
        logs = await self._journal.logs_of_trade(user_id, trade_id)
        excursions = await self._excursions.one(user_id, trade_id)
        history = TradeHistory(
            [order_view(order) for order in orders],
            [fill_view(fill) for fill in fills],
            [execution_view(line) for line in logs],
            None if excursions is None else excursion_view(excursions),
        )
        return trade_view(trade, self._prices.quote(trade.venue, trade.symbol)), history

    async def decisions(
        self, user_id: UUID, wallet_id: UUID | None, cursor: str | None, limit: int
    ) -> Page[DecisionView]:
        """The gate's answers, newest first."""
        page = await self._decisions.page(
            user_id, wallet_id=wallet_id, after=decode_cursor(cursor), limit=limit
        )
        return Page([decision_view(decision) for decision in page.items], page.next_cursor)

    async def signals(self, limit: int) -> list[SignalView]:
        """The newest signals, newest first; the same for everybody who may ask."""
        return [signal_view(signal) for signal in await self._signals.newest(limit)]


def order_view(order: OrderRecord) -> OrderView:
    """The order as shown."""
    return OrderView(
        client_order_id=order.client_order_id,
        exchange_order_id=order.exchange_order_id,
        leg=order.leg,
        attempt=order.attempt,
        status=order.status,
        order_type=order.order_type,
        side=order.side,
        quantity=plain(order.quantity),
        filled_quantity=plain(order.filled_quantity),
        requested_price=plain(order.requested_price),
        limit_price=plain(order.limit_price),
        trigger_price=plain(order.trigger_price),
        average_price=plain(order.average_price),
        reduce_only=order.reduce_only,
        reason=order.reason,
        route=order.route,
        route_reason=order.route_reason,
        time_in_force=order.time_in_force,
        error_code=order.error_code,
        error_message=order.error_message,
        market_time=order.market_time,
        created_at=order.created_at,
        sent_at=order.sent_at,
        accepted_at=order.accepted_at,
    )


def fill_view(fill: FillRecord) -> FillView:
    """The fill as shown."""
    return FillView(
        venue_trade_id=fill.venue_trade_id,
        client_order_id=fill.client_order_id,
        side=fill.side,
        quantity=plain(fill.quantity),
        price=plain(fill.price),
        fee=plain(fill.fee),
        fee_currency=fill.fee_currency,
        is_maker=fill.is_maker,
        executed_at=fill.executed_at,
    )


def execution_view(line: ExecutionRecord) -> ExecutionView:
    """The line as shown."""
    return ExecutionView(
        id=line.id,
        timestamp=line.timestamp,
        market_time=line.market_time,
        trade_id=line.trade_id,
        wallet_id=line.wallet_id,
        symbol=line.symbol,
        side=line.side,
        action=line.action,
        order_type=line.order_type,
        requested_price=plain(line.requested_price),
        executed_price=plain(line.executed_price),
        slippage_percent=plain(line.slippage_percent),
        slippage_bps=plain(line.slippage_bps),
        requested_size=plain(line.requested_size),
        filled_size=plain(line.filled_size),
        fill_percent=plain(line.fill_percent),
        fees_paid=plain(line.fees_paid),
        execution_time_ms=line.execution_time_ms,
        status=line.status,
        error_message=line.error_message,
        retry_count=line.retry_count,
        client_order_id=line.client_order_id,
        realized_pnl=plain(line.realized_pnl),
        venue=line.venue,
        exchange_order_id=line.exchange_order_id,
        outcome=line.outcome,
        error_code=line.error_code,
        route=line.route,
        route_reason=line.route_reason,
        expected_slippage_bps=plain(line.expected_slippage_bps),
        spread_bps=plain(line.spread_bps),
        market_volatility=plain(line.market_volatility),
        market_liquidity=plain(line.market_liquidity),
        gate_ms=plain(line.gate_ms),
        network_ms=plain(line.network_ms),
        venue_ms=plain(line.venue_ms),
    )


def decision_view(decision: DecisionRecord) -> DecisionView:
    """The decision as shown."""
    return DecisionView(
        id=decision.id,
        created_at=decision.created_at,
        market_time=decision.market_time,
        wallet_id=decision.wallet_id,
        signal_id=decision.signal_id,
        symbol=decision.symbol,
        side=decision.side,
        strategy=decision.strategy,
        timeframe=decision.timeframe,
        confidence=plain(decision.confidence),
        approved=decision.approved,
        breaches=[
            BreachView(
                str(breach.get("code")),
                str(breach.get("message")),
                _text(breach.get("limit")),
                _text(breach.get("value")),
            )
            for breach in decision.breaches
        ],
        quantity=plain(decision.quantity),
        notional=plain(decision.notional),
        binding_cap=decision.binding_cap,
    )


def signal_view(signal: SignalRecord) -> SignalView:
    """The signal as shown."""
    return SignalView(
        id=signal.id,
        venue=signal.venue,
        symbol=signal.symbol,
        timeframe=signal.timeframe,
        strategy=signal.strategy,
        side=signal.side,
        entry_price=plain(signal.entry_price),
        stop_price=plain(signal.stop_price),
        take_profit_price=plain(signal.take_profit_price),
        confidence=plain(signal.confidence),
        reason=signal.reason,
        bar_close=signal.bar_close,
        created_at=signal.created_at,
    )


def _text(figure: str | None) -> str | None:
    return None if figure is None else str(figure)
