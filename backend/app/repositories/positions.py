"""Live positions: trades that are not over, their stop's history, and the request to leave one."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import TERMINAL_TRADE_STATUSES, ExitReason, OperatorChoice, OrderLeg, TradeStatus
from app.models.execution_log import ExecutionLog
from app.models.order import Order
from app.models.outbox import Outbox
from app.models.position_event import PositionEvent
from app.models.position_health import PositionHealthReading
from app.models.trade import LIVE, Trade
from app.models.wallet import Wallet

LIVE_TRADES = "trades." + LIVE
MOST_REACTIONS = 500
NEVER_AT_THE_VENUE = ("INTENT", "REJECTED", "NOT_ACCEPTED")


@dataclass(frozen=True, slots=True)
class TradeRecord:
    """A trade as stored, with its wallet's name and what was last read for its health score (wall time `health_as_of`;
    None before the first reading). Money in quote currency, fractions 0-1, market times."""

    id: UUID
    user_id: UUID
    wallet_id: UUID
    environment: str
    venue: str
    symbol: str
    strategy: str
    timeframe: str
    side: str
    status: str
    planned_quantity: Decimal
    planned_entry_price: Decimal
    planned_notional: Decimal
    leverage: int
    quantity: Decimal
    entry_price: Decimal | None
    exit_price: Decimal | None
    initial_stop_price: Decimal
    stop_price: Decimal
    take_profit_price: Decimal | None
    trailing_enabled: bool
    trailing_activation_fraction: Decimal
    trailing_fraction: Decimal
    trailing_armed: bool
    extreme_price: Decimal | None
    max_holding_minutes: int | None
    risk_amount: Decimal
    signal_confidence: Decimal
    reason: str
    exit_requested: str | None
    exit_reason: str | None
    realized_pnl: Decimal
    fees: Decimal
    funding: Decimal
    entry_slippage_bps: Decimal | None
    opened_at: datetime | None
    protected_at: datetime | None
    unprotected_since: datetime | None
    closed_at: datetime | None
    confirm_by: datetime | None
    confirmed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    reference_stop_price: Decimal | None
    scale_out_enabled: bool
    scale_out_step: int
    ladder_step: int | None
    ladder_price: Decimal | None
    ladder_notional: Decimal
    ladder_risk: Decimal
    wallet_name: str
    health_readings: Mapping[str, float | None] | None
    health_as_of: datetime | None

    @property
    def awaits_yes_until(self) -> datetime | None:
        """Until when its entry waits for its owner's yes; None where it does not wait."""
        waits = self.status in (TradeStatus.INTENT, TradeStatus.ENTERING) and self.exit_requested is None
        return self.confirm_by if waits and self.confirmed_at is None else None

    @property
    def is_live(self) -> bool:
        """Whether it still is, or may become, a position."""
        return self.status not in TERMINAL_TRADE_STATUSES


_OTHERS = frozenset({"wallet_name", "health_readings", "health_as_of"})
_TRADE_COLUMNS = tuple(
    getattr(Trade, field.name) for field in fields(TradeRecord) if field.name not in _OTHERS
)


TRADE_ROWS: Select[*tuple[Any, ...]] = (
    select(*_TRADE_COLUMNS, Wallet.name, PositionHealthReading.readings, PositionHealthReading.as_of)
    .join(Wallet, (Wallet.user_id == Trade.user_id) & (Wallet.id == Trade.wallet_id))
    .outerjoin(
        PositionHealthReading,
        (PositionHealthReading.user_id == Trade.user_id) & (PositionHealthReading.trade_id == Trade.id),
    )
)


@dataclass(frozen=True, slots=True)
class StopMove:
    """A stop that stood at the venue: since when (market time where known), and at which price."""

    at: datetime
    stop_price: Decimal


@dataclass(frozen=True, slots=True)
class RuleReaction:
    """What a price caused by an exit rule, and the price; `at` is market time."""

    at: datetime
    rule: str
    action: str
    mark_price: Decimal
    stop_price: Decimal | None
    step: int | None


@dataclass(frozen=True, slots=True)
class TradeEvent:
    """One line of a trade's history, from the execution log."""

    at: datetime
    action: str
    status: str
    executed_price: Decimal | None
    filled_size: Decimal | None
    error_message: str | None


class PositionRepository:
    """Positions of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def live(self, user_id: UUID, wallet_id: UUID | None = None) -> list[TradeRecord]:
        """Trades that are not over, oldest first."""
        statement = TRADE_ROWS.where(Trade.user_id == user_id, text(LIVE_TRADES)).order_by(
            Trade.created_at, Trade.id
        )
        if wallet_id is not None:
            statement = statement.where(Trade.wallet_id == wallet_id)
        return [TradeRecord(*row) for row in await self._session.execute(statement)]

    async def one(self, user_id: UUID, trade_id: UUID) -> TradeRecord | None:
        """The trade, live or over; None where this tenant has none of that id."""
        row = (
            await self._session.execute(TRADE_ROWS.where(Trade.user_id == user_id, Trade.id == trade_id))
        ).first()
        return None if row is None else TradeRecord(*row)

    async def some(self, user_id: UUID, trade_ids: list[UUID]) -> list[TradeRecord]:
        """The trades of these ids that this tenant has, in no order."""
        statement = TRADE_ROWS.where(Trade.user_id == user_id, Trade.id.in_(trade_ids))
        return [TradeRecord(*row) for row in await self._session.execute(statement)]

    async def stop_moves(self, user_id: UUID, trade_id: UUID) -> list[StopMove]:
        """Every protective stop that reached the venue, oldest first."""
        at = func.coalesce(Order.accepted_at, Order.market_time, Order.created_at)
        statement = (
            select(at, Order.trigger_price)
            .where(
                Order.user_id == user_id,
                Order.trade_id == trade_id,
                Order.leg == OrderLeg.STOP,
                Order.trigger_price.is_not(None),
                Order.status.not_in(NEVER_AT_THE_VENUE),
            )
            .order_by(Order.attempt)
        )
        rows = await self._session.execute(statement)
        return [StopMove(moved_at, price) for moved_at, price in rows if price is not None]

    async def reactions(self, user_id: UUID, trade_id: UUID) -> list[RuleReaction]:
        """The newest of what the exit rules caused, oldest first."""
        statement = (
            select(
                PositionEvent.at,
                PositionEvent.rule,
                PositionEvent.action,
                PositionEvent.mark_price,
                PositionEvent.stop_price,
                PositionEvent.step,
            )
            .where(PositionEvent.user_id == user_id, PositionEvent.trade_id == trade_id)
            .order_by(PositionEvent.id.desc())
            .limit(MOST_REACTIONS)
        )
        return [RuleReaction(*row) for row in await self._session.execute(statement)][::-1]

    async def events(self, user_id: UUID, trade_id: UUID, limit: int = 200) -> list[TradeEvent]:
        """The newest lines of the execution log about this trade, oldest first."""
        statement = (
            select(
                func.coalesce(ExecutionLog.market_time, ExecutionLog.timestamp),
                ExecutionLog.action,
                ExecutionLog.status,
                ExecutionLog.executed_price,
                ExecutionLog.filled_size,
                ExecutionLog.error_message,
            )
            .where(ExecutionLog.user_id == user_id, ExecutionLog.trade_id == trade_id)
            .order_by(ExecutionLog.timestamp.desc(), ExecutionLog.id.desc())
            .limit(limit)
        )
        rows = [TradeEvent(*row) for row in await self._session.execute(statement)]
        return rows[::-1]

    async def request_exit(self, user_id: UUID, trade_id: UUID, reason: ExitReason) -> bool:
        """Ask for the position to be left; False where it is over or somebody asked before."""
        statement = (
            update(Trade)
            .where(
                Trade.user_id == user_id,
                Trade.id == trade_id,
                Trade.exit_requested.is_(None),
                text(LIVE_TRADES),
            )
            .values(exit_requested=reason.value, updated_at=func.now())
            .returning(Trade.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def confirm(self, user_id: UUID, trade_id: UUID, now: datetime) -> bool:
        """Write its owner's yes; False where the entry does not wait for one, or no longer."""
        statement = (
            update(Trade)
            .where(
                Trade.user_id == user_id,
                Trade.id == trade_id,
                Trade.confirm_by > now,
                Trade.confirmed_at.is_(None),
                Trade.exit_requested.is_(None),
                Trade.status.in_((TradeStatus.INTENT, TradeStatus.ENTERING)),
            )
            .values(confirmed_at=now, updated_at=func.now())
            .returning(Trade.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def enqueue_exit(self, user_id: UUID, trade: TradeRecord, reason: ExitReason) -> None:
        """Hand the exit to the wallet's executor, once while it waits; it is woken when this commits."""
        payload = {"trade_id": str(trade.id), "reason": reason.value}
        await self._enqueue(user_id, trade, "exit", payload)

    async def enqueue_drive(self, user_id: UUID, trade: TradeRecord) -> None:
        """Let the wallet's executor look at the trade, once while it waits; it is woken when this commits."""
        await self._enqueue(user_id, trade, "drive", {"trade_id": str(trade.id)})

    async def enqueue_choice(self, user_id: UUID, trade: TradeRecord, choice: OperatorChoice) -> None:
        """Let the wallet's executor carry out what an operator decided, once while it waits."""
        payload = {"trade_id": str(trade.id), "choice": choice.value}
        await self._enqueue(user_id, trade, "operator", payload)

    async def _enqueue(self, user_id: UUID, trade: TradeRecord, kind: str, payload: dict[str, str]) -> None:
        shard = (
            await self._session.execute(
                select(Wallet.shard).where(Wallet.user_id == user_id, Wallet.id == trade.wallet_id)
            )
        ).scalar_one()
        statement = (
            insert(Outbox)
            .values(
                shard=shard,
                user_id=user_id,
                wallet_id=trade.wallet_id,
                kind=kind,
                payload=payload,
                dedupe_key=f"{kind}:{trade.id}",
            )
            .on_conflict_do_nothing(
                index_elements=[Outbox.dedupe_key], index_where=Outbox.processed_at.is_(None)
            )
        )
        await self._session.execute(statement)
        await self._session.execute(select(func.pg_notify("outbox", str(shard))))
