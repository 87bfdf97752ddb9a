"""How a watched trade's best price is written."""

from collections.abc import AsyncIterator
from decimal import Decimal

import asyncpg
import pytest_asyncio

from app.core.config import Settings
from app.repositories.open_trades import keep_best
from tests.api.desk_world import Person, World


@pytest_asyncio.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    connection = await asyncpg.connect(settings.database_url)
    yield World(connection, settings)
    await connection.close()


async def test_it_is_written_in_place_without_touching_an_index(world: World) -> None:
    person: Person = await world.person()
    trade_id = await world.trade(person)
    async with world.sql.transaction():
        for price in (50_000.5, 50_001.5, 50_002.5):
            assert await keep_best(world.sql, [(trade_id, price, True)]) == {trade_id}
        counted = await world.sql.fetchrow(
            "SELECT pg_stat_get_xact_tuples_updated(c) AS written, pg_stat_get_xact_tuples_hot_updated(c) AS in_place"
            " FROM CAST('trades'::regclass AS oid) AS c"
        )
    assert tuple(counted) == (3, 3)
    held = await world.sql.fetchrow(
        "SELECT extreme_price, trailing_armed FROM trades WHERE id = $1", trade_id
    )
    assert tuple(held) == (Decimal("50002.5"), True)
