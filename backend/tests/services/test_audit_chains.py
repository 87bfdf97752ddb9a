"""`stackalpha verify` finds whose audit log is no longer what was written, and from which entry on."""

from uuid import UUID, uuid4

import asyncpg

from app.cli.verify import chain_sentence
from app.core.clock import utc_now
from app.core.db import Database
from app.repositories.audit import AuditRepository
from app.services.audit_chains import BrokenChain, ChainAudit, verify_chains


async def user_with_entries(connection: asyncpg.Connection, database: Database) -> UUID:
    user_id = uuid4()
    await connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user_id, f"{user_id}@example.com"
    )
    async with database.tenant(user_id) as session:
        audit = AuditRepository(session)
        for number in range(3):
            await audit.append(user_id, "tested", {"number": number, "share": 0.1, "text": "ü"}, utc_now())
    return user_id


async def test_the_user_and_the_first_entry_that_does_not_fit_are_named(
    system_database: Database,
    worker_database: Database,
    api_database: Database,
    owner_connection: asyncpg.Connection,
) -> None:
    changed, whole = [await user_with_entries(owner_connection, api_database) for _ in range(2)]
    entry = await owner_connection.fetchval(
        "UPDATE audit_log SET action = 'untested' WHERE id ="
        " (SELECT id FROM audit_log WHERE user_id = $1 ORDER BY id OFFSET 1 LIMIT 1) RETURNING id",
        changed,
    )

    found = await verify_chains(system_database, worker_database)

    assert BrokenChain(changed, entry) in found.broken
    assert whole not in {one.user_id for one in found.broken}
    assert found.users == await owner_connection.fetchval("SELECT count(*) FROM users")


def test_the_sentence_names_what_was_changed() -> None:
    user_id = UUID(int=7)

    assert chain_sentence(ChainAudit(3, ())) == "The audit log of 3 users is as it was written."
    assert (
        chain_sentence(ChainAudit(3, (BrokenChain(user_id, 41),)))
        == f"The audit log was changed: user {user_id} from entry 41 on."
    )
