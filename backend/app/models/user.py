"""Users and the single-use links mailed to them."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, CreatedAt, Timestamp, Timestamped, UuidKey

if TYPE_CHECKING:
    from app.models.risk_settings import RiskSettings


class User(Timestamped, Base):
    """`pending_time_zone` becomes `time_zone` at `pending_time_zone_at`, later while a loss limit is tripped;
    the account is erased at `deletion_due_at` unless its owner thinks better of it before."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'admin')", name="role"),
        Index("uq_users_email_lower", func.lower(text("email")), unique=True),
    )

    id: Mapped[UuidKey]
    email: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(255))
    email_verified_at: Mapped[Timestamp | None]
    role: Mapped[str] = mapped_column(String(20), server_default="user")
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    risk_disclosure_accepted_at: Mapped[Timestamp | None]
    disabled_at: Mapped[Timestamp | None]
    pending_time_zone: Mapped[str | None] = mapped_column(String(64))
    pending_time_zone_at: Mapped[Timestamp | None]
    deletion_asked_at: Mapped[Timestamp | None]
    deletion_due_at: Mapped[Timestamp | None]

    risk_settings: Mapped["RiskSettings | None"] = relationship(back_populates="user", uselist=False)


class EmailToken(Base):
    """A link to verify an address or to set a new password; only its hash is kept."""

    __tablename__ = "email_tokens"
    __table_args__ = (
        CheckConstraint("purpose IN ('verify_email', 'reset_password')", name="purpose"),
        UniqueConstraint("token_hash"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[Timestamp]
    used_at: Mapped[Timestamp | None]
    created_at: Mapped[CreatedAt]
