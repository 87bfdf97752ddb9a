"""Leaving before a funding that costs too much: what it may cost, and when a trade is left.

Revision ID: leave_before_funding
Revises: work_entries
"""

import sqlalchemy as sa
from alembic import op

revision = "leave_before_funding"
down_revision = "work_entries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trading_schedules", sa.Column("leave_before_funding_percent", sa.Numeric(7, 4), nullable=True))
    op.add_column("trades", sa.Column("funding_leaves_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_trading_schedules_leave_before_funding_percent"),
        "trading_schedules",
        "leave_before_funding_percent BETWEEN 0 AND 100",
    )


def downgrade() -> None:
    op.drop_column("trades", "funding_leaves_at")
    op.drop_column("trading_schedules", "leave_before_funding_percent")
