"""What others did on a user's accounts: their fills, what they hold, and each manual trade with what followed."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
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


class ExternalFill(Base):
    """A fill that no order of ours caused, whole, as the venue reported it. `closed_quantity` is the part that
    closed a position of ours (it stands in `fills` too, under that trade); `trade_id` then names the trade."""

    __tablename__ = "external_fills"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        CheckConstraint("closed_quantity >= 0 AND closed_quantity <= quantity", name="closed_quantity"),
    )

    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(String(50), primary_key=True)
    venue_trade_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID]
    trade_id: Mapped[UUID | None]
    exchange_order_id: Mapped[str] = mapped_column(String(64))
    side: Mapped[str] = mapped_column(String(4))
    quantity: Mapped[Quantity]
    closed_quantity: Mapped[Quantity]
    price: Mapped[Price]
    fee: Mapped[Money]
    fee_currency: Mapped[str] = mapped_column(String(10))
    venue_realized_pnl: Mapped[Money]
    is_maker: Mapped[bool] = mapped_column(Boolean)
    executed_at: Mapped[Timestamp]
    recorded_at: Mapped[CreatedAt]


class ExternalPosition(Timestamped, Base):
    """What an account holds of a symbol that is not ours: signed base units, positive long; zero once gone."""

    __tablename__ = "external_positions"
    __table_args__ = (ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),)

    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(String(50), primary_key=True)
    user_id: Mapped[UUID]
    quantity: Mapped[Quantity]


class ManualTrade(Timestamped, Base):
    """One order of somebody else, and what it did. `executed_at` is market time, `detected_at` wall time.

    `trade_id`, `strategy`, `confidence` and `entry_price` are those of the trade that it closed or reduced. `pnl`
    is net of fees: of our part for such a trade, else what the venue says it realised. The counterfactual is what
    our rules would have done: `rules` as they stood, walked up to `walked_until`, until they leave.
    """

    __tablename__ = "manual_trades"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        UniqueConstraint("wallet_id", "symbol", "exchange_order_id", "touched"),
        CheckConstraint("touched IN ('ours','own')", name="touched"),
        CheckConstraint("effect IN ('closed_ours','reduced_ours','reduced_own','opened_own')", name="effect"),
        CheckConstraint(
            "counterfactual IN ('none','pending','resolved','unresolved')", name="counterfactual"
        ),
        Index("ix_manual_trades_user_id_detected_at", "user_id", "detected_at", "id"),
        Index("ix_manual_trades_pending", "detected_at", postgresql_where=text("counterfactual = 'pending'")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    environment: Mapped[str] = mapped_column(String(10))
    venue: Mapped[Word]
    symbol: Mapped[Word]
    exchange_order_id: Mapped[str] = mapped_column(String(64))
    touched: Mapped[str] = mapped_column(String(4))
    effect: Mapped[str] = mapped_column(String(12))
    side: Mapped[str] = mapped_column(String(4))
    quantity: Mapped[Quantity]
    price: Mapped[Price]
    fees: Mapped[Money]
    pnl: Mapped[Money]
    executed_at: Mapped[Timestamp]
    detected_at: Mapped[Timestamp]
    trade_id: Mapped[UUID | None]
    strategy: Mapped[str | None] = mapped_column(String(50))
    confidence: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    entry_price: Mapped[Price | None]
    duration_minutes: Mapped[Decimal | None] = mapped_column(Numeric(14, 3))
    counterfactual: Mapped[str] = mapped_column(String(10), server_default="none")
    rules: Mapped[Document | None]
    walked_until: Mapped[Timestamp | None]
    rules_exit_at: Mapped[Timestamp | None]
    rules_exit_price: Mapped[Price | None]
    rules_exit_reason: Mapped[str | None] = mapped_column(String(20))
    rules_pnl: Mapped[Money | None]
