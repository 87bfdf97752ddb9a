"""What the database itself says about tenancy, and what a tenant's role can and cannot do."""

from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.config import Settings
from app.core.db import Database
from app.models import Base
from tests.api.desk_world import World

POLICIES = """
SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
       c.relispartition AS is_partition,
       ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
       has_table_privilege('stackalpha_api', c.oid, 'DELETE')
         OR has_table_privilege('stackalpha_api', c.oid, 'TRUNCATE') AS can_delete,
       has_table_privilege('stackalpha_api', c.oid, 'SELECT') AS can_read
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
  AND (EXISTS (SELECT 1 FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped)
       OR c.relname = 'users')
"""
TENANT_TABLES = sorted(
    table.name
    for table in Base.metadata.tables.values()
    if "user_id" in table.columns or table.name == "users"
)


async def test_every_table_with_a_user_forces_row_level_security(
    owner_connection: asyncpg.Connection,
) -> None:
    rows = await owner_connection.fetch(POLICIES)
    assert {row["name"] for row in rows} >= set(TENANT_TABLES)
    for row in rows:
        assert row["enabled"], row["name"]
        assert row["forced"], row["name"]
        assert not row["can_delete"], row["name"]
        if row["is_partition"]:
            assert not row["can_read"], row["name"]  # reached through its parent alone, under the policy
        else:
            assert "tenant" in row["policies"], row["name"]


async def test_tables_of_the_order_core_are_referred_to_together_with_their_user(
    owner_connection: asyncpg.Connection,
) -> None:
    """Plain foreign keys ignore row-level security: they would tell that another tenant's row exists."""
    plain = await owner_connection.fetch(
        "SELECT conrelid::regclass::text AS name, confrelid::regclass::text AS target FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid::regclass::text = ANY($1) AND cardinality(conkey) = 1",
        ["wallets", "trades", "sessions", "orders"],
    )
    assert [tuple(row) for row in plain] == []


async def test_every_policy_of_a_tenant_asks_for_the_tenant(owner_connection: asyncpg.Connection) -> None:
    """The function raises where no tenant is set, so that nothing reads as "no exposure"."""
    rows = await owner_connection.fetch(
        "SELECT polrelid::regclass::text AS name, pg_get_expr(polqual, polrelid) AS reads,"
        " pg_get_expr(polwithcheck, polrelid) AS writes FROM pg_policy WHERE polname = 'tenant'"
    )
    assert {row["name"] for row in rows} >= set(TENANT_TABLES)
    for row in rows:
        assert "app_current_user()" in row["reads"], row["name"]
        assert "app_current_user()" in row["writes"], row["name"]
        assert "IS NULL" not in row["writes"], row["name"]


@pytest.mark.parametrize("table", ["users", "sessions", "wallets"])
async def test_without_a_tenant_a_read_fails_rather_than_finding_nothing(
    api_database: Database, owner_connection: asyncpg.Connection, settings: Settings, table: str
) -> None:
    await World(owner_connection, settings).person()
    with pytest.raises(DBAPIError, match="no tenant in this transaction"):
        async with api_database.system() as session:
            await session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608


async def test_a_tenant_cannot_write_a_row_of_another(api_database: Database) -> None:
    mine, other = uuid4(), uuid4()
    with pytest.raises(DBAPIError, match="row-level security"):
        async with api_database.tenant(mine) as session:
            await session.execute(
                text("INSERT INTO users (id, email, password_hash) VALUES (:id, :email, 'x')"),
                {"id": other, "email": f"{other}@example.com"},
            )


async def test_the_tenant_of_one_transaction_is_gone_in_the_next(api_database: Database) -> None:
    async with api_database.tenant(uuid4()) as session:
        await session.execute(text("SELECT 1"))
    for _ in range(20):
        async with api_database.system() as session:
            left = await session.execute(text("SELECT current_setting('app.user_id', true)"))
            assert not left.scalar_one_or_none()


@pytest.mark.parametrize("table", ["audit_log", "fills", "ledger_events"])
async def test_what_is_append_only_is_not_changed_by_a_tenant(api_database: Database, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with api_database.tenant(uuid4()) as session:
            await session.execute(text(f"UPDATE {table} SET user_id = user_id"))  # noqa: S608
