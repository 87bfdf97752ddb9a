"""Monthly reports and their schedules.

Revision ID: make_reports
Revises: leave_before_funding
"""

import sqlalchemy as sa
from alembic import op

from migrations import tenancy

revision = "make_reports"
down_revision = "leave_before_funding"
branch_labels = None
depends_on = None

TABLES = ("reports", "report_schedules")
SCOPE = ["user_id", "environment", "wallet_id"]


def _key() -> sa.Column:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def _scope() -> tuple[sa.Column, ...]:
    return (
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(10), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=True),
    )


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.CheckConstraint("environment IN ('paper','live')", name=op.f(f"ck_{table}_environment")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "wallet_id"],
            ["wallets.user_id", "wallets.id"],
            name=op.f(f"fk_{table}_user_id_wallet_id_wallets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _moment(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column:
    held = None if default is None else sa.text(default)
    return sa.Column(name, sa.DateTime(timezone=True), server_default=held, nullable=nullable)


def _switch(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Boolean(), server_default=None if default is None else sa.text(default), nullable=False)


def _reports() -> None:
    op.create_table(
        "reports",
        _key(),
        *_scope(),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        _switch("by_schedule", "false"),
        _switch("mailed", "false"),
        sa.Column("status", sa.String(10), server_default="waiting", nullable=False),
        sa.Column("steps_done", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        _moment("created_at", default="now()"),
        _moment("beat_at", nullable=True),
        _moment("finished_at", nullable=True),
        _moment("expires_at"),
        sa.CheckConstraint(
            "status IN ('waiting','running','done','failed','cancelled','expired')",
            name=op.f("ck_reports_status"),
        ),
        *_keys("reports"),
        sa.UniqueConstraint("user_id", "id", name=op.f("uq_reports_user_id_id")),
    )
    op.create_index("ix_reports_user_id_created_at", "reports", ["user_id", "created_at", "id"])
    op.create_index(
        "ix_reports_open",
        "reports",
        ["created_at"],
        postgresql_where=sa.text("status IN ('waiting','running')"),
    )
    op.create_index(
        "ix_reports_expires_at", "reports", ["expires_at"], postgresql_where=sa.text("status = 'done'")
    )
    op.create_index(
        "uq_reports_by_schedule",
        "reports",
        [*SCOPE, "month"],
        unique=True,
        postgresql_where=sa.text("by_schedule"),
        postgresql_nulls_not_distinct=True,
    )


def _schedules() -> None:
    op.create_table(
        "report_schedules",
        _key(),
        *_scope(),
        _switch("enabled"),
        _moment("since"),
        _moment("created_at", default="now()"),
        _moment("updated_at", default="now()"),
        *_keys("report_schedules"),
    )
    op.create_index(
        "uq_report_schedules_scope",
        "report_schedules",
        SCOPE,
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def upgrade() -> None:
    _reports()
    _schedules()
    for table in TABLES:
        for statement in tenancy.tenant_table(table, system=True):
            op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
