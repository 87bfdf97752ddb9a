"""Trades: one position of one wallet in one symbol, from intent to close."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Money, Price, Quantity, Timestamp, Timestamped, UuidKey, Word

LIVE = "status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')"
CLOSED = "status = 'CLOSED'"


def _closed_by(column: str) -> Index:
    """Closed trades of one value of that column in the order of their close. Only the close itself writes to it."""
    return Index(
        f"ix_trades_closed_{column}", "user_id", column, "closed_at", "id", postgresql_where=text(CLOSED)
    )


class Trade(Timestamped, Base):
    """`decided_at`, `opened_at` and `closed_at` are market time; money is in the quote currency.

    `scale_out_step` is the farthest part that was asked for, `scale_out_quantity` what should have left in
    parts by then, in sum; `break_even_price` becomes the stop when the first of them has been filled. `confirm_by` is
    wall time: until then the entry waits for its owner's yes; without it, it needs none. `entry_until` (wall time)
    is there while the entry goes on in further orders, none of which may be worse than `entry_cap_price`.
    While an addition is under way `adding_notional` and `adding_risk` are what it may still take; once something was
    added, the planned figures, `risk_amount` and `reference_stop_price` are the quantity-weighted averages and sums of
    all parts (`domain.adding`), and `initial_stop_price` stays the first stop. While its ladder (`domain.ladder`) goes
    on, `ladder_step` and `ladder_price` are its next step's, and `ladder_*` what the steps that nobody asked for yet
    may take.
    `operator_reason` says what a person must decide, `operator_since` (wall time) from when on; the first
    `exits_forgiven` exit attempts no longer count against their bound.
    `trailing_distance` (price) takes the place of `trailing_fraction`; `volatility_multiple` is of the present
    ATR; `naked_ms` sums the wall time that the position stood without a live stop.
    """

    __tablename__ = "trades"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        UniqueConstraint("user_id", "id"),
        UniqueConstraint("wallet_id", "signal_id"),
        CheckConstraint("side IN ('long', 'short')", name="side"),
        CheckConstraint("planned_quantity > 0", name="planned_quantity"),
        CheckConstraint(
            "(ladder_price IS NULL) = (ladder_step IS NULL) AND (ladder_price IS NULL) = (ladder_notional = 0)"
            " AND (ladder_price IS NOT NULL OR ladder_risk = 0) AND ladder_notional >= 0 AND ladder_risk >= 0",
            name="ladder",
        ),
        CheckConstraint(
            "status IN ('INTENT','ENTERING','OPEN_UNPROTECTED','PROTECTED','EXITING','CLOSED',"
            "'REJECTED','EXPIRED','NEEDS_OPERATOR')",
            name="status",
        ),
        Index(
            "uq_trades_live_wallet_symbol", "wallet_id", "symbol", unique=True, postgresql_where=text(LIVE)
        ),
        Index("ix_trades_user_id_status", "user_id", "status"),
        Index("ix_trades_user_id_closed_at", "user_id", "closed_at", "id"),
        Index("ix_trades_user_id_wallet_id_closed_at", "user_id", "wallet_id", "closed_at", "id"),
        Index("ix_trades_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_trades_user_id_decided_at", "user_id", "decided_at"),
        Index("ix_trades_user_id_symbol_closed_at", "user_id", "symbol", "closed_at"),
        Index("ix_trades_live", "user_id", postgresql_where=text(LIVE)),
        Index("ix_trades_closed_updated_at", "updated_at", postgresql_where=text(CLOSED)),
        *(_closed_by(column) for column in ("strategy", "side", "exit_reason", "environment")),
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    signal_id: Mapped[UUID | None] = mapped_column(ForeignKey("signals.id"))
    environment: Mapped[str] = mapped_column(String(10))
    venue: Mapped[Word]
    symbol: Mapped[Word]
    strategy: Mapped[Word]
    timeframe: Mapped[str] = mapped_column(String(5))
    side: Mapped[str] = mapped_column(String(5))
    status: Mapped[str] = mapped_column(String(20), server_default="INTENT")
    planned_quantity: Mapped[Quantity]
    planned_entry_price: Mapped[Price]
    planned_notional: Mapped[Money]
    leverage: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[Quantity] = mapped_column(server_default="0")
    entry_price: Mapped[Price | None]
    exit_price: Mapped[Price | None]
    initial_stop_price: Mapped[Price]
    stop_price: Mapped[Price]
    reference_stop_price: Mapped[Price | None]
    take_profit_price: Mapped[Price | None]
    trailing_enabled: Mapped[bool] = mapped_column(Boolean)
    trailing_activation_fraction: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    trailing_fraction: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    trailing_armed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    extreme_price: Mapped[Price | None]
    trailing_distance: Mapped[Price | None]
    volatility_multiple: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    scale_out_enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    max_holding_minutes: Mapped[int | None] = mapped_column(Integer)
    session_closes_at: Mapped[Timestamp | None]
    funding_leaves_at: Mapped[Timestamp | None]
    scale_out_step: Mapped[int] = mapped_column(Integer, server_default="0")
    scale_out_quantity: Mapped[Quantity] = mapped_column(server_default="0")
    break_even_price: Mapped[Price | None]
    operator_reason: Mapped[str | None] = mapped_column(Text)
    operator_since: Mapped[Timestamp | None]
    exits_forgiven: Mapped[int] = mapped_column(Integer, server_default="0")
    risk_amount: Mapped[Money]
    adding_notional: Mapped[Money] = mapped_column(server_default="0")
    adding_risk: Mapped[Money] = mapped_column(server_default="0")
    ladder_step: Mapped[int | None] = mapped_column(Integer)
    ladder_price: Mapped[Price | None]
    ladder_notional: Mapped[Money] = mapped_column(server_default="0")
    ladder_risk: Mapped[Money] = mapped_column(server_default="0")
    signal_confidence: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    reason: Mapped[str] = mapped_column(Text)
    exit_requested: Mapped[str | None] = mapped_column(String(20))
    entry_stopped: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    entry_until: Mapped[Timestamp | None]
    entry_cap_price: Mapped[Price | None]
    exit_reason: Mapped[str | None] = mapped_column(String(20))
    realized_pnl: Mapped[Money] = mapped_column(server_default="0")
    fees: Mapped[Money] = mapped_column(server_default="0")
    funding: Mapped[Money] = mapped_column(server_default="0")
    entry_slippage_bps: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    decided_at: Mapped[Timestamp | None]
    opened_at: Mapped[Timestamp | None]
    protected_at: Mapped[Timestamp | None]
    unprotected_since: Mapped[Timestamp | None]
    naked_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")
    closed_at: Mapped[Timestamp | None]
    confirm_by: Mapped[Timestamp | None]
    confirmed_at: Mapped[Timestamp | None]

    @property
    def planned_stop_price(self) -> Decimal:
        """The stop that the plan's loss is reckoned to: the first one, and the parts' average once was added."""
        return self.initial_stop_price if self.reference_stop_price is None else self.reference_stop_price
