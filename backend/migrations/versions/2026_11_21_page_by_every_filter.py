"""The close of a trade beside its tags, and an order by time within each filter of the journal.

Revision ID: page_by_every_filter
Revises: schedule_venues
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from migrations import tenancy

revision = "page_by_every_filter"
down_revision = "schedule_venues"
branch_labels = None
depends_on = None

TAGS, TRADES, LOGS = "trade_tags", "trades", "execution_logs"
CLOSED_BY = ("strategy", "side", "exit_reason", "environment")
LOGS_BY = ("wallet_id", "status")
# Locks the trade first: a close that goes on meanwhile is waited for, and one that comes later finds these tags.
REPLACE_TAGS = """
CREATE OR REPLACE FUNCTION replace_trade_tags(p_trade uuid, p_tags text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE owner uuid := app_current_user(); closed timestamptz;
BEGIN
    SELECT closed_at INTO closed FROM trades WHERE id = p_trade AND user_id = owner FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM trade_tags WHERE trade_id = p_trade AND user_id = owner;
    INSERT INTO trade_tags (trade_id, tag, user_id, closed_at)
    SELECT p_trade, tag, owner, closed FROM unnest(p_tags) AS tag
    ON CONFLICT DO NOTHING;
END $$
"""
REPLACE_TAGS_BEFORE = """
CREATE OR REPLACE FUNCTION replace_trade_tags(p_trade uuid, p_tags text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE owner uuid := app_current_user();
BEGIN
    DELETE FROM trade_tags WHERE trade_id = p_trade AND user_id = owner;
    INSERT INTO trade_tags (trade_id, tag, user_id)
    SELECT p_trade, tag, owner FROM unnest(p_tags) AS tag
    WHERE EXISTS (SELECT 1 FROM trades WHERE id = p_trade AND user_id = owner)
    ON CONFLICT DO NOTHING;
END $$
"""
# Whoever closes a trade need not know that it has tags, nor may the roles that close one write them.
CLOSE_TAGS = """
CREATE FUNCTION close_trade_tags() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE trade_tags SET closed_at = NEW.closed_at WHERE user_id = NEW.user_id AND trade_id = NEW.id;
    RETURN NULL;
END $$
"""
CLOSE_TAGS_TRIGGER = """
CREATE TRIGGER close_trade_tags AFTER UPDATE OF closed_at ON trades FOR EACH ROW
WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at) EXECUTE FUNCTION close_trade_tags()
"""


def upgrade() -> None:
    op.add_column(TAGS, sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE trade_tags g SET closed_at = t.closed_at FROM trades t"
        " WHERE t.user_id = g.user_id AND t.id = g.trade_id AND t.closed_at IS NOT NULL"
    )
    op.execute(REPLACE_TAGS)
    op.execute(CLOSE_TAGS)
    op.execute("REVOKE ALL ON FUNCTION close_trade_tags() FROM PUBLIC")
    op.execute(CLOSE_TAGS_TRIGGER)
    op.drop_index("ix_trade_tags_user_id_tag", table_name=TAGS)
    op.create_index("ix_trade_tags_user_id_tag_closed_at", TAGS, ["user_id", "tag", "closed_at", "trade_id"])
    op.create_index("ix_trades_user_id_created_at", TRADES, ["user_id", "created_at", "id"])
    for name, column in _closed_indexes():
        where = sa.text("status = 'CLOSED'")
        op.create_index(name, TRADES, ["user_id", column, "closed_at", "id"], postgresql_where=where)
    for name, column in _log_indexes():
        op.create_index(name, LOGS, ["user_id", column, "timestamp", "id"])


def downgrade() -> None:
    for name, _ in _log_indexes():
        op.drop_index(name, table_name=LOGS)
    for name, _ in _closed_indexes():
        op.drop_index(name, table_name=TRADES)
    op.drop_index("ix_trades_user_id_created_at", table_name=TRADES)
    op.drop_index("ix_trade_tags_user_id_tag_closed_at", table_name=TAGS)
    op.create_index("ix_trade_tags_user_id_tag", TAGS, ["user_id", "tag"])
    op.execute("DROP TRIGGER close_trade_tags ON trades")
    op.execute("DROP FUNCTION close_trade_tags()")
    op.execute(REPLACE_TAGS_BEFORE)
    op.drop_column(TAGS, "closed_at")


def _closed_indexes() -> Iterator[tuple[str, str]]:
    for column in CLOSED_BY:
        yield f"ix_trades_closed_{column}", column


def _log_indexes() -> Iterator[tuple[str, str]]:
    for column in LOGS_BY:
        yield f"ix_execution_logs_user_id_{column}_timestamp", column
