"""Who changed what: append-only, hash-chained per user."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Document, Word


class AuditLog(Base):
    """`hash` = sha256(previous_hash, user, actor, action, details, time); an edit breaks the chain."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_user_id_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    actor: Mapped[Word]
    action: Mapped[Word]
    details: Mapped[Document]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
