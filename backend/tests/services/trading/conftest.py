"""A trading floor per test, over a database of its own per worker."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from app.core.config import Settings
from tests.conftest import create_database, settings_for
from tests.paper_venue import PaperVenue
from tests.service_host import TestServices
from tests.services.trading.floor import TradingFloor


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


@pytest_asyncio.fixture
async def floor(trading_settings: Settings, paper_exchange: PaperVenue) -> AsyncIterator[TradingFloor]:
    """An empty floor before a paper exchange whose market stands still."""
    connection = await asyncpg.connect(trading_settings.database_url)
    held = TradingFloor(trading_settings, connection, paper_exchange)
    await held.open()
    yield held
    await held.close()
    await connection.close()
