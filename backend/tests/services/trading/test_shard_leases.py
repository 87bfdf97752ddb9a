"""One executor per shard: a lease fences the others, dies with its process, and is given back at a stop."""

import asyncio
from dataclasses import replace

from app.core.db import Database
from app.core.process_identity import own_identity
from app.repositories.fan_out import FanOutTransaction
from app.repositories.leases import SystemLeaseRepository
from app.services.trading.desk import LeaseBook
from app.services.trading.shard_leases import ShardLeases
from tests.services.trading.floor import TradingFloor, until

SHARDS = 4
PATIENCE_SECONDS = (
    30.0  # less than the minute after which Postgres ends any transaction that nobody goes on with
)


def leases(system: Database, book: LeaseBook, holder: str, *, seconds: float = 30.0) -> ShardLeases:
    return ShardLeases(
        system, book, holder, shard_count=SHARDS, seconds=seconds, holder_is_dead=lambda name: "dead" in name
    )


async def test_second_executor_gets_nothing_while_the_first_lives(floor: TradingFloor) -> None:
    first, second = LeaseBook(), LeaseBook()
    gained, _ = await leases(floor.desk.system, first, "a").tend()
    taken, _ = await leases(floor.desk.system, second, "b").tend()
    assert gained == set(range(SHARDS))
    assert taken == set()


async def test_dead_holders_shards_are_free_at_once_under_a_new_epoch(floor: TradingFloor) -> None:
    first, second = LeaseBook(), LeaseBook()
    await leases(floor.desk.system, first, "dead process").tend()
    gained, _ = await leases(floor.desk.system, second, "b").tend()
    assert gained == set(range(SHARDS))
    assert all(second.epochs[shard] > first.epochs[shard] for shard in gained)


async def test_stalled_holder_learns_that_it_lost_its_shards(floor: TradingFloor) -> None:
    first, second = LeaseBook(), LeaseBook()
    stalled = leases(floor.desk.system, first, "a", seconds=0.0)
    await stalled.tend()
    await leases(floor.desk.system, second, "b").tend()
    _, lost = await stalled.tend()
    assert lost == set(range(SHARDS))
    assert first.epochs == {}


class HungAfterRenewing(SystemLeaseRepository):
    """Leases of a process that hangs once it has renewed them, with its transaction open."""

    def __init__(self, transaction: FanOutTransaction) -> None:
        self._leases = transaction.leases

    async def end_when_silent_for(self, seconds: float) -> None:
        await self._leases.end_when_silent_for(seconds)

    async def renew(self, epochs: dict[int, int], holder: str, seconds: float) -> set[int]:
        renewed = await self._leases.renew(epochs, holder, seconds)
        await asyncio.Event().wait()
        return renewed


async def test_leases_of_a_holder_that_hangs_while_renewing_them_are_free_once_they_end(
    floor: TradingFloor,
) -> None:
    first, second, seconds = LeaseBook(), LeaseBook(), 1.0
    await leases(floor.desk.system, first, "a", seconds=seconds).tend()
    hung = ShardLeases(
        floor.desk.system,
        first,
        "a",
        shard_count=SHARDS,
        seconds=seconds,
        leases_of=HungAfterRenewing,
    )
    other = leases(floor.desk.system, second, "b", seconds=seconds)
    stalled = asyncio.create_task(hung.tend())

    async def taken() -> bool | None:
        await other.tend()
        return True if set(second.epochs) == set(range(SHARDS)) else None

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(taken)
    finally:
        stalled.cancel()
        await asyncio.gather(stalled, return_exceptions=True)


async def test_released_leases_are_free_at_once(floor: TradingFloor) -> None:
    first, second = LeaseBook(), LeaseBook()
    held = leases(floor.desk.system, first, "a")
    await held.tend()
    await held.release()
    gained, _ = await leases(floor.desk.system, second, "b").tend()
    assert gained == set(range(SHARDS))


async def test_entry_is_not_sent_under_a_lease_that_was_taken_over(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    floor.desk.terms = replace(floor.desk.terms, lease_seconds=3_600)  # only acting tells it of the loss

    async def held() -> bool | None:
        return True if floor.desk.leases.epochs else None

    async with floor.executor():
        await until(held)
        await floor.until_outbox_empty()
        await floor.sql.execute(
            "UPDATE shard_leases SET epoch = epoch + 1, holder = 'another',"
            " expires_at = now() + interval '1 hour'"
        )
        await floor.signal()
        trade = await floor.until_status(account, "INTENT", "ENTERING")
        await floor.until_outbox_empty()
    assert trade["quantity"] == 0
    assert await floor.venue_position(account) == 0
    sent = await floor.sql.fetchval("SELECT count(*) FROM orders WHERE status <> 'INTENT'")
    assert sent == 0


def test_own_identity_is_short_and_alive() -> None:
    assert len(own_identity()) <= 64
