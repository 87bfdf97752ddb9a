"""Trades are left in parts: what is due, and the stop at break-even after the first.

Revision ID: leave_in_parts
Revises: let_administrators_tighten
"""

import sqlalchemy as sa
from alembic import op

revision = "leave_in_parts"
down_revision = "let_administrators_tighten"
branch_labels = None
depends_on = None

NAME = "ck_orders_leg"


def upgrade() -> None:
    op.add_column("trades", sa.Column("scale_out_step", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "trades", sa.Column("scale_out_quantity", sa.Numeric(28, 10), server_default="0", nullable=False)
    )
    op.add_column("trades", sa.Column("break_even_price", sa.Numeric(28, 10)))
    op.drop_constraint(op.f(NAME), "orders")
    op.create_check_constraint(op.f(NAME), "orders", "leg IN ('entry','stop','exit','scale_out')")


def downgrade() -> None:
    op.drop_constraint(op.f(NAME), "orders")
    op.execute("UPDATE orders SET leg = 'exit', attempt = attempt + 1000 WHERE leg = 'scale_out'")
    op.create_check_constraint(op.f(NAME), "orders", "leg IN ('entry','stop','exit')")
    for name in ("break_even_price", "scale_out_quantity", "scale_out_step"):
        op.drop_column("trades", name)
