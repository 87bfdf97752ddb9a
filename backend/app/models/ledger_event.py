"""The wallet's ledger: every posting that changes its balance, once each."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Money, Timestamp


class LedgerEvent(Base):
    """`amount` is signed: positive adds to the balance. Realised P&L is before fees and funding."""

    __tablename__ = "ledger_events"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        CheckConstraint(
            "kind IN ('deposit','withdrawal','realized_pnl','commission','funding','liquidation')",
            name="kind",
        ),
        UniqueConstraint("wallet_id", "kind", "venue_reference"),
        Index("ix_ledger_events_user_id_wallet_id_occurred_at", "user_id", "wallet_id", "occurred_at"),
        Index("ix_ledger_events_user_id_id", "user_id", "id"),
        Index(
            "ix_ledger_events_transfers",
            "user_id",
            "occurred_at",
            postgresql_where=text("kind IN ('deposit', 'withdrawal')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    trade_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Money]
    symbol: Mapped[str | None] = mapped_column(String(50))
    venue_reference: Mapped[str] = mapped_column(String(100))
    occurred_at: Mapped[Timestamp]
    created_at: Mapped[CreatedAt]
