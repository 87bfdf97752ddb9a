"""Additions: what was added to a position, by which signal, and what the position was planned at before."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.adding import PlanFigures
from app.models.base import Base, Money, Price, Quantity, Timestamp, Timestamped, UuidKey


class TradeAddition(Timestamped, Base):
    """One addition; `number` counts from 1 and is the attempt of its order. It comes of a signal, or is the `step` of
    the trade's ladder. `before_*` is what the trade was planned
    at when it was decided, for what it held then; the rest is what the addition is planned at, `stop_price` the stop
    to which its `risk_amount` is reckoned. `decided_at` is market time; money is in the quote currency."""

    __tablename__ = "trade_additions"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        UniqueConstraint("wallet_id", "signal_id"),
        UniqueConstraint("trade_id", "number"),
        UniqueConstraint("trade_id", "step"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(signal_id IS NULL) <> (step IS NULL)", name="cause"),
        CheckConstraint("quantity > 0 AND before_quantity > 0", name="quantities"),
        CheckConstraint("notional > 0 AND risk_amount >= 0", name="amounts"),
        Index("ix_trade_additions_user_id_created_at", "user_id", "created_at"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    trade_id: Mapped[UUID]
    signal_id: Mapped[UUID | None] = mapped_column(ForeignKey("signals.id"))
    step: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    before_quantity: Mapped[Quantity]
    before_entry_price: Mapped[Price]
    before_notional: Mapped[Money]
    before_risk_amount: Mapped[Money]
    before_stop_price: Mapped[Price]
    quantity: Mapped[Quantity]
    entry_price: Mapped[Price]
    notional: Mapped[Money]
    risk_amount: Mapped[Money]
    stop_price: Mapped[Price]
    decided_at: Mapped[Timestamp | None]

    @property
    def before(self) -> PlanFigures:
        """What the trade was planned at before."""
        return PlanFigures(
            quantity=self.before_quantity,
            entry_price=self.before_entry_price,
            notional=self.before_notional,
            risk_amount=self.before_risk_amount,
            stop_price=self.before_stop_price,
        )

    @property
    def plan(self) -> PlanFigures:
        """What is added."""
        return PlanFigures(
            quantity=self.quantity,
            entry_price=self.entry_price,
            notional=self.notional,
            risk_amount=self.risk_amount,
            stop_price=self.stop_price,
        )


class LadderStep(Timestamped, Base):
    """One step of a trade's ladder, as it was reserved with the entry: at `price`, so much, to the trade's first stop.
    `number` counts from 1, the nearest to the entry first; money is in the quote currency."""

    __tablename__ = "ladder_steps"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        UniqueConstraint("trade_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("price > 0 AND quantity > 0 AND notional > 0 AND risk_amount > 0", name="amounts"),
        Index("ix_ladder_steps_user_id_trade_id", "user_id", "trade_id"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    trade_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer)
    price: Mapped[Price]
    quantity: Mapped[Quantity]
    notional: Mapped[Money]
    risk_amount: Mapped[Money]
