"""Drop a mark of the newest fill that nothing wrote or read: fills are found by their own numbers.

Revision ID: drop_fills_watermark
Revises: rewrite_trades_in_place
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_fills_watermark"
down_revision = "rewrite_trades_in_place"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("risk_state", "fills_watermark")


def downgrade() -> None:
    op.add_column("risk_state", sa.Column("fills_watermark", sa.String(length=64), nullable=True))
