"""How far closed trades ran against and for their owner while they were open."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Money, Price


class TradeExcursion(Base):
    """MAE and MFE (Sweeney 1996) of one trade: per base unit, and times the quantity that was entered, in quote
    currency, all at least zero and before costs. NULL where the venue's bars do not cover the trade. `timeframe` is
    that of the bars; those of entry and exit are counted whole, so that both are upper bounds."""

    __tablename__ = "trade_excursions"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"], ondelete="CASCADE"),
        CheckConstraint("adverse >= 0 AND favourable >= 0", name="not_negative"),
        CheckConstraint(
            "(adverse IS NULL) = (timeframe IS NULL) AND (favourable IS NULL) = (timeframe IS NULL)",
            name="known",
        ),
        Index("ix_trade_excursions_user_id", "user_id"),
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    timeframe: Mapped[str | None] = mapped_column(String(5))
    adverse_distance: Mapped[Price | None]
    favourable_distance: Mapped[Price | None]
    adverse: Mapped[Money | None]
    favourable: Mapped[Money | None]
    created_at: Mapped[CreatedAt]
