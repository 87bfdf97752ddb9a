"""Positions are left before a funding that costs their owner too much; one that is not known leaves nothing and is
told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
import pytest_asyncio

from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.domain.funding import NextFunding
from app.domain.venue import VenueUnavailableError
from app.services.funding_keeper import FundingKeeper
from tests.services.trading.gate_world import GateWorld

FUNDING = datetime(2026, 1, 7, 16, tzinfo=UTC)
LEAVES = datetime(2026, 1, 7, 15, 58, tzinfo=UTC)


class Fundings:
    """One rate for every market, longs pay; None where the venue does not tell."""

    def __init__(self, rate: str | None) -> None:
        self.rate = rate

    async def next_funding(self, venue: str, symbol: str) -> NextFunding:
        if self.rate is None:
            raise VenueUnavailableError(f"{venue} does not tell the funding of {symbol}")
        return NextFunding(Decimal(self.rate), round(FUNDING.timestamp() * 1000))


@pytest_asyncio.fixture
async def system(trading_settings: Settings) -> AsyncIterator[Database]:
    """The database as the platform's own processes open it."""
    held = Database(role_database_url(trading_settings, DatabaseRole.SYSTEM))
    yield held
    await held.close()


async def say(
    world: GateWorld, percent: str, wallet_id: UUID | None = None, venue: str | None = None
) -> None:
    """The owner says what a funding may cost."""
    await world.sql.execute("DELETE FROM trading_schedules WHERE user_id <> $1", world.user_id)
    await world.sql.execute(
        "INSERT INTO trading_schedules"
        " (user_id, wallet_id, venue, enabled, time_zone, leave_before_funding_percent)"
        " VALUES ($1, $2, $3, true, 'UTC', $4)",
        *(world.user_id, wallet_id, venue, Decimal(percent)),
    )


async def leaves(world: GateWorld, trade_id: UUID) -> datetime | None:
    found: datetime | None = await world.sql.fetchval(
        "SELECT funding_leaves_at FROM trades WHERE id = $1", trade_id
    )
    return found


async def test_position_is_left_before_a_funding_beyond_the_stricter_most(
    world: GateWorld, system: Database
) -> None:
    trade_id = await world.trade()
    await say(world, "0.1")
    await FundingKeeper(system, Fundings("0.0005")).mind(utc_now())
    assert await leaves(world, trade_id) is None  # 0.05 % is not more than 0.1 %
    await say(world, "0.04", world.wallet_id)
    await FundingKeeper(system, Fundings("0.0005")).mind(utc_now())
    assert await leaves(world, trade_id) == LEAVES
    await FundingKeeper(system, Fundings("-0.0005")).mind(utc_now())
    assert await leaves(world, trade_id) is None  # it is paid for now


@pytest.mark.parametrize(("venue", "left"), [("paper", LEAVES), ("binanceusdm", None)])
async def test_what_is_said_of_a_venue_holds_there_alone(
    world: GateWorld, system: Database, venue: str, left: datetime | None
) -> None:
    trade_id = await world.trade()
    await say(world, "0.1")
    await say(world, "0.04", venue=venue)
    await FundingKeeper(system, Fundings("0.0005")).mind(utc_now())
    assert await leaves(world, trade_id) == left


async def test_switched_off_nothing_is_left(world: GateWorld, system: Database) -> None:
    trade_id = await world.trade()
    await say(world, "0")
    await FundingKeeper(system, Fundings("0.0001")).mind(utc_now())
    assert await leaves(world, trade_id) == LEAVES
    await world.sql.execute("UPDATE trading_schedules SET enabled = false WHERE user_id = $1", world.user_id)
    await FundingKeeper(system, Fundings("0.0001")).mind(utc_now())
    assert await leaves(world, trade_id) is None


async def test_funding_that_is_not_known_leaves_nothing_and_is_told_once(
    world: GateWorld, system: Database
) -> None:
    trade_id = await world.trade()
    await say(world, "0")
    now = utc_now()
    for _ in range(2):
        await FundingKeeper(system, Fundings(None)).mind(now)
    assert await leaves(world, trade_id) is None
    told = await world.sql.fetch(
        "SELECT event, sentence FROM notifications WHERE user_id = $1", world.user_id
    )
    assert [tuple(row) for row in told] == [
        (
            "funding_unknown",
            "The next funding of BTC/USDT:USDT is not known: your long position is held over it.",
        )
    ]
