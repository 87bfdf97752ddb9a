"""Exports: asked for, made by a job with progress, kept for some days."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Document, Timestamp, UuidKey, Word


class Export(Base):
    """`wishes` is what was asked for (filter, method), `rows_total` the count when the job began; `beat_at` is when
    the job last said that it goes on: a silent one is begun anew by another, until it
    was begun (`attempts`) too often."""

    __tablename__ = "exports"
    __table_args__ = (
        UniqueConstraint("user_id", "id"),
        CheckConstraint(
            "status IN ('waiting','running','done','failed','cancelled','expired')", name="status"
        ),
        Index("ix_exports_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_exports_open", "created_at", postgresql_where=text("status IN ('waiting','running')")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[Word]
    format: Mapped[str] = mapped_column(String(10))
    wishes: Mapped[Document]
    status: Mapped[str] = mapped_column(String(10), server_default="waiting")
    rows_done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_total: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[CreatedAt]
    beat_at: Mapped[Timestamp | None]
    finished_at: Mapped[Timestamp | None]
    expires_at: Mapped[Timestamp]
