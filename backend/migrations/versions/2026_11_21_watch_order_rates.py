"""The newest orders of everybody are found by their time: breakers watch rates and refusals.

Revision ID: watch_order_rates
Revises: say_why_operator
"""

from alembic import op

revision = "watch_order_rates"
down_revision = "say_why_operator"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_orders_created_at", "orders", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_orders_created_at", table_name="orders")
