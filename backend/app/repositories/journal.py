"""The journal: finished trades, their orders and fills, and the execution log."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, case, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.types import OrderSide, Side, TradeStatus
from app.models.execution_log import ExecutionLog
from app.models.fill import Fill
from app.models.journal_note import TradeNote
from app.models.order import Order
from app.models.portfolio_snapshot import TradeTag
from app.models.trade import CLOSED, Trade
from app.models.wallet import Wallet
from app.repositories.keyset import Keyset, Page, page_of
from app.repositories.positions import TRADE_ROWS, TradeRecord


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as stored; `filled_quantity` base units."""

    client_order_id: str
    exchange_order_id: str | None
    leg: str
    attempt: int
    status: str
    order_type: str
    side: str
    quantity: Decimal
    filled_quantity: Decimal
    requested_price: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None
    average_price: Decimal | None
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
class FillRecord:
    """A fill as the venue reported it; `fee` positive when paid, `executed_at` market time."""

    venue_trade_id: str
    client_order_id: str | None
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    is_maker: bool
    executed_at: datetime


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """One line of the execution log; slippage adverse-positive, `timestamp` wall time."""

    id: UUID
    timestamp: datetime
    market_time: datetime | None
    trade_id: UUID | None
    wallet_id: UUID
    symbol: str
    side: str | None
    action: str
    order_type: str | None
    requested_price: Decimal | None
    executed_price: Decimal | None
    slippage_percent: Decimal | None
    slippage_bps: Decimal | None
    requested_size: Decimal | None
    filled_size: Decimal | None
    fill_percent: Decimal | None
    fees_paid: Decimal | None
    execution_time_ms: int | None
    status: str
    error_message: str | None
    retry_count: int
    client_order_id: str | None
    realized_pnl: Decimal | None
    venue: str | None
    exchange_order_id: str | None
    outcome: str | None
    error_code: str | None
    route: str | None
    route_reason: str | None
    expected_slippage_bps: Decimal | None
    spread_bps: Decimal | None
    market_volatility: Decimal | None
    market_liquidity: Decimal | None
    gate_ms: Decimal | None
    network_ms: Decimal | None
    venue_ms: Decimal | None


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Which rows; None means any. `action` and `order_type` are of the execution log, `strategy`, `side`, `tag` and
    `environment` of trades. From `begin` to before `end`: of the log wall time, of trades their close."""

    wallet_id: UUID | None = None
    symbol: str | None = None
    status: str | None = None
    action: str | None = None
    order_type: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    strategy: str | None = None
    side: str | None = None
    tag: str | None = None
    environment: str | None = None
    exit_reason: str | None = None


@dataclass(frozen=True, slots=True)
class TaxFillRecord:
    """A fill with its place in the order of fills; `fee` positive when paid, market time."""

    wallet_id: UUID
    symbol: str
    venue_trade_id: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    executed_at: datetime


_ORDER_COLUMNS = tuple(getattr(Order, field.name) for field in fields(OrderRecord))
_FILL_COLUMNS = tuple(getattr(Fill, field.name) for field in fields(FillRecord))
_LOG_COLUMNS = tuple(getattr(ExecutionLog, field.name) for field in fields(ExecutionRecord))
_CLOSED: ColumnElement[bool] = literal_column(f"trades.{CLOSED}", Boolean())


def _conditions(chosen: JournalFilter) -> list[ColumnElement[bool]]:
    """What the filter asks of a line of the execution log."""
    wanted: dict[InstrumentedAttribute[Any], object] = {
        ExecutionLog.wallet_id: chosen.wallet_id,
        ExecutionLog.symbol: chosen.symbol,
        ExecutionLog.status: chosen.status,
        ExecutionLog.action: chosen.action,
        ExecutionLog.order_type: chosen.order_type,
    }
    conditions: list[ColumnElement[bool]] = [
        column == value for column, value in wanted.items() if value is not None
    ]
    if chosen.begin is not None:
        conditions.append(ExecutionLog.timestamp >= chosen.begin)
    if chosen.end is not None:
        conditions.append(ExecutionLog.timestamp < chosen.end)
    return conditions


def _trade_conditions(
    chosen: JournalFilter, closed_at: InstrumentedAttribute[datetime | None] = Trade.closed_at
) -> list[ColumnElement[bool]]:
    """What the filter asks of a trade, but for its tag. Its close is read from `closed_at`."""
    wanted: dict[InstrumentedAttribute[Any], object] = {
        Trade.wallet_id: chosen.wallet_id,
        Trade.symbol: chosen.symbol,
        Trade.status: None if chosen.status == TradeStatus.CLOSED else chosen.status,
        Trade.strategy: chosen.strategy,
        Trade.side: chosen.side,
        Trade.environment: chosen.environment,
        Trade.exit_reason: chosen.exit_reason,
    }
    conditions: list[ColumnElement[bool]] = [
        column == value for column, value in wanted.items() if value is not None
    ]
    if chosen.status == TradeStatus.CLOSED:  # as the indexes of closed trades say it
        conditions += [_CLOSED, closed_at.is_not(None)]
    if chosen.begin is not None:
        conditions.append(closed_at >= chosen.begin)
    if chosen.end is not None:
        conditions.append(closed_at < chosen.end)
    return conditions


def _has_tag(chosen: JournalFilter, user_id: UUID) -> list[ColumnElement[bool]]:
    """What a tag asks of a trade: nothing where none is chosen."""
    if chosen.tag is None:
        return []
    tagged = select(TradeTag.trade_id).where(
        TradeTag.user_id == user_id, TradeTag.trade_id == Trade.id, TradeTag.tag == chosen.tag
    )
    return [tagged.exists()]


class JournalRepository:
    """The journal of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def trades(
        self, user_id: UUID, chosen: JournalFilter, *, after: Keyset | None, limit: int
    ) -> Page[TradeRecord]:
        """Trades, newest first. Closed ones are ordered by their close, all others by their making."""
        closed = chosen.status == TradeStatus.CLOSED
        statement = TRADE_ROWS.where(Trade.user_id == user_id)
        order: tuple[InstrumentedAttribute[Any], InstrumentedAttribute[UUID]]
        if closed and chosen.tag is not None:
            # tags know the close, so that their own index is the page's order
            order = (TradeTag.closed_at, TradeTag.trade_id)
            statement = statement.join(
                TradeTag, (TradeTag.user_id == Trade.user_id) & (TradeTag.trade_id == Trade.id)
            ).where(
                TradeTag.user_id == user_id,
                TradeTag.tag == chosen.tag,
                *_trade_conditions(chosen, TradeTag.closed_at),
            )
        else:
            order = (Trade.closed_at if closed else Trade.created_at, Trade.id)
            statement = statement.where(*_trade_conditions(chosen), *_has_tag(chosen, user_id))
        if after is not None:
            statement = statement.where(tuple_(*order) < (after.at, after.id))
        statement = statement.order_by(*(column.desc() for column in order)).limit(limit + 1)
        rows = [TradeRecord(*row) for row in await self._session.execute(statement)]
        return page_of(
            rows, limit, lambda row: Keyset((row.closed_at if closed else None) or row.created_at, row.id)
        )

    async def orders(self, user_id: UUID, trade_id: UUID) -> list[OrderRecord]:
        """Every order of the trade, oldest first."""
        statement = (
            select(*_ORDER_COLUMNS)
            .where(Order.user_id == user_id, Order.trade_id == trade_id)
            .order_by(Order.created_at, Order.leg, Order.attempt)
        )
        return [OrderRecord(*row) for row in await self._session.execute(statement)]

    async def fills(self, user_id: UUID, trade_id: UUID) -> list[FillRecord]:
        """Every fill of the trade, oldest first."""
        statement = (
            select(*_FILL_COLUMNS)
            .where(Fill.user_id == user_id, Fill.trade_id == trade_id)
            .order_by(Fill.executed_at, func.length(Fill.venue_trade_id), Fill.venue_trade_id)
        )
        return [FillRecord(*row) for row in await self._session.execute(statement)]

    async def logs_of_trade(self, user_id: UUID, trade_id: UUID) -> list[ExecutionRecord]:
        """Every line of the execution log about the trade, oldest first."""
        statement = (
            select(*_LOG_COLUMNS)
            .where(ExecutionLog.user_id == user_id, ExecutionLog.trade_id == trade_id)
            .order_by(ExecutionLog.timestamp, ExecutionLog.id)
        )
        return [ExecutionRecord(*row) for row in await self._session.execute(statement)]

    async def logs(
        self, user_id: UUID, chosen: JournalFilter, *, after: Keyset | None, limit: int
    ) -> Page[ExecutionRecord]:
        """Lines of the execution log, newest first."""
        statement = select(*_LOG_COLUMNS).where(ExecutionLog.user_id == user_id, *_conditions(chosen))
        if after is not None:
            statement = statement.where(
                tuple_(ExecutionLog.timestamp, ExecutionLog.id) < (after.at, after.id),
                ExecutionLog.timestamp <= after.at,  # lets Postgres leave out newer months
            )
        statement = statement.order_by(ExecutionLog.timestamp.desc(), ExecutionLog.id.desc()).limit(limit + 1)
        rows = [ExecutionRecord(*row) for row in await self._session.execute(statement)]
        return page_of(rows, limit, lambda row: Keyset(row.timestamp, row.id))

    async def some_logs(self, user_id: UUID, ids: list[UUID]) -> list[ExecutionRecord]:
        """The lines of these ids that this tenant has, oldest first."""
        statement = (
            select(*_LOG_COLUMNS)
            .where(ExecutionLog.user_id == user_id, ExecutionLog.id.in_(ids))
            .order_by(ExecutionLog.timestamp, ExecutionLog.id)
        )
        return [ExecutionRecord(*row) for row in await self._session.execute(statement)]

    async def count_trades(self, user_id: UUID, chosen: JournalFilter) -> int:
        """How many trades the filter lets pass."""
        statement = (
            select(func.count())
            .select_from(Trade)
            .where(Trade.user_id == user_id, *_trade_conditions(chosen), *_has_tag(chosen, user_id))
        )
        return (await self._session.execute(statement)).scalar_one()

    async def count_logs(self, user_id: UUID, chosen: JournalFilter) -> int:
        """How many lines of the execution log the filter lets pass."""
        statement = (
            select(func.count())
            .select_from(ExecutionLog)
            .where(ExecutionLog.user_id == user_id, *_conditions(chosen))
        )
        return (await self._session.execute(statement)).scalar_one()

    async def entered(self, user_id: UUID, trade_ids: list[UUID]) -> dict[UUID, Decimal]:
        """Base units that the fills of these trades added to the position, additions and steps of a ladder with
        them; those without one are left out."""
        adds = case((Trade.side == Side.LONG.value, OrderSide.BUY.value), else_=OrderSide.SELL.value)
        statement = (
            select(Trade.id, func.sum(Fill.quantity))
            .join(Trade, (Trade.user_id == Fill.user_id) & (Trade.id == Fill.trade_id))
            .where(Fill.user_id == user_id, Fill.trade_id.in_(trade_ids), Fill.side == adds)
            .group_by(Trade.id)
        )
        return {row[0]: row[1] for row in await self._session.execute(statement)}

    async def notes(
        self, user_id: UUID, trade_ids: list[UUID]
    ) -> dict[UUID, tuple[str, list[str], int | None]]:
        """Note, tags and rating of those of these trades that have any."""
        noted = select(TradeNote.trade_id, TradeNote.note, TradeNote.rating).where(
            TradeNote.user_id == user_id, TradeNote.trade_id.in_(trade_ids)
        )
        tagged = (
            select(TradeTag.trade_id, func.array_agg(aggregate_order_by(TradeTag.tag, TradeTag.tag)))
            .where(TradeTag.user_id == user_id, TradeTag.trade_id.in_(trade_ids))
            .group_by(TradeTag.trade_id)
        )
        notes = {row[0]: (row[1], row[2]) for row in await self._session.execute(noted)}
        tags = {row[0]: list(row[1]) for row in await self._session.execute(tagged)}
        return {
            trade_id: (
                notes.get(trade_id, ("", None))[0],
                tags.get(trade_id, []),
                notes.get(trade_id, ("", None))[1],
            )
            for trade_id in notes.keys() | tags.keys()
        }

    async def count_fills(self, user_id: UUID, chosen: JournalFilter) -> int:
        """How many fills of ours there are of the filter's wallet and symbol."""
        statement = select(func.count()).select_from(Fill).where(*_fill_conditions(user_id, chosen))
        return (await self._session.execute(statement)).scalar_one()

    async def tax_fills(
        self,
        user_id: UUID,
        chosen: JournalFilter,
        *,
        after: tuple[datetime, int, str, UUID, str] | None,
        limit: int,
    ) -> list[TaxFillRecord]:
        """Fills of ours of the filter's wallet and symbol, oldest first, as the venue numbered them."""
        place = (
            Fill.executed_at,
            func.length(Fill.venue_trade_id),
            Fill.venue_trade_id,
            Fill.wallet_id,
            Fill.symbol,
        )
        statement = select(*(getattr(Fill, field.name) for field in fields(TaxFillRecord))).where(
            *_fill_conditions(user_id, chosen)
        )
        if after is not None:
            statement = statement.where(tuple_(*place) > after, Fill.executed_at >= after[0])
        rows = await self._session.execute(statement.order_by(*place).limit(limit))
        return [TaxFillRecord(*row) for row in rows]


def _fill_conditions(user_id: UUID, chosen: JournalFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Fill.user_id == user_id, Fill.trade_id.is_not(None)]
    if chosen.wallet_id is not None:
        conditions.append(Fill.wallet_id == chosen.wallet_id)
    if chosen.symbol is not None:
        conditions.append(Fill.symbol == chosen.symbol)
    if chosen.environment is not None:
        wallets = select(Wallet.id).where(Wallet.user_id == user_id, Wallet.environment == chosen.environment)
        conditions.append(Fill.wallet_id.in_(wallets))
    return conditions
