"""How each wallet's orders are carried out, what was chosen for each order, and what it cost and took.

Revision ID: add_execution_quality
Revises: leave_in_parts
"""

import sqlalchemy as sa
from alembic import op

from migrations import tenancy

revision = "add_execution_quality"
down_revision = "leave_in_parts"
branch_labels = None
depends_on = None

SETTINGS = "execution_settings"
BPS = sa.Numeric(14, 4)
MILLISECONDS = sa.Numeric(12, 3)
UNITS = "('bps','percent','points')"

def added() -> dict[str, tuple[sa.Column[object], ...]]:
    return {
        "orders": (
            sa.Column("route", sa.String(10)),
            sa.Column("route_reason", sa.Text()),
            sa.Column("time_in_force", sa.String(3)),
            sa.Column("expected_slippage_bps", BPS),
            sa.Column("spread_bps", BPS),
            sa.Column("book_depth", sa.Numeric(28, 10)),
            sa.Column("volatility_bps", BPS),
            sa.Column("gate_ms", MILLISECONDS),
            sa.Column("retry_count", sa.Integer(), server_default="0", nullable=False),
        ),
        "trades": (
            sa.Column("confirm_by", sa.DateTime(timezone=True)),
            sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        ),
        "execution_logs": (
            sa.Column("venue", sa.String(50)),
            sa.Column("exchange_order_id", sa.String(64)),
            sa.Column("outcome", sa.String(10)),
            sa.Column("error_code", sa.String(64)),
            sa.Column("route", sa.String(10)),
            sa.Column("route_reason", sa.Text()),
            sa.Column("expected_slippage_bps", BPS),
            sa.Column("spread_bps", BPS),
            sa.Column("gate_ms", MILLISECONDS),
            sa.Column("network_ms", MILLISECONDS),
            sa.Column("venue_ms", MILLISECONDS),
        ),
    }

# A month goes at once, when all of it is older: dropping a partition costs nothing, deleting its rows would.
DROP_FUNCTION = """
CREATE FUNCTION drop_execution_log_partitions(p_before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text; low date; dropped integer := 0;
BEGIN
    FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'execution_logs'::regclass
                  AND c.relname ~ '^execution_logs_[0-9]{4}_[0-9]{2}$' LOOP
        low := to_date(right(name, 7), 'YYYY_MM');
        IF (low + interval '1 month')::date <= p_before THEN
            EXECUTE format('DROP TABLE %I', name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    RETURN dropped;
END $$
"""


def upgrade() -> None:
    op.create_table(
        SETTINGS,
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("max_slippage", sa.Numeric(12, 4), server_default="30", nullable=False),
        sa.Column("max_slippage_unit", sa.String(7), server_default="bps", nullable=False),
        sa.Column("max_deviation", sa.Numeric(12, 4), server_default="50", nullable=False),
        sa.Column("max_deviation_unit", sa.String(7), server_default="bps", nullable=False),
        sa.Column("retry_attempts", sa.Integer(), server_default="3", nullable=False),
        sa.Column("retry_delay_seconds", sa.Numeric(6, 2), server_default="1", nullable=False),
        sa.Column("execution_timeout_seconds", sa.Numeric(7, 2), server_default="30", nullable=False),
        sa.Column("use_market_orders", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("confirm_trades", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("confirm_seconds", sa.Integer(), server_default="120", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            f"max_slippage_unit IN {UNITS} AND max_deviation_unit IN {UNITS}",
            name=op.f("ck_execution_settings_units"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "wallet_id"],
            ["wallets.user_id", "wallets.id"],
            name=op.f("fk_execution_settings_user_id_wallets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("wallet_id", name=op.f("pk_execution_settings")),
    )
    for statement in tenancy.tenant_table(SETTINGS, system=False):
        op.execute(statement)
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    op.execute(DROP_FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION drop_execution_log_partitions(date) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION drop_execution_log_partitions(date) TO {tenancy.SYSTEM_ROLE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION drop_execution_log_partitions(date)")
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
    op.drop_table(SETTINGS)
