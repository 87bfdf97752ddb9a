"""Every execution attempt, partitioned by month."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, Integer, Numeric, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Money, Timestamp


class ExecutionLog(Base):
    """`timestamp` is wall time and the partition key; slippage is adverse-positive.

    `outcome` says how the outcome is known: answered, looked_up (asked for by id), refused (never sent) or
    observed (a resting order changed). `gate_ms` is from the signal (stop, exit: from the intent) to the
    sending, `network_ms` the way there and back, `venue_ms` what the venue says it took itself; each None where
    nobody measured it. `market_volatility` is the standard deviation of one second in basis points,
    `market_liquidity` what the book gave within the cap in the quote currency, both at the decision.
    """

    __tablename__ = "execution_logs"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        Index("ix_execution_logs_user_id_timestamp", "user_id", "timestamp", "id"),
        Index("ix_execution_logs_user_id_symbol_timestamp", "user_id", "symbol", "timestamp", "id"),
        Index("ix_execution_logs_user_id_wallet_id_timestamp", "user_id", "wallet_id", "timestamp", "id"),
        Index("ix_execution_logs_user_id_status_timestamp", "user_id", "status", "timestamp", "id"),
        Index("ix_execution_logs_trade_id", "trade_id"),
        {"postgresql_partition_by": "RANGE (timestamp)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    timestamp: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), primary_key=True, server_default=func.now()
    )
    trade_id: Mapped[UUID | None]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    symbol: Mapped[str] = mapped_column(String(50))
    side: Mapped[str | None] = mapped_column(String(4))
    client_order_id: Mapped[str | None] = mapped_column(String(36))
    action: Mapped[str] = mapped_column(String(50))
    order_type: Mapped[str | None] = mapped_column(String(20))
    requested_price: Mapped[Decimal | None] = mapped_column(Numeric(28, 10))
    executed_price: Mapped[Decimal | None] = mapped_column(Numeric(28, 10))
    slippage_percent: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    slippage_bps: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    requested_size: Mapped[Decimal | None] = mapped_column(Numeric(28, 10))
    filled_size: Mapped[Decimal | None] = mapped_column(Numeric(28, 10))
    fill_percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    fees_paid: Mapped[Decimal | None] = mapped_column(Numeric(28, 8))
    realized_pnl: Mapped[Money | None]
    execution_time_ms: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(20))
    error_message: Mapped[str | None] = mapped_column(Text)
    retry_count: Mapped[int] = mapped_column(Integer, server_default="0")
    market_volatility: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    market_liquidity: Mapped[Decimal | None] = mapped_column(Numeric(20, 2))
    market_time: Mapped[Timestamp | None]
    venue: Mapped[str | None] = mapped_column(String(50))
    exchange_order_id: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(10))
    error_code: Mapped[str | None] = mapped_column(String(64))
    route: Mapped[str | None] = mapped_column(String(10))
    route_reason: Mapped[str | None] = mapped_column(Text)
    expected_slippage_bps: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    spread_bps: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    gate_ms: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    network_ms: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    venue_ms: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    created_at: Mapped[CreatedAt]
