"""Positions are added to: what each addition was planned at, what it may still take, and how often.

Revision ID: add_to_positions
Revises: page_by_every_filter
"""

import sqlalchemy as sa
from alembic import op

from migrations import additions, tenancy

revision = "add_to_positions"
down_revision = "page_by_every_filter"
branch_labels = None
depends_on = None

TABLE = "trade_additions"
LEG = "ck_orders_leg"
SETTINGS = ("risk_settings", "wallet_risk_settings", "scoped_risk_settings")
_MONEY, _PRICE = sa.Numeric(28, 8), sa.Numeric(28, 10)
_FIGURES = {"quantity": _PRICE, "entry_price": _PRICE, "notional": _MONEY, "risk_amount": _MONEY, "stop_price": _PRICE}


def upgrade() -> None:
    for name in SETTINGS:
        default = "2" if name == "risk_settings" else None
        op.add_column(name, sa.Column("max_adds_per_trade", sa.Integer(), server_default=default))
    op.add_column("trades", sa.Column("reference_stop_price", _PRICE))
    for name in ("adding_notional", "adding_risk"):
        op.add_column("trades", sa.Column(name, _MONEY, server_default="0", nullable=False))
    op.drop_constraint(op.f(LEG), "orders")
    op.create_check_constraint(op.f(LEG), "orders", "leg IN ('entry','stop','exit','scale_out','add')")
    _create_table()
    for statement in (*tenancy.tenant_table(TABLE, system=True), *additions.statements()):
        op.execute(statement)


def downgrade() -> None:
    for statement in additions.undo_statements():
        op.execute(statement)
    op.drop_table(TABLE)
    op.drop_constraint(op.f(LEG), "orders")
    op.execute("UPDATE orders SET leg = 'entry', attempt = attempt + 1000 WHERE leg = 'add'")
    op.create_check_constraint(op.f(LEG), "orders", "leg IN ('entry','stop','exit','scale_out')")
    for name in ("adding_risk", "adding_notional", "reference_stop_price"):
        op.drop_column("trades", name)
    for name in reversed(SETTINGS):
        op.drop_column(name, "max_adds_per_trade")


def _create_table() -> None:
    stamps = [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]
    figures = [
        sa.Column(f"{before}{name}", kind, nullable=False)
        for before in ("before_", "")
        for name, kind in _FIGURES.items()
    ]
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *[sa.Column(name, sa.Uuid(), nullable=False) for name in ("user_id", "wallet_id", "trade_id", "signal_id")],
        sa.Column("number", sa.Integer(), nullable=False),
        *figures,
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        *stamps,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f(f"fk_{TABLE}_user_id_trade_id_trades"),
        ),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f(f"fk_{TABLE}_signal_id_signals")),
        sa.UniqueConstraint("wallet_id", "signal_id", name=op.f(f"uq_{TABLE}_wallet_id_signal_id")),
        sa.UniqueConstraint("trade_id", "number", name=op.f(f"uq_{TABLE}_trade_id_number")),
        sa.CheckConstraint("number >= 1", name=op.f(f"ck_{TABLE}_number")),
        sa.CheckConstraint("quantity > 0 AND before_quantity > 0", name=op.f(f"ck_{TABLE}_quantities")),
        sa.CheckConstraint("notional > 0 AND risk_amount >= 0", name=op.f(f"ck_{TABLE}_amounts")),
    )
    op.create_index(f"ix_{TABLE}_user_id_created_at", TABLE, ["user_id", "created_at"])
