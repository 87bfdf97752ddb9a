"""Which model, in which version, proposed a signal.

Revision ID: name_models
Revises: keep_excursions
"""

import sqlalchemy as sa
from alembic import op

revision = "name_models"
down_revision = "keep_excursions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signals", sa.Column("model", sa.String(80), nullable=True))


def downgrade() -> None:
    op.drop_column("signals", "model")
