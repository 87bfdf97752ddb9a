"""Short reads see what any transaction of the tenant sees, and leave nothing behind."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import bindparam, func, select, text

from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.errors import UnavailableError
from app.core.lean_reads import CompiledRead, LeanReads
from app.models.user import User

EMAIL_OF = CompiledRead(select(User.email).where(User.id == bindparam("user_id")))
TENANT = CompiledRead(select(func.current_setting("app.user_id", True)))


@pytest_asyncio.fixture
async def reads(settings: Settings) -> AsyncIterator[LeanReads]:
    """One connection, so that each read meets what the one before left."""
    pool = LeanReads(asyncpg_dsn(role_database_url(settings, DatabaseRole.API)), size=1)
    yield pool
    await pool.close()


async def add_user(connection: asyncpg.Connection) -> UUID:
    user_id = uuid4()
    await connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user_id, f"{user_id}@example.com"
    )
    return user_id


async def test_own_row_is_read(reads: LeanReads, owner_connection: asyncpg.Connection) -> None:
    mine = await add_user(owner_connection)
    row = await reads.one(mine, EMAIL_OF, {"user_id": mine})
    assert row is not None
    assert row[0] == f"{mine}@example.com"


async def test_row_of_another_tenant_is_not_read(
    reads: LeanReads, owner_connection: asyncpg.Connection
) -> None:
    mine, theirs = await add_user(owner_connection), await add_user(owner_connection)
    assert await reads.one(theirs, EMAIL_OF, {"user_id": theirs}) is not None
    assert await reads.one(mine, EMAIL_OF, {"user_id": theirs}) is None


async def test_connection_serves_on_after_a_failed_read(
    reads: LeanReads, owner_connection: asyncpg.Connection
) -> None:
    mine, theirs = await add_user(owner_connection), await add_user(owner_connection)
    broken = CompiledRead(text("SELECT * FROM absent"))
    with pytest.raises(UnavailableError):
        await reads.one(theirs, broken, {})
    row = await reads.one(mine, TENANT, {})
    assert row is not None
    assert row[0] == str(mine)


async def test_several_reads_are_of_one_transaction(
    reads: LeanReads, owner_connection: asyncpg.Connection
) -> None:
    mine = await add_user(owner_connection)
    began = CompiledRead(select(func.now(), func.current_setting("app.user_id", True)))
    async with reads.tenant(mine) as reading:
        first, second = await reading.one(began, {}), await reading.all(began, {})
    assert [first] == second
    assert first is not None
    assert first[1] == str(mine)


async def test_connection_serves_on_after_its_reader_gave_up(
    reads: LeanReads, owner_connection: asyncpg.Connection
) -> None:
    mine, theirs = await add_user(owner_connection), await add_user(owner_connection)

    async def give_up() -> None:
        async with reads.tenant(theirs) as reading:
            await reading.one(TENANT, {})
            raise LookupError

    with pytest.raises(LookupError):
        await give_up()
    row = await reads.one(mine, TENANT, {})
    assert row is not None
    assert row[0] == str(mine)


async def test_read_cannot_write(reads: LeanReads, owner_connection: asyncpg.Connection) -> None:
    mine = await add_user(owner_connection)
    write = CompiledRead(text("UPDATE users SET role = 'admin' RETURNING id"))
    with pytest.raises(UnavailableError):
        await reads.one(mine, write, {})
    assert await owner_connection.fetchval("SELECT role FROM users WHERE id = $1", mine) == "user"


async def test_database_that_is_away_is_told() -> None:
    away = LeanReads("postgresql://nobody:nothing@127.0.0.1:1/none", size=1)
    with pytest.raises(UnavailableError):
        await away.one(uuid4(), TENANT, {})
