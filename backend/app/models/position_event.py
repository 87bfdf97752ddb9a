"""What the exit rules caused, and who watches which positions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Price, Timestamp


class PositionEvent(Base):
    """One reaction of a rule to one price. `stop_price` is the stop that it moved or reached, `step` the part
    that it left, or the step of the ladder; `at` is market time. Written once: a part, a step and an arming have one
    event per trade."""

    __tablename__ = "position_events"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"], ondelete="CASCADE"),
        Index("ix_position_events_user_id_trade_id", "user_id", "trade_id", "id"),
        Index(
            "uq_position_events_once",
            "trade_id",
            "rule",
            text("coalesce(step, 0)"),
            unique=True,
            postgresql_where=text("rule IN ('trailing_armed', 'scale_out', 'ladder_step')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[UUID]
    trade_id: Mapped[UUID]
    rule: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(20))
    mark_price: Mapped[Price]
    stop_price: Mapped[Price | None]
    step: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[Timestamp]
    created_at: Mapped[CreatedAt]


class MonitorLease(Base):
    """The one monitor that watches the positions of a shard of wallets. The epoch fences a stalled one."""

    __tablename__ = "monitor_leases"

    shard: Mapped[int] = mapped_column(Integer, primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[Timestamp]


class MonitorMember(Base):
    """A monitor that lives, whether it holds a lease or not; shards are shared out among them."""

    __tablename__ = "monitor_members"

    holder: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
