"""The reservation ledger: what every live trade may still cost, and the sums of it under checked ceilings.

Both tables are written by triggers on trades and orders (`migrations/reservation_ledger.py`); an approval adds
the ceilings of its scopes. `positions` counts trades; amounts are quote currency, >= 0.
"""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Money, Timestamp, Word


class RiskReservation(Base):
    """One trade: reserved at its worst case, used once its entry is over, released when the trade is."""

    __tablename__ = "risk_reservations"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('reserved','used','released')", name="state"),
        CheckConstraint(
            "positions >= 0 AND notional >= 0 AND margin >= 0 AND open_risk >= 0", name="amounts"
        ),
        Index(
            "ix_risk_reservations_live",
            "user_id",
            "environment",
            postgresql_where=text("state <> 'released'"),
        ),
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    environment: Mapped[str] = mapped_column(String(10))
    wallet_id: Mapped[UUID]
    strategy: Mapped[Word]
    symbol: Mapped[Word]
    state: Mapped[str] = mapped_column(String(10))
    positions: Mapped[int] = mapped_column(Integer)
    notional: Mapped[Money]
    margin: Mapped[Money]
    open_risk: Mapped[Money]
    updated_at: Mapped[CreatedAt]


class RiskUsage(Base):
    """Reserved and used together, of one scope: the user (key empty), a wallet, a strategy or a symbol of the
    user. A ceiling is the most that the newest approval's limits allow; NULL where nothing limits.

    `*_tripped_at` is the market time at which a strategy's or a symbol's own loss limit was last reached.
    `consecutive_losses` counts the scope's closed trades below zero in a row. `book_result` is what a strategy's or
    a symbol's closed trades made, net of costs and signed, `book_peak` the most that it ever came to with the open
    ones. `overruns` counts facts (fills) that came
    out above what was granted, `version` every change.
    """

    __tablename__ = "risk_usage"
    __table_args__ = (
        CheckConstraint("scope IN ('user','wallet','strategy','symbol')", name="scope"),
        CheckConstraint(
            "positions >= 0 AND notional >= 0 AND margin >= 0 AND open_risk >= 0", name="amounts"
        ),
        CheckConstraint("positions <= positions_ceiling", name="positions"),
        CheckConstraint("notional <= notional_ceiling", name="notional"),
        CheckConstraint("margin <= margin_ceiling", name="margin"),
        CheckConstraint("open_risk <= open_risk_ceiling", name="open_risk"),
        CheckConstraint("open_risk <= loss_budget_ceiling", name="loss_budget"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    environment: Mapped[str] = mapped_column(String(10), primary_key=True)
    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    scope_key: Mapped[str] = mapped_column(String(50), primary_key=True)
    positions: Mapped[int] = mapped_column(Integer, server_default="0")
    notional: Mapped[Money] = mapped_column(server_default="0")
    margin: Mapped[Money] = mapped_column(server_default="0")
    open_risk: Mapped[Money] = mapped_column(server_default="0")
    positions_ceiling: Mapped[int | None] = mapped_column(Integer)
    notional_ceiling: Mapped[Money | None]
    margin_ceiling: Mapped[Money | None]
    open_risk_ceiling: Mapped[Money | None]
    loss_budget_ceiling: Mapped[Money | None]
    day_tripped_at: Mapped[Timestamp | None]
    week_tripped_at: Mapped[Timestamp | None]
    month_tripped_at: Mapped[Timestamp | None]
    consecutive_losses: Mapped[int] = mapped_column(Integer, server_default="0")
    book_result: Mapped[Money] = mapped_column(server_default="0")
    book_peak: Mapped[Money] = mapped_column(server_default="0")
    overruns: Mapped[int] = mapped_column(Integer, server_default="0")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
