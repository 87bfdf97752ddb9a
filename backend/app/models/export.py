"""Exports: asked for, made by a job with progress, kept for some days."""

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, JobFollowed, Word


class Export(JobFollowed, Base):
    """`wishes` is what was asked for (filter, method), `rows_total` the count when the job began."""

    __tablename__ = "exports"
    __table_args__ = (
        UniqueConstraint("user_id", "id"),
        CheckConstraint(
            "status IN ('waiting','running','done','failed','cancelled','expired')", name="status"
        ),
        Index("ix_exports_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_exports_open", "created_at", postgresql_where=text("status IN ('waiting','running')")),
    )

    kind: Mapped[Word]
    format: Mapped[str] = mapped_column(String(10))
    wishes: Mapped[Document]
    rows_done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_total: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
