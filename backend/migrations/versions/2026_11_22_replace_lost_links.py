"""A refresh token that another was made in the place of, because nobody ever used it.

Revision ID: replace_lost_links
Revises: add_to_positions
"""

import sqlalchemy as sa
from alembic import op

revision = "replace_lost_links"
down_revision = "add_to_positions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "refresh_tokens", sa.Column("struck_out", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("refresh_tokens", "struck_out")
