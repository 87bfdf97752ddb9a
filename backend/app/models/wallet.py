"""Wallets: a user's account at a venue, simulated or real."""

from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamp, Timestamped, UuidKey, Word


class Wallet(Timestamped, Base):
    """Keys are kept as ciphertext under a data key of the row's own (see core.crypto). A live wallet opens nothing
    before it was armed; `live_armed_at` None: it is not."""

    __tablename__ = "wallets"
    __table_args__ = (
        CheckConstraint("environment IN ('paper', 'live')", name="environment"),
        CheckConstraint("status IN ('active', 'archived')", name="status"),
        UniqueConstraint("user_id", "id"),
        Index(
            "uq_wallets_venue_account_fingerprint",
            "venue",
            "account_fingerprint",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "uq_wallets_user_id_name",
            "user_id",
            "name",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_wallets_shard", "shard"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    venue: Mapped[Word]
    environment: Mapped[str] = mapped_column(String(10), server_default="paper")
    status: Mapped[str] = mapped_column(String(10), server_default="active")
    account_fingerprint: Mapped[str] = mapped_column(String(64))
    key_last4: Mapped[str | None] = mapped_column(String(4))
    api_key_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    api_secret_ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_version: Mapped[int] = mapped_column(Integer, server_default="1")
    shard: Mapped[int] = mapped_column(Integer, server_default="0")
    auto_trade_enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    strategies: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    symbols: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    timeframes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    entries_frozen_reason: Mapped[str | None] = mapped_column(Text)
    archived_at: Mapped[Timestamp | None]
    live_armed_at: Mapped[Timestamp | None]
