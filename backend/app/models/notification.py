"""What users are told: the message, its delivery by each channel, and what they want to hear of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Document, Timestamp, Timestamped, UuidKey

CHANNELS = "('in_app','telegram','email','sms')"
MODES = "('on','silent','digest','off')"


class Notification(Base):
    """One thing told to one user, once per (event, dedupe_key), written in the transaction in which it happened.

    `subject` is what it is about (a trade, a wallet, a rule): repeats about the same subject back off.
    `in_app` is what the user wanted of it in the web app at that moment. `dispatched_at` is when its
    deliveries were made.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("level IN ('info','warning','error','critical')", name="level"),
        CheckConstraint("in_app IN ('on','silent','off')", name="in_app"),
        UniqueConstraint("user_id", "event", "dedupe_key"),
        UniqueConstraint("user_id", "id"),
        Index("ix_notifications_feed", "user_id", "created_at", "id"),
        Index("ix_notifications_subject", "user_id", "event", "subject", "created_at"),
        Index(
            "ix_notifications_unread",
            "user_id",
            postgresql_where=text("read_at IS NULL AND in_app = 'on'"),
        ),
        Index("ix_notifications_created_at", "created_at", postgresql_using="brin"),
        Index("ix_notifications_pending", "created_at", postgresql_where=text("dispatched_at IS NULL")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    wallet_id: Mapped[UUID | None]
    event: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(120))
    dedupe_key: Mapped[str] = mapped_column(String(160))
    title: Mapped[str] = mapped_column(String(200))
    sentence: Mapped[str] = mapped_column(Text)
    figures: Mapped[Document]
    in_app: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[CreatedAt]
    read_at: Mapped[Timestamp | None]
    dispatched_at: Mapped[Timestamp | None]


class NotificationDelivery(Base):
    """One message on its way by one channel. Its id is the reference that the reader sees.

    `sending` until `claimed_until`: whoever died in mid-send is followed by another, with the same reference.
    """

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("state IN ('waiting','sending','sent','failed','skipped')", name="state"),
        CheckConstraint("mode IN ('on','silent','digest')", name="mode"),
        ForeignKeyConstraint(
            ["user_id", "notification_id"], ["notifications.user_id", "notifications.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("notification_id", "channel"),
        Index(
            "ix_notification_deliveries_due",
            "available_at",
            postgresql_where=text("state IN ('waiting','sending')"),
        ),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    notification_id: Mapped[UUID]
    channel: Mapped[str] = mapped_column(String(10))
    mode: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    available_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    claimed_until: Mapped[Timestamp | None]
    sent_at: Mapped[Timestamp | None]
    error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[CreatedAt]


class NotificationSettings(Timestamped, Base):
    """Where a user is reached and when. Minutes are of the day in the user's time zone; NULL is no quiet time.

    `sms_address` is an address of Apprise, sealed: it holds credentials. `sms_hint` is what may be shown of it.
    """

    __tablename__ = "notification_settings"
    __table_args__ = (
        CheckConstraint(
            "(quiet_from_minute IS NULL) = (quiet_until_minute IS NULL)"
            " AND quiet_from_minute BETWEEN 0 AND 1439 AND quiet_until_minute BETWEEN 0 AND 1439",
            name="quiet",
        ),
        CheckConstraint("digest_minute BETWEEN 0 AND 1439", name="digest_minute"),
        CheckConstraint("unusual_activity IN ('notify','pause','ignore')", name="unusual_activity"),
        UniqueConstraint("telegram_chat_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    quiet_from_minute: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_until_minute: Mapped[int | None] = mapped_column(SmallInteger)
    digest_minute: Mapped[int] = mapped_column(SmallInteger, server_default="480")
    telegram_level: Mapped[str] = mapped_column(String(10), server_default="info")
    email_level: Mapped[str] = mapped_column(String(10), server_default="info")
    sms_level: Mapped[str] = mapped_column(String(10), server_default="critical")
    telegram_chat_id: Mapped[int | None] = mapped_column(BigInteger)
    telegram_chat_name: Mapped[str | None] = mapped_column(String(100))
    telegram_linked_at: Mapped[Timestamp | None]
    sms_address: Mapped[bytes | None] = mapped_column(LargeBinary)
    sms_hint: Mapped[str | None] = mapped_column(String(60))
    unusual_activity: Mapped[str] = mapped_column(String(10), server_default="notify")


class NotificationPreference(Base):
    """What a user wants of one event by one channel, where it is not the event's own default."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint(f"mode IN {MODES}", name="mode"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    mode: Mapped[str] = mapped_column(String(10))


class TelegramLinkCode(Base):
    """A one-time way to link a chat: a token for `/start` and six digits for `/link`; only hashes are kept."""

    __tablename__ = "telegram_link_codes"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_telegram_link_codes_code_hash", "code_hash", postgresql_where=text("used_at IS NULL")),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    code_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[Timestamp]
    used_at: Mapped[Timestamp | None]
    created_at: Mapped[CreatedAt]
