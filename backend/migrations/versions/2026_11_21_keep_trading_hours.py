"""Trading schedules of users and wallets, and the sessions of the exchanges that they name.

Revision ID: keep_trading_hours
Revises: add_portfolio_snapshots
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import tenancy

revision = "keep_trading_hours"
down_revision = "add_portfolio_snapshots"
branch_labels = None
depends_on = None

SCHEDULES = "trading_schedules"
CALENDAR_TABLES = ("calendar_coverage", "calendar_sessions")


def _moment(name: str, default: str | None = None) -> sa.Column:
    held = None if default is None else sa.text(default)
    return sa.Column(name, sa.DateTime(timezone=True), server_default=held, nullable=False)


def _switch(name: str, default: str) -> sa.Column:
    return sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False)


def _document(name: str, default: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text(default), nullable=False)


def upgrade() -> None:
    op.create_table(
        SCHEDULES,
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=True),
        _switch("enabled", "false"),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("calendar", sa.String(length=10), nullable=True),
        _document("hours", "'[]'"),
        _switch("trade_weekends", "true"),
        _document("closed_dates", "'[]'"),
        _switch("leave_before_close", "false"),
        _switch("leave_before_weekend", "false"),
        sa.Column("leave_minutes", sa.Integer(), server_default="15", nullable=False),
        _document("told", "'{}'"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _moment("created_at", "now()"),
        _moment("updated_at", "now()"),
        sa.CheckConstraint(
            "leave_minutes BETWEEN 0 AND 240", name=op.f("ck_trading_schedules_leave_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_trading_schedules_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "wallet_id"],
            ["wallets.user_id", "wallets.id"],
            name=op.f("fk_trading_schedules_user_id_wallet_id_wallets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_schedules")),
    )
    op.create_index(
        "uq_trading_schedules_user_id_wallet_id",
        SCHEDULES,
        ["user_id", "wallet_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    for statement in tenancy.tenant_table(SCHEDULES, system=True):
        op.execute(statement)
    op.create_table(
        "calendar_coverage",
        sa.Column("calendar", sa.String(length=10), nullable=False),
        _moment("known_from"),
        _moment("known_until"),
        _moment("read_at"),
        sa.PrimaryKeyConstraint("calendar", name=op.f("pk_calendar_coverage")),
    )
    op.create_table(
        "calendar_sessions",
        sa.Column("calendar", sa.String(length=10), nullable=False),
        _moment("opens_at"),
        _moment("closes_at"),
        sa.PrimaryKeyConstraint("calendar", "opens_at", name=op.f("pk_calendar_sessions")),
    )
    for table in CALENDAR_TABLES:
        op.execute(f"GRANT SELECT ON {table} TO {tenancy.TENANT_ROLES}, {tenancy.READER_ROLE}")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {tenancy.SYSTEM_ROLE}")


def downgrade() -> None:
    for table in (SCHEDULES, *CALENDAR_TABLES):
        op.drop_table(table)
