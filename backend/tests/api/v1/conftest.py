"""A paper exchange for tests that open wallets, an API that knows it, and somebody who signs up."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.core.config import Settings
from tests.api.desk_world import running_api
from tests.api.newcomer import Newcomer
from tests.paper_venue import SYNTHETIC, PaperVenue
from tests.plain_http import PLAIN


@pytest.fixture(scope="session")
def patient_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperVenue]:
    """A paper exchange whose market stands still, and which lets many wallets a minute be opened."""
    options = (*SYNTHETIC, "--weight-limit", "1000000")
    venue = PaperVenue(tmp_path_factory.mktemp("venue"), options)
    venue.start()
    venue.pause()
    yield venue
    venue.stop()


@pytest_asyncio.fixture(scope="session")
async def venue_api(settings: Settings, patient_venue: PaperVenue) -> AsyncIterator[str]:
    """The address of an API that knows this paper exchange."""
    settings = settings.model_copy(update={"paper_url": patient_venue.url})
    async with running_api(settings) as url:
        yield url


@pytest_asyncio.fixture
async def api(venue_api: str, redis_client: Redis) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API; nothing of the venue's rate limit is used up."""
    async with httpx.AsyncClient(base_url=f"{venue_api}/api/v1", timeout=120, verify=PLAIN) as client:
        yield client


@pytest.fixture
def newcomer(http: httpx.AsyncClient, settings: Settings, owner_connection: asyncpg.Connection) -> Newcomer:
    """Somebody who has not signed up yet."""
    return Newcomer(http, settings, owner_connection)
