"""The audit log: one unbroken chain per user, in which a change shows."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest_asyncio

from app.core.clock import utc_now
from app.core.db import Database
from app.repositories.audit import FIRST_HASH, AuditRepository


@pytest_asyncio.fixture
async def user_id(owner_connection: asyncpg.Connection) -> UUID:
    made = uuid4()
    await owner_connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", made, f"{made}@example.com"
    )
    return made


async def append(database: Database, user_id: UUID, number: int) -> None:
    async with database.tenant(user_id) as session:
        details = {"number": number, "text": "ü", "list": [1, None, "x"]}
        await AuditRepository(session).append(user_id, "tested", details, utc_now())


async def first_broken(database: Database, user_id: UUID) -> int | None:
    async with database.tenant(user_id) as session:
        return await AuditRepository(session).first_broken(user_id)


async def test_an_appended_chain_is_whole(api_database: Database, user_id: UUID) -> None:
    for number in range(3):
        await append(api_database, user_id, number)
    assert await first_broken(api_database, user_id) is None


async def test_writers_at_once_make_one_chain(
    api_database: Database, user_id: UUID, owner_connection: asyncpg.Connection
) -> None:
    await asyncio.gather(*(append(api_database, user_id, number) for number in range(12)))
    assert await first_broken(api_database, user_id) is None
    rows = await owner_connection.fetch(
        "SELECT previous_hash FROM audit_log WHERE user_id = $1 ORDER BY id", user_id
    )
    assert rows[0]["previous_hash"] == FIRST_HASH
    assert len({row["previous_hash"] for row in rows}) == 12


async def test_a_changed_entry_is_found(
    api_database: Database, user_id: UUID, owner_connection: asyncpg.Connection
) -> None:
    for number in range(3):
        await append(api_database, user_id, number)
    changed = await owner_connection.fetchval(
        "UPDATE audit_log SET details = '{\"number\": 7}' WHERE id ="
        " (SELECT id FROM audit_log WHERE user_id = $1 ORDER BY id OFFSET 1 LIMIT 1) RETURNING id",
        user_id,
    )
    assert await first_broken(api_database, user_id) == changed


async def test_a_removed_entry_is_found(
    api_database: Database, user_id: UUID, owner_connection: asyncpg.Connection
) -> None:
    for number in range(3):
        await append(api_database, user_id, number)
    ids = [
        row["id"]
        for row in await owner_connection.fetch(
            "SELECT id FROM audit_log WHERE user_id = $1 ORDER BY id", user_id
        )
    ]
    await owner_connection.execute("DELETE FROM audit_log WHERE id = $1", ids[1])
    assert await first_broken(api_database, user_id) == ids[2]
