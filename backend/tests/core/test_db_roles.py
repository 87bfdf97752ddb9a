"""The fixtures' databases: migrated, and reached as the roles that the product uses."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.config import Settings
from app.core.db import Database


async def test_each_database_connects_as_its_role(
    api_database: Database, worker_database: Database, system_database: Database
) -> None:
    async def role(database: Database) -> str:
        async with database.system() as session:
            return str((await session.execute(text("SELECT current_user"))).scalar_one())

    assert [await role(api_database), await role(worker_database), await role(system_database)] == [
        "stackalpha_api",
        "stackalpha_worker",
        "stackalpha_system",
    ]


async def test_roles_of_the_product_are_neither_superusers_nor_above_row_security(
    owner_connection: asyncpg.Connection,
) -> None:
    rows = await owner_connection.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'stackalpha\\_%' AND (rolsuper OR rolbypassrls)"
    )

    assert rows == []


async def test_the_database_is_migrated(owner_connection: asyncpg.Connection, settings: Settings) -> None:
    tables = await owner_connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert {"users", "wallets", "alembic_version"} <= {row["tablename"] for row in tables}
    assert settings.database_url.endswith("/test_gw0") or "/test_gw" in settings.database_url


async def test_the_text_of_an_error_holds_no_parameter(api_database: Database) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with api_database.system() as session:
            await session.execute(
                text("SELECT 1 / CAST(:zero AS int), CAST(:hash AS text)"),
                {"zero": 0, "hash": "$argon2id$secret"},
            )
    assert "argon2id" not in str(failed.value)
