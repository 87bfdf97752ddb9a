"""Functions that run as the database's owner: whoever may call one cannot slip a table of their own under it."""

from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.config import Settings
from app.core.db import Database
from tests.api.desk_world import World


@pytest_asyncio.fixture
async def user_id(owner_connection: asyncpg.Connection, settings: Settings) -> UUID:
    """A user who is not to be deleted."""
    return (await World(owner_connection, settings).person()).user_id


async def test_every_one_looks_for_tables_of_a_session_last(owner_connection: asyncpg.Connection) -> None:
    paths = await owner_connection.fetch(
        "SELECT proname, array_to_string(proconfig, ' ') AS settings FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert paths
    assert [row["proname"] for row in paths if row["settings"] != "search_path=public, pg_temp"] == []


async def test_an_account_that_is_not_due_is_erased_by_no_table_of_a_session(
    system_database: Database, owner_connection: asyncpg.Connection, user_id: UUID
) -> None:
    async def erase_by_tables_of_the_session() -> None:
        async with system_database.system() as session:
            await session.execute(text("CREATE TEMPORARY TABLE users (id uuid, deletion_due_at timestamptz)"))
            await session.execute(text("INSERT INTO users VALUES (:id, now())"), {"id": user_id})
            await session.execute(text("GRANT ALL ON users TO PUBLIC"))
            await session.execute(text("SELECT erase_account(:id)"), {"id": user_id})

    with pytest.raises(DBAPIError, match="not due for deletion"):
        await erase_by_tables_of_the_session()
    assert await owner_connection.fetchval("SELECT count(*) FROM wallets WHERE user_id = $1", user_id) == 1
