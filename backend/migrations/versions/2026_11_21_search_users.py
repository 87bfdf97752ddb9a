"""Administrators find users by e-mail address, wallet name or id.

Revision ID: search_users
Revises: name_models
"""

from alembic import op

from migrations.user_search import statements, undo_statements

revision = "search_users"
down_revision = "name_models"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in statements():
        op.execute(statement)


def downgrade() -> None:
    for statement in undo_statements():
        op.execute(statement)
