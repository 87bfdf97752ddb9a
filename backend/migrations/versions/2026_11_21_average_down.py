"""Positions are averaged down: ladders reserved with the entry, their steps, and the switch that permits them.

Revision ID: average_down
Revises: leave_by_time
"""

import sqlalchemy as sa
from alembic import op

from migrations import ladders, tenancy

revision = "average_down"
down_revision = "leave_by_time"
branch_labels = None
depends_on = None

TABLE = "ladder_steps"
ADDITIONS = "trade_additions"
SETTINGS = ("risk_settings", "wallet_risk_settings", "scoped_risk_settings")
ONCE = "uq_position_events_once"
_MONEY, _PRICE = sa.Numeric(28, 8), sa.Numeric(28, 10)
_LADDER = (
    "(ladder_price IS NULL) = (ladder_step IS NULL) AND (ladder_price IS NULL) = (ladder_notional = 0)"
    " AND (ladder_price IS NOT NULL OR ladder_risk = 0) AND ladder_notional >= 0 AND ladder_risk >= 0"
)


def upgrade() -> None:
    for name in SETTINGS:
        is_user = name == "risk_settings"
        off = sa.Column("enable_dca", sa.Boolean(), server_default=sa.false(), nullable=False)
        op.add_column(name, off if is_user else sa.Column("enable_dca", sa.Boolean()))
        op.add_column(name, sa.Column("dca_max_steps", sa.Integer(), server_default="2" if is_user else None))
    op.add_column("trades", sa.Column("ladder_step", sa.Integer()))
    op.add_column("trades", sa.Column("ladder_price", _PRICE))
    for name in ("ladder_notional", "ladder_risk"):
        op.add_column("trades", sa.Column(name, _MONEY, server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_trades_ladder"), "trades", _LADDER)
    op.add_column(ADDITIONS, sa.Column("step", sa.Integer()))
    op.alter_column(ADDITIONS, "signal_id", nullable=True)
    op.create_unique_constraint(op.f(f"uq_{ADDITIONS}_trade_id_step"), ADDITIONS, ["trade_id", "step"])
    op.create_check_constraint(
        op.f(f"ck_{ADDITIONS}_cause"), ADDITIONS, "(signal_id IS NULL) <> (step IS NULL)"
    )
    _create_table()
    for statement in (*tenancy.tenant_table(TABLE, system=True), *ladders.statements()):
        op.execute(statement)
    _note_once("'trailing_armed', 'scale_out', 'ladder_step'")


def downgrade() -> None:
    op.execute("DELETE FROM position_events WHERE rule = 'ladder_step'")
    _note_once("'trailing_armed', 'scale_out'")
    for statement in ladders.undo_statements():
        op.execute(statement)
    op.drop_table(TABLE)
    additions = sa.table(ADDITIONS, sa.column("step"))
    op.execute(sa.delete(additions).where(additions.c.step.is_not(None)))
    op.drop_constraint(op.f(f"ck_{ADDITIONS}_cause"), ADDITIONS)
    op.drop_constraint(op.f(f"uq_{ADDITIONS}_trade_id_step"), ADDITIONS)
    op.alter_column(ADDITIONS, "signal_id", nullable=False)
    op.drop_column(ADDITIONS, "step")
    op.drop_constraint(op.f("ck_trades_ladder"), "trades")
    for name in ("ladder_risk", "ladder_notional", "ladder_price", "ladder_step"):
        op.drop_column("trades", name)
    for name in reversed(SETTINGS):
        op.drop_column(name, "dca_max_steps")
        op.drop_column(name, "enable_dca")


def _note_once(rules: str) -> None:
    op.drop_index(ONCE, "position_events")
    op.create_index(
        ONCE,
        "position_events",
        ["trade_id", "rule", sa.text("coalesce(step, 0)")],
        unique=True,
        postgresql_where=sa.text(f"rule IN ({rules})"),
    )


def _create_table() -> None:
    stamps = [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *[sa.Column(name, sa.Uuid(), nullable=False) for name in ("user_id", "wallet_id", "trade_id")],
        sa.Column("number", sa.Integer(), nullable=False),
        *[sa.Column(name, _PRICE, nullable=False) for name in ("price", "quantity")],
        *[sa.Column(name, _MONEY, nullable=False) for name in ("notional", "risk_amount")],
        *stamps,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f(f"fk_{TABLE}_user_id_trade_id_trades"),
        ),
        sa.UniqueConstraint("trade_id", "number", name=op.f(f"uq_{TABLE}_trade_id_number")),
        sa.CheckConstraint("number >= 1", name=op.f(f"ck_{TABLE}_number")),
        sa.CheckConstraint(
            "price > 0 AND quantity > 0 AND notional > 0 AND risk_amount > 0", name=op.f(f"ck_{TABLE}_amounts")
        ),
    )
    op.create_index(f"ix_{TABLE}_user_id_trade_id", TABLE, ["user_id", "trade_id"])
