"""What a strategy's and a symbol's own trades have made, and the most they ever had: their drawdown.

Revision ID: keep_books_of_scopes
Revises: watch_order_rates
"""

import sqlalchemy as sa
from alembic import op

from migrations import reservation_ledger, scope_books

revision = "keep_books_of_scopes"
down_revision = "watch_order_rates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("book_result", "book_peak"):
        op.add_column(
            "risk_usage", sa.Column(name, sa.Numeric(28, 8), server_default=sa.text("0"), nullable=False)
        )
    for statement in scope_books.statements():
        op.execute(statement)


def downgrade() -> None:
    for statement in scope_books.undo_statements(reservation_ledger.COUNT_LOSSES):
        op.execute(statement)
    for name in ("book_peak", "book_result"):
        op.drop_column("risk_usage", name)
