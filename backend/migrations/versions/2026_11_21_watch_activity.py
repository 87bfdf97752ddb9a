"""Users choose what unusual activity of their wallets does: told, paused, or nothing.

Revision ID: watch_activity
Revises: keep_trading_hours
"""

import sqlalchemy as sa
from alembic import op

revision = "watch_activity"
down_revision = "keep_trading_hours"
branch_labels = None
depends_on = None

_CHECK = "ck_notification_settings_unusual_activity"


def upgrade() -> None:
    op.add_column(
        "notification_settings",
        sa.Column("unusual_activity", sa.String(10), server_default="notify", nullable=False),
    )
    op.create_check_constraint(
        op.f(_CHECK), "notification_settings", "unusual_activity IN ('notify','pause','ignore')"
    )
    op.create_index("ix_notifications_created_at", "notifications", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_notifications_created_at", table_name="notifications")
    op.drop_constraint(op.f(_CHECK), "notification_settings")
    op.drop_column("notification_settings", "unusual_activity")
