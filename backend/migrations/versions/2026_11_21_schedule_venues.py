"""Trading schedules of all of a user's wallets at one venue, beside those of the user and of single wallets.

Revision ID: schedule_venues
Revises: skip_fundings
"""

import sqlalchemy as sa
from alembic import op

revision = "schedule_venues"
down_revision = "skip_fundings"
branch_labels = None
depends_on = None

TABLE = "trading_schedules"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("venue", sa.String(50), nullable=True))
    op.create_check_constraint(
        op.f("ck_trading_schedules_one_scope"), TABLE, "wallet_id IS NULL OR venue IS NULL"
    )
    _unique_again("uq_trading_schedules_user_id_wallet_id", "uq_trading_schedules_scope", "venue")


def downgrade() -> None:
    op.execute("DELETE FROM trading_schedules WHERE venue IS NOT NULL")
    _unique_again("uq_trading_schedules_scope", "uq_trading_schedules_user_id_wallet_id")
    op.drop_column(TABLE, "venue")


def _unique_again(old: str, new: str, *more: str) -> None:
    op.drop_index(old, table_name=TABLE)
    columns = ["user_id", "wallet_id", *more]
    op.create_index(new, TABLE, columns, unique=True, postgresql_nulls_not_distinct=True)
