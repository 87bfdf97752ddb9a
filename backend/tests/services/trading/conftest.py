"""A trading floor per test, over a database of its own per worker."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from app.core.config import Settings
from tests.conftest import create_database, settings_for
from tests.paper_venue import SYNTHETIC, PaperVenue
from tests.service_host import TestServices
from tests.services.trading.floor import WEIGHT_LIMIT, FloorDatabases, TradingFloor
from tests.services.trading.gate_racer import GateDesk
from tests.services.trading.gate_world import GateWorld


@pytest.fixture(scope="session")
def trading_settings(
    services: TestServices,
    session_folder: Path,
    worker_name: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """Settings over a database that only trading tests use."""
    name = f"trading_{worker_name}"
    create_database(services, session_folder, name)
    number = 8 + int(worker_name.removeprefix("gw")) % 8
    return settings_for(services, name, tmp_path_factory.mktemp("var"), number)


@pytest.fixture(scope="session")
def trading_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperVenue]:
    """A paper exchange whose market stands still and which serves many accounts a minute."""
    options = (*SYNTHETIC, "--weight-limit", str(WEIGHT_LIMIT))
    venue = PaperVenue(tmp_path_factory.mktemp("venue"), options)
    venue.start()
    venue.pause()
    yield venue
    venue.stop()


@pytest_asyncio.fixture(scope="session")
async def trading_databases(trading_settings: Settings) -> AsyncIterator[FloorDatabases]:
    """Connections of the executors' roles to that database."""
    held = FloorDatabases(trading_settings)
    yield held
    await held.close()


@pytest_asyncio.fixture(scope="session")
async def trading_connections(trading_settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A superuser's connections to that database."""
    async with asyncpg.create_pool(trading_settings.database_url, min_size=0, max_size=4) as pool:
        yield pool


@pytest_asyncio.fixture
async def floor(
    trading_settings: Settings,
    trading_venue: PaperVenue,
    trading_databases: FloorDatabases,
    trading_connections: asyncpg.Pool,
) -> AsyncIterator[TradingFloor]:
    """An empty floor before a paper exchange whose market stands still, with all of its book: what the test before
    ate up comes back with one step."""
    trading_venue.pause()
    trading_venue.step(1)
    async with trading_connections.acquire() as connection:
        held = TradingFloor(trading_settings, connection, trading_venue, trading_databases)
        await held.open()
        yield held
        await held.close()
        await connection.reset()


@pytest_asyncio.fixture(scope="module")
async def desk(trading_settings: Settings) -> AsyncIterator[GateDesk]:
    """The gate before a market that stands still."""
    held = GateDesk(trading_settings)
    yield held
    await held.close()


@pytest_asyncio.fixture
async def world(
    trading_settings: Settings, desk: GateDesk, trading_connections: asyncpg.Pool
) -> AsyncIterator[GateWorld]:
    """A user of its own before that gate; market and platform are as they were afterwards."""
    async with trading_connections.acquire() as sql:
        yield await GateWorld.open(trading_settings, sql, desk)
        await sql.execute("DELETE FROM platform_risk_limits")
        await sql.reset()
    desk.market.prices.clear()
    desk.market.quoted_before = timedelta()
