"""How long a user's positions are held at most, beside each wallet's own.

Revision ID: leave_by_time
Revises: replace_lost_links
"""

import sqlalchemy as sa
from alembic import op

revision = "leave_by_time"
down_revision = "replace_lost_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("risk_settings", sa.Column("max_holding_minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("risk_settings", "max_holding_minutes")
