"""Circuit breakers trip by themselves, one row per cause; the kill switch keeps its runs and receipts.

Revision ID: add_circuit_breakers
Revises: watch_by_rule
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations import circuit_breakers

revision = "add_circuit_breakers"
down_revision = "watch_by_rule"
branch_labels = None
depends_on = None

_PK = "pk_breaker_states"
_SCOPES = "scope IN ('platform','venue','user','wallet')"


def _time(name: str, *, default: bool = False) -> "sa.Column[object]":
    moment = sa.text("clock_timestamp()") if default else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=moment, nullable=not default)


def _scope() -> "list[sa.Column[object]]":
    return [
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("scope_id", sa.String(64), nullable=False),
    ]


def _wallet_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id", "wallet_id"],
        ["wallets.user_id", "wallets.id"],
        name=op.f(f"fk_{table}_user_id_wallets"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.add_column(
        "breaker_states", sa.Column("environment", sa.String(10), server_default="all", nullable=False)
    )
    op.add_column(
        "breaker_states", sa.Column("cause", sa.String(30), server_default="manual", nullable=False)
    )
    op.add_column("breaker_states", _time("resets_at"))
    op.add_column("breaker_states", sa.Column("probe", JSONB()))
    op.drop_constraint(op.f(_PK), "breaker_states")
    op.create_primary_key(op.f(_PK), "breaker_states", ["scope", "scope_id", "environment", "cause"])
    op.add_column(
        "trades", sa.Column("entry_stopped", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _create_events()
    _create_runs()
    for statement in circuit_breakers.statements():
        op.execute(statement)


def _create_events() -> None:
    op.create_table(
        "breaker_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        *_scope(),
        sa.Column("environment", sa.String(10), nullable=False),
        sa.Column("cause", sa.String(30), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("changed_by", sa.String(50), nullable=False),
        sa.Column("reading", sa.Numeric(28, 8)),
        sa.Column("threshold", sa.Numeric(28, 8)),
        _time("market_time"),
        _time("created_at", default=True),
        sa.CheckConstraint(_SCOPES, name=op.f("ck_breaker_events_scope")),
    )
    op.create_index("ix_breaker_events_user_id_id", "breaker_events", ["user_id", "id"])
    op.create_index(
        "ix_breaker_events_latest",
        "breaker_events",
        ["scope", "scope_id", "environment", "cause", sa.text("id DESC")],
    )


def _create_runs() -> None:
    op.create_table(
        "kill_switch_runs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        *_scope(),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("requested_by", sa.String(50), nullable=False),
        sa.Column("close_external", sa.Boolean(), nullable=False),
        _time("requested_at", default=True),
        *(
            _time(name)
            for name in ("halted_at", "listed_at", "cancelled_at", "quiescent_at", "flat_at", "escalated_at")
        ),
        sa.Column("escalation", sa.String(300)),
        sa.CheckConstraint(_SCOPES, name=op.f("ck_kill_switch_runs_scope")),
    )
    op.create_index("ix_kill_switch_runs_user_id", "kill_switch_runs", ["user_id", "requested_at"])
    op.create_index(
        "ix_kill_switch_runs_open",
        "kill_switch_runs",
        ["requested_at"],
        postgresql_where=sa.text("flat_at IS NULL"),
    )
    op.create_table(
        "kill_switch_accounts",
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("kill_switch_runs.id", ondelete="CASCADE")),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        _time("asked_at"),
        _time("proven_at"),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(300)),
        sa.PrimaryKeyConstraint("run_id", "wallet_id", name=op.f("pk_kill_switch_accounts")),
        _wallet_key("kill_switch_accounts"),
    )
    op.create_index(
        "ix_kill_switch_accounts_open",
        "kill_switch_accounts",
        ["run_id", "shard"],
        postgresql_where=sa.text("proven_at IS NULL"),
    )
    op.create_table(
        "kill_switch_positions",
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("kill_switch_runs.id", ondelete="CASCADE")),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.String(50), nullable=False),
        sa.Column("is_external", sa.Boolean(), nullable=False),
        sa.Column("trade_id", sa.Uuid()),
        sa.Column("side", sa.String(5), nullable=False),
        sa.Column("quantity", sa.Numeric(28, 10), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        _time("closed_at"),
        sa.PrimaryKeyConstraint(
            "run_id", "wallet_id", "symbol", "is_external", name=op.f("pk_kill_switch_positions")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f("fk_kill_switch_positions_user_id_trades"),
        ),
        _wallet_key("kill_switch_positions"),
    )


def downgrade() -> None:
    for statement in circuit_breakers.undo_statements():
        op.execute(statement)
    for table in ("kill_switch_positions", "kill_switch_accounts", "kill_switch_runs", "breaker_events"):
        op.drop_table(table)
    op.drop_column("trades", "entry_stopped")
    op.execute("DELETE FROM breaker_states WHERE environment <> 'all' OR cause <> 'manual'")
    op.drop_constraint(op.f(_PK), "breaker_states")
    op.create_primary_key(op.f(_PK), "breaker_states", ["scope", "scope_id"])
    for name in ("probe", "resets_at", "cause", "environment"):
        op.drop_column("breaker_states", name)
