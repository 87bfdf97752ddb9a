"""Signed-in sessions and their rotating refresh tokens."""

from uuid import UUID

from sqlalchemy import (
    Boolean,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Timestamp, UuidKey


class UserSession(Base):
    """One sign-in: the family that its refresh tokens belong to. Revoked as a whole. `proved_at` is when a
    password or a code last showed who sits there; None where nobody ever did."""

    __tablename__ = "sessions"
    __table_args__ = (UniqueConstraint("user_id", "id"),)

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user_agent: Mapped[str | None] = mapped_column(String(300))
    ip_address: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[CreatedAt]
    expires_at: Mapped[Timestamp]
    proved_at: Mapped[Timestamp | None]
    revoked_at: Mapped[Timestamp | None]
    revoke_reason: Mapped[str | None] = mapped_column(String(50))


class RefreshToken(Base):
    """One link of the chain (`domain.refresh_chain`). `struck_out`: another was made in its place before anybody used
    it, so that its use is somebody else's and revokes the family."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "session_id"], ["sessions.user_id", "sessions.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("token_hash"),
        Index("ix_refresh_tokens_user_id_session_id", "user_id", "session_id"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    session_id: Mapped[UUID]
    token_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[Timestamp]
    used_at: Mapped[Timestamp | None]
    struck_out: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[CreatedAt]
