"""What is made ahead of time and what is not kept, in a real Postgres."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg

from app.core.clock import utc_now
from app.core.db import Database
from app.repositories.retention import SystemRetentionRepository
from app.services.housekeeping import keep_house

FAR = datetime(2031, 11, 15, tzinfo=UTC)


async def partitions(connection: asyncpg.Connection) -> set[str]:
    rows = await connection.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
        " WHERE inhparent = 'execution_logs'::regclass"
    )
    return {row["name"] for row in rows}


async def test_partitions_of_the_months_to_come_are_made_once(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    before = await partitions(owner_connection)
    await keep_house(system_database, FAR)
    made = await partitions(owner_connection) - before
    await keep_house(system_database, FAR)
    assert len(made) == 4  # over the end of the year
    assert await partitions(owner_connection) - before == made


async def test_months_of_the_log_are_dropped_when_all_of_them_is_too_old(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    await keep_house(system_database, FAR)  # November 2031 to February 2032
    old = "execution_logs_2031_11"
    await keep_house(
        system_database, datetime(2032, 1, 9, tzinfo=UTC), execution_log_days=40
    )  # from 30 November
    assert old in await partitions(owner_connection)
    await keep_house(system_database, datetime(2032, 1, 9, tzinfo=UTC))
    assert old in await partitions(owner_connection)
    await keep_house(system_database, datetime(2032, 1, 10, tzinfo=UTC), execution_log_days=40)  # 1 December
    left = await partitions(owner_connection)
    assert old not in left
    assert "execution_logs_2031_12" in left


async def test_work_done_long_ago_is_deleted_and_waiting_work_is_kept(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    now = utc_now()
    ages = {"old": now - timedelta(days=7, minutes=1), "new": now - timedelta(days=6), "waiting": None}
    mark = uuid4().hex
    for name, done in ages.items():
        await owner_connection.execute(
            "INSERT INTO outbox (kind, payload, dedupe_key, created_at, processed_at)"
            " VALUES ('signal', '{}', $1, $2, $3)",
            f"{mark}:{name}",
            now - timedelta(days=30),
            done,
        )
    await keep_house(system_database, now)
    left = await owner_connection.fetch("SELECT dedupe_key FROM outbox WHERE dedupe_key LIKE $1", f"{mark}:%")
    assert {row["dedupe_key"].partition(":")[2] for row in left} == {"new", "waiting"}
    await owner_connection.execute("DELETE FROM outbox WHERE dedupe_key LIKE $1", f"{mark}:%")


async def test_what_was_told_long_ago_is_deleted_what_still_has_to_be_told_is_kept(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    now, user_id = utc_now(), uuid4()
    await owner_connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user_id, f"{user_id}@test"
    )
    rows = {
        **{f"old {number}": (now - timedelta(days=31), now) for number in range(5)},
        "young": (now - timedelta(days=29), now),
        "waiting": (now - timedelta(days=31), None),
    }
    for name, (created, dispatched) in rows.items():
        await owner_connection.execute(
            "INSERT INTO notifications (id, user_id, event, level, subject, dedupe_key, title, sentence, figures,"
            " in_app, created_at, dispatched_at) VALUES ($1, $2, 'trade_opened', 'info', '', $3, 't', 's', '{}',"
            " 'on', $4, $5)",
            *(uuid4(), user_id, name, created, dispatched),
        )

    async def left() -> set[str]:
        found = await owner_connection.fetch(
            "SELECT dedupe_key FROM notifications WHERE user_id = $1", user_id
        )
        return {row["dedupe_key"] for row in found}

    await keep_house(system_database, now)  # 0 days: for ever
    assert await left() == set(rows)
    async with system_database.system() as session:
        assert await SystemRetentionRepository(session).drop_notifications(now - timedelta(days=30), 2) == 2
    assert len(await left()) == len(rows) - 2
    await keep_house(system_database, now, notification_days=30, batch=2)
    assert await left() == {"young", "waiting"}
