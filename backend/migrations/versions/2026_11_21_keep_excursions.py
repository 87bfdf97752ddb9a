"""How far closed trades ran against and for their owner (MAE and MFE).

Revision ID: keep_excursions
Revises: make_reports
"""

import sqlalchemy as sa
from alembic import op

from migrations import tenancy

revision = "keep_excursions"
down_revision = "make_reports"
branch_labels = None
depends_on = None

TABLE = "trade_excursions"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("timeframe", sa.String(5), nullable=True),
        sa.Column("adverse_distance", sa.Numeric(28, 10), nullable=True),
        sa.Column("favourable_distance", sa.Numeric(28, 10), nullable=True),
        sa.Column("adverse", sa.Numeric(28, 8), nullable=True),
        sa.Column("favourable", sa.Numeric(28, 8), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("adverse >= 0 AND favourable >= 0", name=op.f("ck_trade_excursions_not_negative")),
        sa.CheckConstraint(
            "(adverse IS NULL) = (timeframe IS NULL) AND (favourable IS NULL) = (timeframe IS NULL)",
            name=op.f("ck_trade_excursions_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f("fk_trade_excursions_user_id_trade_id_trades"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_trade_excursions")),
    )
    op.create_index("ix_trade_excursions_user_id", TABLE, ["user_id"])
    for statement in tenancy.tenant_table(TABLE, system=True):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table(TABLE)
