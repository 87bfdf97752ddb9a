"""Loosenings of risk settings that wait until the next day.

Revision ID: add_pending_risk_changes
Revises: add_limits_of_every_level
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import tenancy

revision = "add_pending_risk_changes"
down_revision = "add_limits_of_every_level"
branch_labels = None
depends_on = None

TABLE = "risk_pending_changes"
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("setting", sa.String(length=50), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.CheckConstraint("level IN ('user','wallet')", name=op.f("ck_risk_pending_changes_level")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)"
            " AND (outcome IS NULL OR outcome IN ('applied','cancelled','superseded','refused'))",
            name=op.f("ck_risk_pending_changes_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_risk_pending_changes_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_pending_changes")),
    )
    op.create_index(
        "uq_risk_pending_changes_open",
        TABLE,
        ["user_id", "level", "subject", "setting"],
        unique=True,
        postgresql_where=OPEN,
    )
    op.create_index("ix_risk_pending_changes_due", TABLE, ["effective_at"], postgresql_where=OPEN)
    for statement in tenancy.tenant_table(TABLE, system=True):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table(TABLE)
