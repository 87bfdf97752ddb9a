"""Limits hold whoever races: real processes over one database, one of them killed; `soak gate_races` goes on."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from app.core.config import Settings
from tests.services.trading.gate_races import CAPACITY, KINDS, Races


@pytest_asyncio.fixture(scope="module")
async def races(trading_settings: Settings) -> AsyncIterator[Races]:
    connection = await asyncpg.connect(trading_settings.database_url)
    held = Races(trading_settings, connection, processes=4)
    await held.open()
    yield held
    held.close()
    await connection.close()


async def test_hundred_signals_over_several_processes_accept_exactly_the_capacity(races: Races) -> None:
    for kills in (0, 1):
        result = await races.round("positions", kills)
        assert result.asked == 100
        assert result.accepted == CAPACITY


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "positions"])
async def test_mixed_sizes_fill_a_limit_and_never_pass_it_with_a_process_killed(
    races: Races, kind: str
) -> None:
    result = await races.round(kind, kills=1)
    assert 0 < result.used <= result.limit
    assert not result.room_left
