"""The second factor of a sign-in: an authenticator's secret, and codes for the day it is lost."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Timestamp, UuidKey


class TwoFactor(Base):
    """One row per user who ever began. `sealed_secret` is of `key_version`; `confirmed_at` None: not asked for
    at sign-in. `last_step` is the newest time step whose code was used: neither it nor an older one works again."""

    __tablename__ = "two_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_version: Mapped[int] = mapped_column(Integer, server_default="1")
    confirmed_at: Mapped[Timestamp | None]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[CreatedAt]


class RecoveryCode(Base):
    """A code that takes the place of the authenticator once; only its hash is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (
        UniqueConstraint("user_id", "code_hash"),
        Index("ix_recovery_codes_open", "user_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    ended_at: Mapped[Timestamp | None]
    created_at: Mapped[CreatedAt]
