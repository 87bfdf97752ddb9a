"""Exports, notes and pictures of trades, saved views, arming, a time zone that waits, and the end of an account.

Revision ID: add_account_and_journal
Revises: watch_activity
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import account_erasure, tenancy

revision = "add_account_and_journal"
down_revision = "watch_activity"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
KEY = sa.text("gen_random_uuid()")
TABLES = ("exports", "trade_notes", "trade_screenshots", "saved_views")
USER_COLUMNS = ("pending_time_zone_at", "deletion_asked_at", "deletion_due_at")


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )


def _trade(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id", "trade_id"],
        ["trades.user_id", "trades.id"],
        name=op.f(f"fk_{table}_user_id_trade_id_trades"),
    )


def _time(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _created(name: str = "created_at") -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=NOW, nullable=False)


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), server_default=KEY, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("format", sa.String(10), nullable=False),
        sa.Column("wishes", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(10), server_default="waiting", nullable=False),
        sa.Column("rows_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_total", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        _created(),
        _time("beat_at"),
        _time("finished_at"),
        _time("expires_at", nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting','running','done','failed','cancelled','expired')",
            name=op.f("ck_exports_status"),
        ),
        _user("exports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("user_id", "id", name=op.f("uq_exports_user_id_id")),
    )
    op.create_index("ix_exports_user_id_created_at", "exports", ["user_id", "created_at", "id"])
    op.create_index(
        "ix_exports_open",
        "exports",
        ["created_at"],
        postgresql_where=sa.text("status IN ('waiting','running')"),
    )


def _notes() -> None:
    op.create_table(
        "trade_notes",
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _created(),
        _created("updated_at"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_trade_notes_rating")),
        _trade("trade_notes"),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("pk_trade_notes")),
    )
    op.create_index("ix_trade_notes_user_id", "trade_notes", ["user_id"])


def _screenshots() -> None:
    op.create_table(
        "trade_screenshots",
        sa.Column("id", sa.Uuid(), server_default=KEY, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.String(20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        _created(),
        _time("removed_at"),
        _trade("trade_screenshots"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_screenshots")),
    )
    op.create_index(
        "ix_trade_screenshots_trade",
        "trade_screenshots",
        ["user_id", "trade_id"],
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), server_default=KEY, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.String(50), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("search", postgresql.JSONB(), nullable=False),
        _created(),
        _time("removed_at"),
        _user("saved_views"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(
        "uq_saved_views_open",
        "saved_views",
        ["user_id", "page", "name"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def upgrade() -> None:
    op.add_column("users", sa.Column("pending_time_zone", sa.String(64), nullable=True))
    for name in USER_COLUMNS:
        op.add_column("users", _time(name))
    op.add_column("wallets", _time("live_armed_at"))
    _exports()
    _notes()
    _screenshots()
    _views()
    for table in TABLES:
        for statement in tenancy.tenant_table(table, system=table == "exports"):
            op.execute(statement)
    op.create_index(
        "ix_trades_user_id_wallet_id_closed_at", "trades", ["user_id", "wallet_id", "closed_at", "id"]
    )
    op.create_index(
        "ix_execution_logs_user_id_symbol_timestamp", "execution_logs", ["user_id", "symbol", "timestamp", "id"]
    )
    op.execute(account_erasure.ERASE_FUNCTION)
    op.execute(f"REVOKE ALL ON FUNCTION {account_erasure.ERASE_SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {account_erasure.ERASE_SIGNATURE} TO {tenancy.SYSTEM_ROLE}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {account_erasure.ERASE_SIGNATURE}")
    op.drop_index("ix_execution_logs_user_id_symbol_timestamp", table_name="execution_logs")
    op.drop_index("ix_trades_user_id_wallet_id_closed_at", table_name="trades")
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("wallets", "live_armed_at")
    for name in (*USER_COLUMNS, "pending_time_zone"):
        op.drop_column("users", name)
