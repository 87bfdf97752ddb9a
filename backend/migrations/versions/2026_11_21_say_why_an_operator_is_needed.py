"""Why a trade waits for an operator, since when, and how many exits count as forgiven.

Revision ID: say_why_operator
Revises: latch_scope_losses
"""

import sqlalchemy as sa
from alembic import op

revision = "say_why_operator"
down_revision = "latch_scope_losses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trades", sa.Column("operator_reason", sa.Text()))
    op.add_column("trades", sa.Column("operator_since", sa.DateTime(timezone=True)))
    op.add_column("trades", sa.Column("exits_forgiven", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for name in ("exits_forgiven", "operator_since", "operator_reason"):
        op.drop_column("trades", name)
