"""What the gate reads and locks: one row per wallet, and one per user and environment (wallet_id NULL)."""

from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import (
    Base,
    CreatedAt,
    Document,
    Money,
    Price,
    Quantity,
    Timestamp,
    Timestamped,
    UuidKey,
    Word,
)


class RiskState(Timestamped, Base):
    """Balances in the quote currency. `*_as_of` is wall time; the windows are market time. `peak_equity` is the
    highest equity so far, carried over deposits and withdrawals.

    Lock order: the user's row, then the wallet's.
    """

    __tablename__ = "risk_state"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        UniqueConstraint("user_id", "environment", "wallet_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(10))
    wallet_id: Mapped[UUID | None]
    balance: Mapped[Money | None]
    equity: Mapped[Money | None]
    free_margin: Mapped[Money | None]
    balance_as_of: Mapped[Timestamp | None]
    market_as_of: Mapped[Timestamp | None]
    day_start: Mapped[Timestamp | None]
    day_start_equity: Mapped[Money | None]
    day_flows: Mapped[Money] = mapped_column(server_default="0")
    day_tripped_at: Mapped[Timestamp | None]
    week_start: Mapped[Timestamp | None]
    week_start_equity: Mapped[Money | None]
    week_flows: Mapped[Money] = mapped_column(server_default="0")
    week_tripped_at: Mapped[Timestamp | None]
    month_start: Mapped[Timestamp | None]
    month_start_equity: Mapped[Money | None]
    month_flows: Mapped[Money] = mapped_column(server_default="0")
    month_tripped_at: Mapped[Timestamp | None]
    peak_equity: Mapped[Money | None]
    consecutive_losses: Mapped[int] = mapped_column(Integer, server_default="0")
    external_notional: Mapped[Money] = mapped_column(server_default="0")
    income_watermark_ms: Mapped[int | None] = mapped_column(Numeric(20, 0))
    version: Mapped[int] = mapped_column(Integer, server_default="1")


class RiskDecision(Base):
    """What the gate answered to one signal for one wallet: approved, or every breach. `receipt` holds every
    fact and limit that decided, from which the same answer is computed again anywhere."""

    __tablename__ = "risk_decisions"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        UniqueConstraint("wallet_id", "signal_id"),
        Index("ix_risk_decisions_user_id_created_at", "user_id", "created_at", "id"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    signal_id: Mapped[UUID] = mapped_column(ForeignKey("signals.id"))
    trade_id: Mapped[UUID | None]
    approved: Mapped[bool] = mapped_column(Boolean)
    breaches: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default=text("'[]'"))
    quantity: Mapped[Quantity | None]
    notional: Mapped[Money | None]
    risk_amount: Mapped[Money | None]
    requested_price: Mapped[Price | None]
    binding_cap: Mapped[str | None] = mapped_column(String(50))
    market_time: Mapped[Timestamp]
    receipt: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]


class BreakerState(Base):
    """The trading state of one scope for one cause; the strictest binds. A missing row means active. `until` is
    wall time, `resets_at` market time; `probe` tells how far a venue in trouble has come back."""

    __tablename__ = "breaker_states"
    __table_args__ = (
        CheckConstraint("scope IN ('platform','venue','user','wallet')", name="scope"),
        CheckConstraint("state IN ('active','reduce_only','halted')", name="state"),
        CheckConstraint("(scope IN ('platform','venue')) = (user_id IS NULL)", name="user_id"),
        Index("ix_breaker_states_user_id", "user_id"),
    )

    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    scope_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    environment: Mapped[str] = mapped_column(String(10), primary_key=True, server_default="all")
    cause: Mapped[str] = mapped_column(String(30), primary_key=True, server_default="manual")
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    changed_by: Mapped[Word]
    until: Mapped[Timestamp | None]
    resets_at: Mapped[Timestamp | None]
    probe: Mapped[Document | None]
    changed_at: Mapped[CreatedAt]
