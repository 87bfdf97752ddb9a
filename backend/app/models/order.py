"""Orders: every intent to send something to a venue, and what became of it.

An entry may be several orders, one working at a time; a trigger refuses whatever could fill more than was planned.
"""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
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

from app.models.base import Base, Price, Quantity, Timestamp, Timestamped

WORKING = "status IN ('INTENT','SENDING','OPEN','PARTIAL') AND replaced_by IS NULL"


class Order(Timestamped, Base):
    """`market_time` is the venue's market clock at the decision; `deadline` is wall time. `route` and what
    follows it say how an entry went out and what the book showed then: expected slippage adverse-positive,
    depth in base units within the cap, volatility of one second."""

    __tablename__ = "orders"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),
        UniqueConstraint("trade_id", "leg", "attempt"),
        UniqueConstraint("user_id", "client_order_id"),
        CheckConstraint("leg IN ('entry','stop','exit','scale_out','add')", name="leg"),
        CheckConstraint("side IN ('buy','sell')", name="side"),
        CheckConstraint(
            "status IN ('INTENT','SENDING','OPEN','PARTIAL','FILLED','CANCELED','REJECTED','NOT_ACCEPTED')",
            name="status",
        ),
        Index("uq_orders_one_working", "trade_id", "leg", unique=True, postgresql_where=text(WORKING)),
        Index("ix_orders_user_id_created_at", "user_id", "created_at"),
        Index("ix_orders_created_at", "created_at", postgresql_using="brin"),
    )

    client_order_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    trade_id: Mapped[UUID]
    symbol: Mapped[str] = mapped_column(String(50))
    leg: Mapped[str] = mapped_column(String(10))
    attempt: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(20), server_default="INTENT")
    order_type: Mapped[str] = mapped_column(String(20))
    side: Mapped[str] = mapped_column(String(4))
    quantity: Mapped[Quantity]
    requested_price: Mapped[Price | None]
    limit_price: Mapped[Price | None]
    trigger_price: Mapped[Price | None]
    reduce_only: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    reason: Mapped[str | None] = mapped_column(String(50))
    route: Mapped[str | None] = mapped_column(String(10))
    route_reason: Mapped[str | None] = mapped_column(Text)
    time_in_force: Mapped[str | None] = mapped_column(String(3))
    expected_slippage_bps: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    spread_bps: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    book_depth: Mapped[Quantity | None]
    volatility_bps: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    gate_ms: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    retry_count: Mapped[int] = mapped_column(Integer, server_default="0")
    deadline: Mapped[Timestamp | None]
    sent_at: Mapped[Timestamp | None]
    lease_epoch: Mapped[int | None] = mapped_column(Integer)
    exchange_order_id: Mapped[str | None] = mapped_column(String(64))
    triggered_order_id: Mapped[str | None] = mapped_column(String(64))
    filled_quantity: Mapped[Quantity] = mapped_column(server_default="0")
    average_price: Mapped[Price | None]
    replaced_by: Mapped[str | None] = mapped_column(String(36))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    market_time: Mapped[Timestamp | None]
    accepted_at: Mapped[Timestamp | None]
