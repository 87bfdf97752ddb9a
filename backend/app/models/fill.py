"""Fills as the venue reported them, once each."""

from uuid import UUID

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Money, Price, Quantity, Timestamp


class Fill(Base):
    """Keyed by account and the venue's trade id. `trade_id` is NULL for a fill that is not ours."""

    __tablename__ = "fills"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        Index("ix_fills_trade_id", "trade_id"),
        Index("ix_fills_user_id_executed_at", "user_id", "executed_at"),
    )

    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(String(50), primary_key=True)
    venue_trade_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID]
    trade_id: Mapped[UUID | None]
    client_order_id: Mapped[str | None] = mapped_column(String(36))
    exchange_order_id: Mapped[str] = mapped_column(String(64))
    side: Mapped[str] = mapped_column(String(4))
    quantity: Mapped[Quantity]
    price: Mapped[Price]
    fee: Mapped[Money]
    fee_currency: Mapped[str] = mapped_column(String(10))
    venue_realized_pnl: Mapped[Money]
    is_maker: Mapped[bool] = mapped_column(Boolean)
    executed_at: Mapped[Timestamp]
    recorded_at: Mapped[CreatedAt]
