"""The reservation ledger: worst cases of live trades, summed by scope under checked ceilings.

Revision ID: add_reservation_ledger
Revises: add_risk_management
"""

import sqlalchemy as sa
from alembic import op

from migrations import reservation_ledger

revision = "add_reservation_ledger"
down_revision = "add_risk_management"
branch_labels = None
depends_on = None

_NOT_NEGATIVE = "positions >= 0 AND notional >= 0 AND margin >= 0 AND open_risk >= 0"


def _money(name: str, *, nullable: bool = False, default: str | None = None) -> "sa.Column[object]":
    return sa.Column(name, sa.Numeric(28, 8), nullable=nullable, server_default=default)


def upgrade() -> None:
    op.create_table(
        "risk_reservations",
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(10), nullable=False),
        sa.Column("wallet_id", sa.Uuid(), nullable=False),
        sa.Column("strategy", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(50), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        *(_money(name) for name in ("notional", "margin", "open_risk")),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('reserved','used','released')", name=op.f("ck_risk_reservations_state")),
        sa.CheckConstraint(_NOT_NEGATIVE, name=op.f("ck_risk_reservations_amounts")),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f("fk_risk_reservations_user_id_trade_id_trades"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_risk_reservations")),
    )
    op.create_index(
        "ix_risk_reservations_live",
        "risk_reservations",
        ["user_id", "environment"],
        postgresql_where=sa.text("state <> 'released'"),
    )
    op.create_table(
        "risk_usage",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(10), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("scope_key", sa.String(50), nullable=False),
        sa.Column("positions", sa.Integer(), server_default="0", nullable=False),
        *(_money(name, default="0") for name in ("notional", "margin", "open_risk")),
        sa.Column("positions_ceiling", sa.Integer(), nullable=True),
        *(
            _money(f"{name}_ceiling", nullable=True)
            for name in ("notional", "margin", "open_risk", "loss_budget")
        ),
        sa.Column("overruns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "scope IN ('user','wallet','strategy','symbol')", name=op.f("ck_risk_usage_scope")
        ),
        sa.CheckConstraint(_NOT_NEGATIVE, name=op.f("ck_risk_usage_amounts")),
        *(
            sa.CheckConstraint(f"{name} <= {name}_ceiling", name=op.f(f"ck_risk_usage_{name}"))
            for name in ("positions", "notional", "margin", "open_risk")
        ),
        sa.CheckConstraint("open_risk <= loss_budget_ceiling", name=op.f("ck_risk_usage_loss_budget")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_risk_usage_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "environment", "scope", "scope_key", name=op.f("pk_risk_usage")
        ),
        postgresql_with={"fillfactor": 50},
    )
    for statement in reservation_ledger.statements():
        op.execute(statement)


def downgrade() -> None:
    for statement in reservation_ledger.undo_statements():
        op.execute(statement)
    op.drop_table("risk_usage")
    op.drop_index("ix_risk_reservations_live", table_name="risk_reservations")
    op.drop_table("risk_reservations")
