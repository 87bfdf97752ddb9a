"""Manners of leaving on the trade, events of the exit rules, time without a stop, and leases of monitors.

Revision ID: watch_by_rule
Revises: read_position_health
"""

import sqlalchemy as sa
from alembic import op

from migrations import tenancy

revision = "watch_by_rule"
down_revision = "read_position_health"
branch_labels = None
depends_on = None

EVENTS = "position_events"
MONITOR_TABLES = ("monitor_leases", "monitor_members")


def trade_columns() -> list[sa.Column]:
    """The new columns of a trade, made anew for each use."""
    return [
        sa.Column("scale_out_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("trailing_distance", sa.Numeric(28, 10), nullable=True),
        sa.Column("volatility_multiple", sa.Numeric(7, 2), nullable=True),
        sa.Column("session_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("naked_ms", sa.BigInteger(), server_default="0", nullable=False),
    ]


def upgrade() -> None:
    for column in trade_columns():
        op.add_column("trades", column)
    op.create_table(
        EVENTS,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("mark_price", sa.Numeric(28, 10), nullable=False),
        sa.Column("stop_price", sa.Numeric(28, 10), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f("fk_position_events_user_id_trade_id_trades"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_events")),
    )
    op.create_index("ix_position_events_user_id_trade_id", EVENTS, ["user_id", "trade_id", "id"])
    op.create_index(
        "uq_position_events_once",
        EVENTS,
        ["trade_id", "rule", sa.text("coalesce(step, 0)")],
        unique=True,
        postgresql_where=sa.text("rule IN ('trailing_armed', 'scale_out')"),
    )
    for statement in tenancy.tenant_table(EVENTS, system=True):
        op.execute(statement)
    op.create_table(
        "monitor_leases",
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_monitor_leases")),
    )
    op.create_table(
        "monitor_members",
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_monitor_members")),
    )
    for table in MONITOR_TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {tenancy.SYSTEM_ROLE}")
        op.execute(f"GRANT SELECT ON {table} TO {tenancy.READER_ROLE}")


def downgrade() -> None:
    for table in (EVENTS, *MONITOR_TABLES):
        op.drop_table(table)
    for column in reversed(trade_columns()):
        op.drop_column("trades", column.name)
