"""What circuit breakers did, and the runs of the kill switch with their proofs."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Quantity, Timestamp, Word

_SCOPES = "scope IN ('platform','venue','user','wallet')"


class BreakerEvent(Base):
    """One thing that a breaker did: tripped, alerted, paused, halted, resumed, reset. `reading` and `threshold` are
    in the rule's own unit; `market_time` where a rule decided by the market's clock."""

    __tablename__ = "breaker_events"
    __table_args__ = (
        CheckConstraint(_SCOPES, name="scope"),
        Index("ix_breaker_events_user_id_id", "user_id", "id"),
        Index("ix_breaker_events_latest", "scope", "scope_id", "environment", "cause", text("id DESC")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(10))
    scope_id: Mapped[str] = mapped_column(String(64))
    environment: Mapped[str] = mapped_column(String(10))
    cause: Mapped[str] = mapped_column(String(30))
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(300))
    changed_by: Mapped[Word]
    reading: Mapped[Decimal | None] = mapped_column(Numeric(28, 8))
    threshold: Mapped[Decimal | None] = mapped_column(Numeric(28, 8))
    market_time: Mapped[Timestamp | None]
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class KillSwitchRun(Base):
    """One press of the kill switch, until everything is flat and proven. All times are wall time: `halted_at` no
    gate passes any more, `listed_at` its accounts are known, `cancelled_at` no entry works any more,
    `quiescent_at` the venue accepts no entry of ours any more, `flat_at` proven at the venue."""

    __tablename__ = "kill_switch_runs"
    __table_args__ = (
        CheckConstraint(_SCOPES, name="scope"),
        Index("ix_kill_switch_runs_user_id", "user_id", "requested_at"),
        Index("ix_kill_switch_runs_open", "requested_at", postgresql_where=text("flat_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(10))
    scope_id: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(300))
    requested_by: Mapped[Word]
    close_external: Mapped[bool] = mapped_column(Boolean)
    requested_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    halted_at: Mapped[Timestamp | None]
    listed_at: Mapped[Timestamp | None]
    cancelled_at: Mapped[Timestamp | None]
    quiescent_at: Mapped[Timestamp | None]
    flat_at: Mapped[Timestamp | None]
    escalated_at: Mapped[Timestamp | None]
    escalation: Mapped[str | None] = mapped_column(String(300))


class KillSwitchAccount(Base):
    """One account that a run makes flat: asked, looked at, and at last proven flat by the venue itself."""

    __tablename__ = "kill_switch_accounts"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        Index("ix_kill_switch_accounts_open", "run_id", "shard", postgresql_where=text("proven_at IS NULL")),
    )

    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("kill_switch_runs.id", ondelete="CASCADE"), primary_key=True
    )
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    shard: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[Timestamp | None]
    proven_at: Mapped[Timestamp | None]
    looks: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str | None] = mapped_column(String(300))


class KillSwitchPosition(Base):
    """What an account held when a run met it. Ours is told by its trade; `is_external` is somebody else's, which
    `closed_at` ends where the run was asked to close it too."""

    __tablename__ = "kill_switch_positions"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
    )

    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("kill_switch_runs.id", ondelete="CASCADE"), primary_key=True
    )
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    symbol: Mapped[Word] = mapped_column(primary_key=True)
    is_external: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    user_id: Mapped[UUID]
    trade_id: Mapped[UUID | None]
    side: Mapped[str] = mapped_column(String(5))
    quantity: Mapped[Quantity]
    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    closed_at: Mapped[Timestamp | None]
