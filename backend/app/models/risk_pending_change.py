"""Loosenings that wait: one row per setting, until it acts or is given up."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Timestamp, UuidKey, Word


class RiskPendingChange(Base):
    """A setting's wish for more, in the table's names and units; decimals are text in `value`.

    `subject` is whose setting it is: empty for the user's own, else a wallet's id, a strategy or a symbol.
    It waits until `effective_at`, and longer while a loss limit is tripped; `outcome` says how it ended.
    """

    __tablename__ = "risk_pending_changes"
    __table_args__ = (
        CheckConstraint("level IN ('user','wallet','strategy','symbol')", name="level"),
        CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)"
            " AND (outcome IS NULL OR outcome IN ('applied','cancelled','superseded','refused'))",
            name="outcome",
        ),
        Index(
            "uq_risk_pending_changes_open",
            "user_id",
            "level",
            "subject",
            "setting",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_risk_pending_changes_due", "effective_at", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(80))
    setting: Mapped[Word]
    value: Mapped[str | int | bool | None] = mapped_column(JSONB(none_as_null=False), nullable=False)
    effective_at: Mapped[Timestamp]
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[Timestamp | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
