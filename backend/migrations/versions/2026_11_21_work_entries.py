"""An entry may go on in further orders until a moment, none worse than a price; its reservation stays until then.

Revision ID: work_entries
Revises: find_live_trades_by_user
"""

import sqlalchemy as sa
from alembic import op

from migrations import entry_work

revision = "work_entries"
down_revision = "find_live_trades_by_user"
branch_labels = None
depends_on = None

ONE_ENTRY = "leg = 'entry' AND status IN ('INTENT','SENDING','OPEN','PARTIAL','FILLED')"


def upgrade() -> None:
    op.add_column("trades", sa.Column("entry_until", sa.DateTime(timezone=True)))
    op.add_column("trades", sa.Column("entry_cap_price", sa.Numeric(28, 10)))
    op.drop_index("uq_orders_one_entry", table_name="orders")
    for statement in entry_work.statements():
        op.execute(statement)


def downgrade() -> None:
    for statement in entry_work.undo_statements():
        op.execute(statement)
    op.create_index(
        "uq_orders_one_entry", "orders", ["trade_id"], unique=True, postgresql_where=sa.text(ONE_ENTRY)
    )
    op.drop_column("trades", "entry_cap_price")
    op.drop_column("trades", "entry_until")
