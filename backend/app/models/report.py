"""Reports: a month of one environment or wallet as a document, and for whom one is made every month."""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, JobFollowed, Timestamp, Timestamped, UuidKey


class Report(JobFollowed, Base):
    """`month` is its first day, in `time_zone`; `wallet_id` NULL is every wallet of the environment. The documents
    lie in the row, so that they go with the account and whoever sends them needs no shared folder; they are taken
    out when the report is cancelled or expires."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("user_id", "id"),
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        CheckConstraint(
            "status IN ('waiting','running','done','failed','cancelled','expired')", name="status"
        ),
        CheckConstraint("environment IN ('paper','live')", name="environment"),
        Index("ix_reports_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_reports_open", "created_at", postgresql_where=text("status IN ('waiting','running')")),
        Index("ix_reports_expires_at", "expires_at", postgresql_where=text("status = 'done'")),
        Index(
            "uq_reports_by_schedule",
            "user_id",
            "environment",
            "wallet_id",
            "month",
            unique=True,
            postgresql_where=text("by_schedule"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    environment: Mapped[str] = mapped_column(String(10))
    wallet_id: Mapped[UUID | None]
    month: Mapped[date] = mapped_column(Date)
    time_zone: Mapped[str] = mapped_column(String(64))
    by_schedule: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    mailed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    steps_done: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    html: Mapped[bytes | None] = mapped_column(LargeBinary)
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)


class ReportSchedule(Timestamped, Base):
    """Whether a report of every month is made and sent. `since` is when it was last switched on: months that
    ended before are not made."""

    __tablename__ = "report_schedules"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        CheckConstraint("environment IN ('paper','live')", name="environment"),
        Index(
            "uq_report_schedules_scope",
            "user_id",
            "environment",
            "wallet_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(10))
    wallet_id: Mapped[UUID | None]
    enabled: Mapped[bool] = mapped_column(Boolean)
    since: Mapped[Timestamp]
