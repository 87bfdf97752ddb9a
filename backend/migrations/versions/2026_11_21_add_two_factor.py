"""A second factor at sign-in, and when a session last proved who sits there.

Revision ID: add_two_factor
Revises: keep_books_of_scopes
"""

import sqlalchemy as sa
from alembic import op

from migrations import tenancy

revision = "add_two_factor"
down_revision = "keep_books_of_scopes"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.add_column("sessions", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "two_factors",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("key_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        _user("two_factors"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_two_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        _user("recovery_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")),
    )
    op.create_index(
        "ix_recovery_codes_open", "recovery_codes", ["user_id"], postgresql_where=sa.text("ended_at IS NULL")
    )
    for table in ("two_factors", "recovery_codes"):
        for statement in tenancy.secret_table(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.drop_table("two_factors")
    op.drop_column("sessions", "proved_at")
