"""What users are told, by which channels, and when.

Revision ID: add_notifications
Revises: add_execution_quality
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import tenancy

revision = "add_notifications"
down_revision = "add_execution_quality"
branch_labels = None
depends_on = None

TABLES = (
    "notifications",
    "notification_deliveries",
    "notification_settings",
    "notification_preferences",
    "telegram_link_codes",
)
CHANNELS = "('in_app','telegram','email','sms')"
NOW = sa.text("now()")
KEY = sa.text("gen_random_uuid()")


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )


def _time(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _created(name: str = "created_at") -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=NOW, nullable=False)


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), server_default=KEY, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=True),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("dedupe_key", sa.String(160), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("in_app", sa.String(10), nullable=False),
        _created(),
        _time("read_at"),
        _time("dispatched_at"),
        sa.CheckConstraint(
            "level IN ('info','warning','error','critical')", name=op.f("ck_notifications_level")
        ),
        sa.CheckConstraint("in_app IN ('on','silent','off')", name=op.f("ck_notifications_in_app")),
        _user("notifications"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("user_id", "event", "dedupe_key", name="uq_notifications_user_id_event_dedupe_key"),
        sa.UniqueConstraint("user_id", "id", name="uq_notifications_user_id_id"),
    )
    op.create_index("ix_notifications_feed", "notifications", ["user_id", "created_at", "id"])
    op.create_index("ix_notifications_subject", "notifications", ["user_id", "event", "subject", "created_at"])
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["user_id"],
        postgresql_where=sa.text("read_at IS NULL AND in_app = 'on'"),
    )
    op.create_index(
        "ix_notifications_pending",
        "notifications",
        ["created_at"],
        postgresql_where=sa.text("dispatched_at IS NULL"),
    )


def _deliveries() -> None:
    op.create_table(
        "notification_deliveries",
        sa.Column("id", sa.Uuid(), server_default=KEY, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        _created("available_at"),
        _time("claimed_until"),
        _time("sent_at"),
        sa.Column("error", sa.String(200), nullable=True),
        _created(),
        sa.CheckConstraint(f"channel IN {CHANNELS}", name=op.f("ck_notification_deliveries_channel")),
        sa.CheckConstraint(
            "state IN ('waiting','sending','sent','failed','skipped')",
            name=op.f("ck_notification_deliveries_state"),
        ),
        sa.CheckConstraint("mode IN ('on','silent','digest')", name=op.f("ck_notification_deliveries_mode")),
        sa.ForeignKeyConstraint(
            ["user_id", "notification_id"],
            ["notifications.user_id", "notifications.id"],
            name=op.f("fk_notification_deliveries_user_id_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_deliveries")),
        sa.UniqueConstraint(
            "notification_id", "channel", name="uq_notification_deliveries_notification_id_channel"
        ),
    )
    op.create_index(
        "ix_notification_deliveries_due",
        "notification_deliveries",
        ["available_at"],
        postgresql_where=sa.text("state IN ('waiting','sending')"),
    )


def _wishes() -> None:
    op.create_table(
        "notification_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("quiet_from_minute", sa.SmallInteger(), nullable=True),
        sa.Column("quiet_until_minute", sa.SmallInteger(), nullable=True),
        sa.Column("digest_minute", sa.SmallInteger(), server_default="480", nullable=False),
        sa.Column("telegram_level", sa.String(10), server_default="info", nullable=False),
        sa.Column("email_level", sa.String(10), server_default="info", nullable=False),
        sa.Column("sms_level", sa.String(10), server_default="critical", nullable=False),
        sa.Column("telegram_chat_id", sa.BigInteger(), nullable=True),
        sa.Column("telegram_chat_name", sa.String(100), nullable=True),
        _time("telegram_linked_at"),
        sa.Column("sms_address", sa.LargeBinary(), nullable=True),
        sa.Column("sms_hint", sa.String(60), nullable=True),
        _created(),
        _created("updated_at"),
        sa.CheckConstraint(
            "(quiet_from_minute IS NULL) = (quiet_until_minute IS NULL)"
            " AND quiet_from_minute BETWEEN 0 AND 1439 AND quiet_until_minute BETWEEN 0 AND 1439",
            name=op.f("ck_notification_settings_quiet"),
        ),
        sa.CheckConstraint(
            "digest_minute BETWEEN 0 AND 1439", name=op.f("ck_notification_settings_digest_minute")
        ),
        _user("notification_settings"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_settings")),
        sa.UniqueConstraint("telegram_chat_id", name=op.f("uq_notification_settings_telegram_chat_id")),
    )
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.CheckConstraint(f"channel IN {CHANNELS}", name=op.f("ck_notification_preferences_channel")),
        sa.CheckConstraint(
            "mode IN ('on','silent','digest','off')", name=op.f("ck_notification_preferences_mode")
        ),
        _user("notification_preferences"),
        sa.PrimaryKeyConstraint("user_id", "event", "channel", name=op.f("pk_notification_preferences")),
    )


def _link_codes() -> None:
    op.create_table(
        "telegram_link_codes",
        sa.Column("id", sa.Uuid(), server_default=KEY, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        _time("expires_at", nullable=False),
        _time("used_at"),
        _created(),
        _user("telegram_link_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_link_codes")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_telegram_link_codes_token_hash")),
    )
    op.create_index(op.f("ix_telegram_link_codes_user_id"), "telegram_link_codes", ["user_id"])
    op.create_index(
        "ix_telegram_link_codes_code_hash",
        "telegram_link_codes",
        ["code_hash"],
        postgresql_where=sa.text("used_at IS NULL"),
    )


def upgrade() -> None:
    _notifications()
    _deliveries()
    _wishes()
    _link_codes()
    for table in TABLES:
        for statement in tenancy.tenant_table(table, system=True):
            op.execute(statement)
    op.execute(f"REVOKE SELECT ON telegram_link_codes, notification_settings FROM {tenancy.READER_ROLE}")
    op.execute(f"GRANT DELETE ON notifications, telegram_link_codes TO {tenancy.SYSTEM_ROLE}")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
