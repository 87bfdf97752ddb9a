"""A running API over the worker's own database, and the tenants that ask it."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from app.core.config import Settings
from app.core.security import Passwords
from tests.api.desk_world import Person, World, running_api
from tests.plain_http import PLAIN

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """An API that spends nothing on passwords, and waits for nothing after them: what one costs is held by
    `tests/core/test_security.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.bootstrap.api.Passwords", lambda: Passwords(hasher=CHEAP))
        patch.setattr("app.services.registration.ANSWER_STEP_SECONDS", 0.001)
        yield


@pytest_asyncio.fixture(scope="session")
async def api_url(settings: Settings) -> AsyncIterator[str]:
    """The address of an API that serves this worker's database."""
    async with running_api(settings) as url:
        yield url


@pytest_asyncio.fixture
async def http(api_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API's version 1."""
    async with httpx.AsyncClient(base_url=f"{api_url}/api/v1", timeout=120, verify=PLAIN) as client:
        yield client


@pytest_asyncio.fixture
async def world(owner_connection: asyncpg.Connection, settings: Settings) -> World:
    """Writes rows behind row-level security."""
    return World(owner_connection, settings)


@pytest_asyncio.fixture
async def alice(world: World) -> Person:
    """A tenant."""
    return await world.person()


@pytest_asyncio.fixture
async def bob(world: World) -> Person:
    """Another tenant."""
    return await world.person()
