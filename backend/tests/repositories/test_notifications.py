"""Telling users inside the transaction in which it happened."""

from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError

from app.core.db import Database
from app.domain.notification_events import EVENT_KINDS, NotificationEvent
from app.repositories.notifications import NotificationOutbox, SystemNotificationOutbox, Told

FIGURES = {"scope": "All wallets", "reason": "Daily loss limit reached."}


@pytest_asyncio.fixture
async def user_id(owner_connection: asyncpg.Connection) -> UUID:
    return await _person(owner_connection)


async def _person(connection: asyncpg.Connection, role: str = "user") -> UUID:
    made = uuid4()
    await connection.execute(
        "INSERT INTO users (id, email, password_hash, role) VALUES ($1, $2, 'x', $3)",
        made,
        f"{made}@example.com",
        role,
    )
    return made


async def _told(connection: asyncpg.Connection, user_id: UUID) -> list[asyncpg.Record]:
    return list(await connection.fetch("SELECT * FROM notifications WHERE user_id = $1", user_id))


async def _pause(database: Database, user_id: UUID, *, key: str = "pause:1") -> None:
    async with database.tenant(user_id) as session:
        await NotificationOutbox(session).emit(
            user_id, NotificationEvent.TRADING_PAUSED, dedupe_key=key, figures=FIGURES
        )


async def test_an_event_is_written_with_its_sentence(
    worker_database: Database, owner_connection: asyncpg.Connection, user_id: UUID
) -> None:
    await _pause(worker_database, user_id)
    (row,) = await _told(owner_connection, user_id)
    assert row["sentence"] == (
        "All wallets: no new entries. Daily loss limit reached. Stops and exits go on."
    )
    assert (row["level"], row["in_app"], row["read_at"]) == ("warning", "on", None)


async def test_the_same_event_is_told_once_however_often_it_is_said(
    api_database: Database,
    worker_database: Database,
    system_database: Database,
    owner_connection: asyncpg.Connection,
    user_id: UUID,
) -> None:
    await _pause(worker_database, user_id)
    await _pause(api_database, user_id)
    async with system_database.system() as session:
        await NotificationOutbox(session).emit(
            user_id, NotificationEvent.TRADING_PAUSED, dedupe_key="pause:1", figures=FIGURES
        )
    assert len(await _told(owner_connection, user_id)) == 1
    await _pause(worker_database, user_id, key="pause:2")
    assert len(await _told(owner_connection, user_id)) == 2


async def test_what_is_rolled_back_was_never_told(
    worker_database: Database, owner_connection: asyncpg.Connection, user_id: UUID
) -> None:
    async with worker_database.tenant(user_id) as session:
        await NotificationOutbox(session).emit(
            user_id, NotificationEvent.TRADING_PAUSED, dedupe_key="x", figures=FIGURES
        )
        await session.rollback()
    assert await _told(owner_connection, user_id) == []


async def test_a_tenant_cannot_tell_another(
    worker_database: Database, owner_connection: asyncpg.Connection, user_id: UUID
) -> None:
    other = await _person(owner_connection)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with worker_database.tenant(user_id) as session:
            await NotificationOutbox(session).emit(
                other, NotificationEvent.TRADING_PAUSED, dedupe_key="x", figures=FIGURES
            )
    assert await _told(owner_connection, other) == []


async def test_operators_are_told_and_nobody_else(
    system_database: Database, owner_connection: asyncpg.Connection, user_id: UUID
) -> None:
    operator = await _person(owner_connection, "admin")
    async with system_database.system() as session:
        await SystemNotificationOutbox(session).emit_to_administrators(
            NotificationEvent.SYSTEM_DEGRADED,
            dedupe_key=f"disk:{operator}",
            figures={
                "component": "Disk",
                "state": "nearly full",
                "gauge": "use",
                "value": "91 %",
                "limit": "90 %",
            },
        )
    (row,) = await _told(owner_connection, operator)
    assert row["title"] == "Disk is nearly full"
    assert await _told(owner_connection, user_id) == []


async def test_many_are_told_at_once_each_of_his_own_and_each_once(
    system_database: Database, owner_connection: asyncpg.Connection, user_id: UUID
) -> None:
    other_id = await _person(owner_connection)
    events = [
        (told_id, Told(NotificationEvent.TRADING_PAUSED, "pause:1", FIGURES | {"scope": scope}))
        for told_id, scope in ((user_id, "All wallets"), (other_id, "One wallet"))
    ]
    for _ in range(2):
        async with system_database.system() as session:
            await SystemNotificationOutbox(session).emit_to_each(events)
    for told_id, scope in ((user_id, "All wallets"), (other_id, "One wallet")):
        (row,) = await _told(owner_connection, told_id)
        assert row["sentence"].startswith(f"{scope}: no new entries.")


async def test_nobody_is_told_of_nothing(
    system_database: Database, owner_connection: asyncpg.Connection, user_id: UUID
) -> None:
    async with system_database.system() as session:
        await SystemNotificationOutbox(session).emit_to_each([])
    assert await _told(owner_connection, user_id) == []


@pytest.mark.parametrize("event", list(NotificationEvent))
async def test_every_event_can_be_told_even_where_figures_are_missing(
    worker_database: Database, owner_connection: asyncpg.Connection, user_id: UUID, event: NotificationEvent
) -> None:
    """Telling of a trade must never be what makes it fail."""
    async with worker_database.tenant(user_id) as session:
        await NotificationOutbox(session).emit(user_id, event, dedupe_key="k", figures={})
    (row,) = await _told(owner_connection, user_id)
    kind = next(kind for kind in EVENT_KINDS if kind.event is event)
    assert "{" not in row["title"] + row["sentence"]
    assert row["level"] == kind.level.value
