"""What portfolios were worth, on a fixed clock; and the words by which their owner sorts trades."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, Numeric, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Money, Timestamp


class PortfolioSnapshot(Base):
    """One wallet, or all wallets of a user (wallet_id NULL, `scope_id` then the user's), in one environment.

    `at` is the beginning of its slot and `observed_at` when the account was looked at, both market time; for a
    rebuilt one they are the same. `exposure`, `open_risk` and `margin` count pending entries where they were
    observed; a rebuilt one counts positions only, and its open risk is NULL: where stops stood is not known
    again. `drawdown` is a fraction.
    """

    __tablename__ = "portfolio_snapshots"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        CheckConstraint("resolution IN ('fine','hour','day')", name="resolution"),
        CheckConstraint("environment IN ('paper','live')", name="environment"),
        CheckConstraint("source IN ('observed','rebuilt')", name="source"),
        {"postgresql_partition_by": "LIST (resolution)"},
    )

    scope_id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True)
    environment: Mapped[str] = mapped_column(String(10), primary_key=True)
    resolution: Mapped[str] = mapped_column(String(5), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(String(8))
    observed_at: Mapped[Timestamp]
    balance: Mapped[Money]
    equity: Mapped[Money]
    exposure: Mapped[Money]
    open_risk: Mapped[Money | None]
    margin: Mapped[Money]
    unrealized: Mapped[Money]
    peak: Mapped[Money]
    drawdown: Mapped[Decimal | None] = mapped_column(Numeric(12, 10))
    created_at: Mapped[CreatedAt]


class TradeTag(Base):
    """A word that a trade's owner put on it. `closed_at` is the trade's, by which journals page: the function that puts
    tags on a trade and a trigger on trades keep it."""

    __tablename__ = "trade_tags"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"], ondelete="CASCADE"),
        Index("ix_trade_tags_user_id_tag_closed_at", "user_id", "tag", "closed_at", "trade_id"),
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[UUID]
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[Timestamp | None]
