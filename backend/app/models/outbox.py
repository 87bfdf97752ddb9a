"""Work waiting for the executor, written in the transaction that decided it; and who may do it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Timestamp


class Outbox(Base):
    """A row is done when `processed_at` is set. Payloads carry ids, never objects or secrets."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_pending", "shard", "id", postgresql_where=text("processed_at IS NULL")),
        Index(
            "uq_outbox_dedupe_key", "dedupe_key", unique=True, postgresql_where=text("processed_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    shard: Mapped[int] = mapped_column(Integer, server_default="0")
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    wallet_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(20))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dedupe_key: Mapped[str | None] = mapped_column(String(120))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    available_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_at: Mapped[CreatedAt]
    processed_at: Mapped[Timestamp | None]
    error: Mapped[str | None] = mapped_column(Text)


class ShardLease(Base):
    """The one executor that may write for a shard of wallets. The epoch fences a stalled holder."""

    __tablename__ = "shard_leases"

    shard: Mapped[int] = mapped_column(Integer, primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[Timestamp]
