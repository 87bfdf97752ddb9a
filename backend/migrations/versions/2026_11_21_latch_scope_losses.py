"""When the loss limit of a strategy or a symbol was last reached: a rebound does not untrip it.

Revision ID: latch_scope_losses
Revises: add_circuit_breakers
"""

import sqlalchemy as sa
from alembic import op

revision = "latch_scope_losses"
down_revision = "add_circuit_breakers"
branch_labels = None
depends_on = None

COLUMNS = ("day_tripped_at", "week_tripped_at", "month_tripped_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("risk_usage", sa.Column(name, sa.DateTime(timezone=True)))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("risk_usage", name)
