"""Loosenings of a strategy's or a symbol's limits wait too.

Revision ID: let_scoped_changes_wait
Revises: add_pending_risk_changes
"""

from alembic import op

revision = "let_scoped_changes_wait"
down_revision = "add_pending_risk_changes"
branch_labels = None
depends_on = None

TABLE, NAME = "risk_pending_changes", "ck_risk_pending_changes_level"


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), TABLE)
    op.create_check_constraint(op.f(NAME), TABLE, "level IN ('user','wallet','strategy','symbol')")


def downgrade() -> None:
    op.execute(f"DELETE FROM {TABLE} WHERE level IN ('strategy','symbol')")
    op.drop_constraint(op.f(NAME), TABLE)
    op.create_check_constraint(op.f(NAME), TABLE, "level IN ('user','wallet')")
