"""Screenshots that come at once: one is drawn at a time, and nobody else waits for it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
import pytest_asyncio

from app.adapters.pictures import Picture
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.core.errors import AppError, InvalidInputError, TooManyRequestsError
from app.repositories.journal_notes import JournalNoteRepository
from app.services.screenshots import MOST_PER_TRADE, Screenshots
from tests.api.desk_world import NOON, Person, World


class Easel:
    """Draws when the test lets it, and remembers how many drawings there were at once."""

    def __init__(self) -> None:
        self.may_draw = threading.Event()
        self.begun = threading.Semaphore(0)
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def draw(self, content: bytes) -> Picture:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.release()
        self.may_draw.wait(30)
        with self._lock:
            self.at_once -= 1
        if not content:
            raise ValueError("This is no picture.")
        return Picture("image/png", 1, 1, content)

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.acquire, timeout=30)


@pytest.fixture
def easel() -> Easel:
    return Easel()


@pytest_asyncio.fixture
async def one_connection(settings: Settings) -> AsyncIterator[Database]:
    database = Database(role_database_url(settings, DatabaseRole.API), connections=1)
    yield database
    await database.close()


@pytest.fixture
def world(owner_connection: asyncpg.Connection, settings: Settings) -> World:
    return World(owner_connection, settings)


@pytest_asyncio.fixture
async def alice(world: World) -> Person:
    return await world.person()


@pytest_asyncio.fixture
async def bob(world: World) -> Person:
    return await world.person()


async def test_a_screenshot_that_is_drawn_holds_no_connection(
    one_connection: Database, easel: Easel, world: World, alice: Person, bob: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    screenshots = Screenshots(one_connection, easel.draw, 200)
    sent = asyncio.create_task(screenshots.add(alice.user_id, trade_id, b"a"))
    await easel.has_begun()
    async with asyncio.timeout(10), one_connection.tenant(bob.user_id) as session:
        assert await JournalNoteRepository(session).count_screenshots(bob.user_id) == 0
    easel.may_draw.set()
    assert (await sent).size_bytes == 1


async def test_screenshots_of_many_users_are_drawn_one_at_a_time(
    api_database: Database, easel: Easel, world: World, alice: Person, bob: Person
) -> None:
    screenshots = Screenshots(api_database, easel.draw, 200)
    sent = [
        asyncio.create_task(screenshots.add(one.user_id, await world.closed_trade(one, NOON), b"a"))
        for one in (alice, bob)
    ]
    await easel.has_begun()
    easel.may_draw.set()
    assert [one.size_bytes for one in await asyncio.gather(*sent)] == [1, 1]
    assert easel.most_at_once == 1


async def test_a_user_sends_one_screenshot_after_the_other(
    api_database: Database, easel: Easel, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    screenshots = Screenshots(api_database, easel.draw, 200)
    first = asyncio.create_task(screenshots.add(alice.user_id, trade_id, b"a"))
    await easel.has_begun()
    with pytest.raises(TooManyRequestsError):
        await screenshots.add(alice.user_id, trade_id, b"b")
    easel.may_draw.set()
    await first
    await screenshots.add(alice.user_id, trade_id, b"b")


async def test_a_refused_screenshot_leaves_the_place_to_the_next(
    api_database: Database, easel: Easel, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    screenshots = Screenshots(api_database, easel.draw, 200)
    easel.may_draw.set()
    with pytest.raises(InvalidInputError):
        await screenshots.add(alice.user_id, trade_id, b"")
    await screenshots.add(alice.user_id, trade_id, b"a")


async def test_whoever_goes_away_frees_the_place_only_when_the_drawing_has_ended(
    api_database: Database, easel: Easel, world: World, alice: Person, bob: Person
) -> None:
    screenshots = Screenshots(api_database, easel.draw, 200)
    gone = asyncio.create_task(screenshots.add(alice.user_id, await world.closed_trade(alice, NOON), b"a"))
    await easel.has_begun()
    gone.cancel()
    next_one = asyncio.create_task(screenshots.add(bob.user_id, await world.closed_trade(bob, NOON), b"b"))
    easel.may_draw.set()
    with suppress(asyncio.CancelledError):
        await gone
    assert (await next_one).size_bytes == 1
    assert easel.most_at_once == 1


async def test_two_processes_do_not_pass_the_quota_together(
    api_database: Database, easel: Easel, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    easel.may_draw.set()
    processes = [Screenshots(api_database, easel.draw, 200) for _ in range(MOST_PER_TRADE + 5)]
    made = await asyncio.gather(
        *(one.add(alice.user_id, trade_id, b"a") for one in processes), return_exceptions=True
    )
    refused = [one for one in made if isinstance(one, AppError)]
    assert len(made) - len(refused) == MOST_PER_TRADE
    assert {one.code for one in refused} == {"quota_exceeded"}
