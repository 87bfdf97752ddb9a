"""Room on every page of trades, so that a watched trade's best price is written beside its old row.

Without it each new row version goes to another page and into every index: ten times the work and the log.

Revision ID: rewrite_trades_in_place
Revises: average_down
"""

from alembic import op

revision = "rewrite_trades_in_place"
down_revision = "average_down"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE trades SET (fillfactor = 80)")


def downgrade() -> None:
    op.execute("ALTER TABLE trades RESET (fillfactor)")
