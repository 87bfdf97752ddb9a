"""Two monitors: one is killed or stalls, its shards are watched again, and nothing is left twice."""

import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from app.core.config import Settings
from tests.paper_venue import PaperVenue
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.monitor_host import SHARDS, MonitorHost
from tests.services.trading.open_positions import open_trade, store


@pytest.fixture(scope="module")
def host(
    trading_settings: Settings, trading_venue: PaperVenue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MonitorHost]:
    """Starts monitors."""
    held = MonitorHost(trading_settings, trading_venue, tmp_path_factory.mktemp("monitors"))
    yield held
    held.close()


@pytest_asyncio.fixture
async def monitors(floor: TradingFloor, host: MonitorHost) -> AsyncIterator[MonitorHost]:
    """A host of monitors over the floor, whose market moves."""
    floor.venue.control("POST", "/sim/feed", {"paused": False})
    yield host
    host.stop()
    floor.venue.pause()


async def shares(floor: TradingFloor) -> dict[str, int]:
    """Shards by the monitor that holds a living lease on them."""
    rows = await floor.sql.fetch(
        "SELECT holder, count(*) AS held FROM monitor_leases WHERE expires_at > clock_timestamp() GROUP BY holder"
    )
    return {row["holder"]: row["held"] for row in rows}


async def until_shared_by(floor: TradingFloor, host: MonitorHost, monitors: int) -> None:
    async def look() -> bool | None:
        held = await shares(floor)
        return True if sorted(held.values()) == [SHARDS // monitors] * monitors else None

    async def describe() -> str:
        return f"{await shares(floor)}\n{host.log()}"

    await until(look, describe=describe)


async def open_in_every_shard(floor: TradingFloor, each: int) -> int:
    """Positions that stand beyond their target, so that the first price makes their monitor leave them."""
    quote = await floor.reader.quote("paper", BTC)
    assert quote is not None
    price = quote.mark_price
    for shard in range(SHARDS):
        for _ in range(each):
            account = await floor.wallet(await floor.user(), shard=shard)
            trade = replace(
                open_trade(trailing_enabled=False),
                entry_price=round(price / 2, 1),
                initial_stop_price=round(price / 4, 1),
                stop_price=round(price / 4, 1),
                take_profit_price=round(price / 2 + 1, 1),
            )
            await store(floor.sql, account, trade)
            await floor.sql.execute("SELECT pg_notify('trades', $1)", str(trade.id))
    return SHARDS * each


async def until_some_left(floor: TradingFloor, host: MonitorHost, more_than: int) -> None:
    async def look() -> bool | None:
        left = await floor.sql.fetchval("SELECT count(*) FROM trades WHERE exit_requested IS NOT NULL")
        return True if left > more_than else None

    async def describe() -> str:
        return host.log()

    await until(look, describe=describe)


async def until_left(floor: TradingFloor, host: MonitorHost, count: int) -> None:
    async def look() -> bool | None:
        left = await floor.sql.fetchval("SELECT count(*) FROM trades WHERE exit_requested IS NOT NULL")
        return True if left == count else None

    async def describe() -> str:
        asked = await floor.sql.fetchval("SELECT count(*) FROM outbox")
        return f"{asked} of {count}\n{host.log()}"

    await until(look, describe=describe)


async def exits_of_each(floor: TradingFloor) -> list[int]:
    """How many exits were written down for each trade that has any."""
    found = await floor.sql.fetch(
        "SELECT count(*) AS n FROM position_events WHERE action = 'exit' GROUP BY trade_id"
    )
    return [row["n"] for row in found]


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP])
async def test_shards_of_a_lost_monitor_are_watched_again_and_no_exit_is_doubled(
    death: signal.Signals, floor: TradingFloor, monitors: MonitorHost
) -> None:
    lost = monitors.start()
    await until_shared_by(floor, monitors, 1)
    monitors.start()
    await until_shared_by(floor, monitors, 2)
    before = await open_in_every_shard(floor, 2)
    await until_left(floor, monitors, before)
    lost.send_signal(death)
    after = before + await open_in_every_shard(floor, 3)
    await until_left(floor, monitors, after)
    if death is signal.SIGSTOP:
        # it comes back with a book full of positions that are not its own now
        lost.send_signal(signal.SIGCONT)
        await until_shared_by(floor, monitors, 2)
    assert await exits_of_each(floor) == [1] * after
    assert await floor.sql.fetchval("SELECT count(*) FROM outbox WHERE kind = 'exit'") == after


async def test_a_monitor_killed_among_its_exits_leaves_none_of_them_out_and_none_twice(
    floor: TradingFloor, monitors: MonitorHost
) -> None:
    killed = monitors.start()
    await until_shared_by(floor, monitors, 1)
    monitors.start()
    await until_shared_by(floor, monitors, 2)
    count = await open_in_every_shard(floor, 10)
    await until_some_left(floor, monitors, more_than=0)
    killed.send_signal(signal.SIGKILL)
    await until_left(floor, monitors, count)
    assert await exits_of_each(floor) == [1] * count
    assert await floor.sql.fetchval("SELECT count(*) FROM outbox WHERE kind = 'exit'") == count
