"""Live trades by their user: a gate's plan that was made while nothing was live stays right once much is.

Revision ID: find_live_trades_by_user
Revises: add_account_and_journal
"""

from alembic import op
from sqlalchemy import text

revision = "find_live_trades_by_user"
down_revision = "add_account_and_journal"
branch_labels = None
depends_on = None

LIVE = text("status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')")


def upgrade() -> None:
    op.drop_index("ix_trades_live", "trades")
    op.create_index("ix_trades_live", "trades", ["user_id"], postgresql_where=LIVE)


def downgrade() -> None:
    op.drop_index("ix_trades_live", "trades")
    op.create_index("ix_trades_live", "trades", ["status"], postgresql_where=LIVE)
