"""What is read about open positions for their health score.

Revision ID: read_position_health
Revises: add_manual_trades
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import tenancy

revision = "read_position_health"
down_revision = "add_manual_trades"
branch_labels = None
depends_on = None

TABLE = "position_health"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("readings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told_band", sa.String(length=10), server_default="healthy", nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "told_band IN ('healthy','watch','weak')", name=op.f("ck_position_health_told_band")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f("fk_position_health_user_id_trades"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_position_health")),
    )
    for statement in tenancy.tenant_table(TABLE, system=True):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table(TABLE)
