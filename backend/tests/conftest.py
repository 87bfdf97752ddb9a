"""Fixtures of the whole suite: real Postgres, real Redis and the real paper exchange.

The servers start when the first test asks for them and serve every xdist worker. Each worker has a database
of its own, copied from one migrated template, and a Redis database of its own.
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis

from app.core.config import (
    ROOT_DIR,
    DatabaseRole,
    Settings,
    owner_database_url,
    role_database_url,
    role_password,
)
from app.core.db import Database
from app.core.migrations import LOGIN_ROLES, migrate
from app.core.redis import connect_redis
from tests.load_order import dealt, worker_count
from tests.paper_venue import ADMIN_TOKEN, PaperVenue
from tests.service_host import TestServices, session_lock, session_services, stop_session_services

SESSION_VARIABLE = "STACKALPHA_TEST_SESSION"
CONTROLLER_VARIABLE = "STACKALPHA_TEST_CONTROLLER"
SECRET = "a secret for tests that is long enough"
TEMPLATE = "template_migrated"


def pytest_configure(config: pytest.Config) -> None:
    """Name the session's folder before xdist starts its workers, and keep the caller's settings out. What is imported
    for collecting stays, so no garbage is looked for meanwhile. No example has to be quick: how long one takes is up
    to how busy the machine is."""
    gc.disable()
    hypothesis.settings.register_profile("suite", deadline=None)
    hypothesis.settings.load_profile("suite")
    if hasattr(config, "workerinput"):
        return
    for name in [name for name in os.environ if name.startswith("STACKALPHA_")]:
        del os.environ[name]
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ[SESSION_VARIABLE] = str(ROOT_DIR / "var" / "test" / str(os.getpid()))
    os.environ[CONTROLLER_VARIABLE] = str(os.getpid())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first."""
    items[:] = dealt(items, worker_count())


def pytest_collection_finish() -> None:
    """From here on garbage is collected, without looking through modules and collected tests each time."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no process behind."""
    if not hasattr(config, "workerinput") and SESSION_VARIABLE in os.environ:
        stop_session_services(Path(os.environ[SESSION_VARIABLE]))


@pytest.fixture(scope="session")
def session_folder() -> Path:
    """A folder shared by the workers of this session, deleted at its end."""
    folder = Path(os.environ[SESSION_VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def services(session_folder: Path) -> TestServices:
    """The session's Postgres and Redis."""
    with session_lock(session_folder):
        return session_services(session_folder, int(os.environ[CONTROLLER_VARIABLE]))


@pytest.fixture(scope="session")
def worker_name() -> str:
    """The xdist worker's name, or `gw0` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def settings_for(services: TestServices, database: str, folder: Path, redis_number: int = 1) -> Settings:
    """Settings over one database of the session's Postgres and one of its Redis."""
    return Settings(
        secret_key=SecretStr(SECRET),
        database_url=services.postgres_url.rpartition("/")[0] + f"/{database}",
        redis_url=services.redis_url.rpartition("/")[0] + f"/{redis_number}",
        var_dir=folder,
        paper_admin_token=SecretStr(ADMIN_TOKEN),
    )


async def _recreate(services: TestServices, database: str, template: str) -> None:
    connection = await asyncpg.connect(services.postgres_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
    finally:
        await connection.close()


async def _ensure_template(services: TestServices, folder: Path) -> None:
    done = folder / "template.done"
    if done.exists():
        return
    await _recreate(services, TEMPLATE, "template0")
    settings = settings_for(services, TEMPLATE, folder)
    await migrate(owner_database_url(settings), {role: role_password(settings, role) for role in LOGIN_ROLES})
    done.touch()


def create_database(services: TestServices, folder: Path, name: str, template: str = TEMPLATE) -> None:
    """Make the database `name` anew, from the migrated template or another one."""
    with session_lock(folder):
        if template == TEMPLATE:
            asyncio.run(_ensure_template(services, folder))
        asyncio.run(_recreate(services, name, template))


@pytest.fixture(scope="session")
def settings(
    services: TestServices,
    session_folder: Path,
    worker_name: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """Settings over this worker's own migrated database and its own Redis database."""
    name = f"test_{worker_name}"
    create_database(services, session_folder, name)
    redis_number = 1 + int(worker_name.removeprefix("gw"))
    return settings_for(services, name, tmp_path_factory.mktemp("var"), redis_number)


@pytest_asyncio.fixture(scope="session")
async def api_database(settings: Settings) -> AsyncIterator[Database]:
    """Connections as the role of the API."""
    database = Database(role_database_url(settings, DatabaseRole.API))
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session")
async def worker_database(settings: Settings) -> AsyncIterator[Database]:
    """Connections as the role of the workers."""
    database = Database(role_database_url(settings, DatabaseRole.WORKER))
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session")
async def system_database(settings: Settings) -> AsyncIterator[Database]:
    """Connections as the role of set-based work over all tenants."""
    database = Database(role_database_url(settings, DatabaseRole.SYSTEM))
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session")
async def owner_connections(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A superuser's connections, kept because opening one takes longer than most of what a test asks it."""
    async with asyncpg.create_pool(settings.database_url, min_size=0, max_size=4) as pool:
        yield pool


@pytest_asyncio.fixture
async def owner_connection(owner_connections: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection, for arranging and for looking behind row-level security."""
    async with owner_connections.acquire() as connection:
        yield connection
        if not connection.is_closed():
            await connection.reset()


@pytest_asyncio.fixture
async def redis_client(settings: Settings) -> AsyncIterator[Redis]:
    """A client of this worker's Redis database, emptied before the test."""
    client = connect_redis(settings)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def shared_paper_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperVenue]:
    """The worker's paper exchange; take `paper_exchange` instead, which holds its market still."""
    venue = PaperVenue(tmp_path_factory.mktemp("paper"))
    venue.start()
    yield venue
    venue.stop()


@pytest.fixture
def paper_exchange(shared_paper_exchange: PaperVenue) -> Iterator[PaperVenue]:
    """A running paper exchange whose market stands still until the test lets it run or steps it."""
    shared_paper_exchange.pause()
    yield shared_paper_exchange
    shared_paper_exchange.rest()


@pytest.fixture
def start_paper_exchange(tmp_path: Path) -> Iterator[Callable[..., PaperVenue]]:
    """Starts further paper exchanges, each with a journal and options of its own, and ends them all."""
    started: list[PaperVenue] = []

    def start(*options: str) -> PaperVenue:
        folder = tmp_path / f"paper-{len(started)}"
        folder.mkdir()
        venue = PaperVenue(folder, options) if options else PaperVenue(folder)
        started.append(venue)
        venue.start()
        return venue

    yield start
    for venue in started:
        venue.stop()
