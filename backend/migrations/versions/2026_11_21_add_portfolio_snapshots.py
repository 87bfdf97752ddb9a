"""Snapshots of portfolios on a fixed clock, tags of trades, and the ways to a user's postings in order.

Revision ID: add_portfolio_snapshots
Revises: add_two_factor
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from migrations import tenancy

revision = "add_portfolio_snapshots"
down_revision = "add_two_factor"
branch_labels = None
depends_on = None

TABLE, TAGS = "portfolio_snapshots", "trade_tags"
MONEY = sa.Numeric(28, 8)

# Fine and hourly snapshots lie in months of market time, which go at once; daily ones stay. The default takes what
# a venue's clock puts where no month was made.
ENSURE_FUNCTION = """
CREATE FUNCTION ensure_snapshot_partitions(p_from date, p_to date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    low date := date_trunc('month', p_from)::date;
    kind text; name text;
BEGIN
    IF p_to > (p_from + interval '24 months')::date THEN
        RAISE EXCEPTION 'at most 24 months of partitions are made at once';
    END IF;
    WHILE low <= p_to LOOP
        FOREACH kind IN ARRAY ARRAY['fine', 'hour'] LOOP
            name := format('portfolio_snapshots_%s_%s', kind, to_char(low, 'YYYY_MM'));
            IF to_regclass(name) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name,
                               'portfolio_snapshots_' || kind, low::text || ' 00:00+00',
                               (low + interval '1 month')::date::text || ' 00:00+00');
                EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                EXECUTE format(
                    'CREATE POLICY owner_all ON %I TO stackalpha_owner USING (true) WITH CHECK (true)', name
                );
            END IF;
        END LOOP;
        low := (low + interval '1 month')::date;
    END LOOP;
END $$
"""
DROP_FUNCTION = """
CREATE FUNCTION drop_snapshot_partitions(p_kind text, p_before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text; dropped integer := 0;
BEGIN
    IF p_kind NOT IN ('fine', 'hour') THEN
        RAISE EXCEPTION 'snapshots of kind % are kept for ever', p_kind;
    END IF;
    FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = ('portfolio_snapshots_' || p_kind)::regclass
                  AND c.relname ~ '_[0-9]{4}_[0-9]{2}$' LOOP
        IF (to_date(right(name, 7), 'YYYY_MM') + interval '1 month')::date <= p_before THEN
            EXECUTE format('DROP TABLE %I', name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    EXECUTE format('DELETE FROM %I WHERE at < %L', 'portfolio_snapshots_' || p_kind || '_default',
                   p_before::text || ' 00:00+00');
    RETURN dropped;
END $$
"""
SIGNATURES = ("ensure_snapshot_partitions(date, date)", "drop_snapshot_partitions(text, date)")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(10), nullable=False),
        sa.Column("resolution", sa.String(5), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("wallet_id", sa.Uuid()),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("balance", MONEY, nullable=False),
        sa.Column("equity", MONEY, nullable=False),
        sa.Column("exposure", MONEY, nullable=False),
        sa.Column("open_risk", MONEY),
        sa.Column("margin", MONEY, nullable=False),
        sa.Column("unrealized", MONEY, nullable=False),
        sa.Column("peak", MONEY, nullable=False),
        sa.Column("drawdown", sa.Numeric(12, 10)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("resolution IN ('fine','hour','day')", name=op.f("ck_portfolio_snapshots_resolution")),
        sa.CheckConstraint("environment IN ('paper','live')", name=op.f("ck_portfolio_snapshots_environment")),
        sa.CheckConstraint("source IN ('observed','rebuilt')", name=op.f("ck_portfolio_snapshots_source")),
        sa.ForeignKeyConstraint(
            ["user_id", "wallet_id"],
            ["wallets.user_id", "wallets.id"],
            name=op.f("fk_portfolio_snapshots_user_id_wallet_id_wallets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scope_id", "environment", "resolution", "at", name=op.f("pk_portfolio_snapshots")),
        postgresql_partition_by="LIST (resolution)",
    )
    op.create_table(
        TAGS,
        sa.Column("trade_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "trade_id"],
            ["trades.user_id", "trades.id"],
            name=op.f("fk_trade_tags_user_id_trade_id_trades"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("trade_id", "tag", name=op.f("pk_trade_tags")),
    )
    op.create_index("ix_trade_tags_user_id_tag", TAGS, ["user_id", "tag"])
    transfers = sa.text("kind IN ('deposit', 'withdrawal')")
    op.create_index("ix_ledger_events_user_id_id", "ledger_events", ["user_id", "id"])
    op.create_index(
        "ix_ledger_events_transfers", "ledger_events", ["user_id", "occurred_at"], postgresql_where=transfers
    )
    for statement in _statements():
        op.execute(statement)


def _statements() -> Iterator[str]:
    for statement in tenancy.tenant_table(TABLE, system=True):
        if "GRANT SELECT, INSERT" not in statement:
            yield statement
    yield f"GRANT SELECT ON {TABLE} TO {tenancy.TENANT_ROLES}"
    yield f"GRANT SELECT, INSERT ON {TABLE} TO {tenancy.SYSTEM_ROLE}"
    yield from tenancy.tenant_table(TAGS, system=False)
    # Taken off by an empty set, not by DELETE, which no tenant's role may do: see replace_trade_tags.
    yield """
CREATE FUNCTION replace_trade_tags(p_trade uuid, p_tags text[]) RETURNS void
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
    yield "REVOKE ALL ON FUNCTION replace_trade_tags(uuid, text[]) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION replace_trade_tags(uuid, text[]) TO {tenancy.TENANT_ROLES}"
    for kind in ("fine", "hour"):
        yield (
            f"CREATE TABLE {TABLE}_{kind} PARTITION OF {TABLE} FOR VALUES IN ('{kind}') PARTITION BY RANGE (at)"
        )
        yield f"CREATE TABLE {TABLE}_{kind}_default PARTITION OF {TABLE}_{kind} DEFAULT"
        yield from tenancy._force(f"{TABLE}_{kind}")
        yield from tenancy._force(f"{TABLE}_{kind}_default")
    yield f"CREATE TABLE {TABLE}_day PARTITION OF {TABLE} FOR VALUES IN ('day')"
    yield from tenancy._force(f"{TABLE}_day")
    yield ENSURE_FUNCTION
    yield DROP_FUNCTION
    for signature in SIGNATURES:
        yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO {tenancy.SYSTEM_ROLE}"
    yield "SELECT ensure_snapshot_partitions(now()::date, (now() + interval '2 months')::date)"


def downgrade() -> None:
    op.execute("DROP FUNCTION replace_trade_tags(uuid, text[])")
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_index("ix_ledger_events_transfers", table_name="ledger_events")
    op.drop_index("ix_ledger_events_user_id_id", table_name="ledger_events")
    op.drop_table(TAGS)
    op.drop_table(TABLE)
