"""Exports and reports count how often they were begun; closed trades are found by when they changed.

Revision ID: bound_the_jobs
Revises: search_users
"""

import sqlalchemy as sa
from alembic import op

revision = "bound_the_jobs"
down_revision = "search_users"
branch_labels = None
depends_on = None

COUNTED = ("exports", "reports")
CLOSED = "ix_trades_closed_updated_at"


def upgrade() -> None:
    for table in COUNTED:
        op.add_column(table, sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_index(CLOSED, "trades", ["updated_at"], postgresql_where=sa.text("status = 'CLOSED'"))


def downgrade() -> None:
    op.drop_index(CLOSED, "trades")
    for table in COUNTED:
        op.drop_column(table, "attempts")
