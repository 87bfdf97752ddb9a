"""No entries in the minutes before a funding that they would pay.

Revision ID: skip_fundings
Revises: bound_the_jobs
"""

import sqlalchemy as sa
from alembic import op

revision = "skip_fundings"
down_revision = "bound_the_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trading_schedules", sa.Column("skip_funding_minutes", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_trading_schedules_skip_funding_minutes"),
        "trading_schedules",
        "skip_funding_minutes BETWEEN 1 AND 240",
    )


def downgrade() -> None:
    op.drop_column("trading_schedules", "skip_funding_minutes")
