"""When users want entries to be made, and the sessions of exchanges that they name."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKeyConstraint, Index, Integer, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, Timestamp, Timestamped, UuidKey


class TradingScheduleRow(Timestamped, Base):
    """A user's schedule (`wallet_id` and `venue` NULL), that of the user's wallets at one venue, or one wallet's; the
    fields are those of `domain.trading_hours`.

    `leave_before_funding_percent` is of the notional, NULL: positions are held over every funding.
    `skip_funding_minutes` before a funding that it would pay no entry is made, NULL: entries are made.
    `hours` is a list of {days, opens, closes}, `closed_dates` one of dates. `told` holds, per environment, whether
    the hours were open when their owner was last told.
    """

    __tablename__ = "trading_schedules"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        CheckConstraint("wallet_id IS NULL OR venue IS NULL", name="one_scope"),
        CheckConstraint("leave_minutes BETWEEN 0 AND 240", name="leave_minutes"),
        CheckConstraint(
            "leave_before_funding_percent BETWEEN 0 AND 100", name="leave_before_funding_percent"
        ),
        CheckConstraint("skip_funding_minutes BETWEEN 1 AND 240", name="skip_funding_minutes"),
        Index(
            "uq_trading_schedules_scope",
            "user_id",
            "wallet_id",
            "venue",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID | None]
    venue: Mapped[str | None] = mapped_column(String(50))
    enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    time_zone: Mapped[str] = mapped_column(String(64))
    calendar: Mapped[str | None] = mapped_column(String(10))
    hours: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    trade_weekends: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    closed_dates: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    leave_before_close: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    leave_before_weekend: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    leave_before_funding_percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    skip_funding_minutes: Mapped[int | None] = mapped_column(Integer)
    leave_minutes: Mapped[int] = mapped_column(Integer, server_default="15")
    told: Mapped[Document] = mapped_column(server_default=text("'{}'"))
    version: Mapped[int] = mapped_column(Integer, server_default="1")


class CalendarCoverage(Base):
    """From when until when an exchange's sessions are known; `read_at` is wall time."""

    __tablename__ = "calendar_coverage"

    calendar: Mapped[str] = mapped_column(String(10), primary_key=True)
    known_from: Mapped[Timestamp]
    known_until: Mapped[Timestamp]
    read_at: Mapped[Timestamp]


class CalendarSession(Base):
    """One stretch of an exchange's session, without its breaks."""

    __tablename__ = "calendar_sessions"

    calendar: Mapped[str] = mapped_column(String(10), primary_key=True)
    opens_at: Mapped[Timestamp] = mapped_column(primary_key=True)
    closes_at: Mapped[Timestamp]
