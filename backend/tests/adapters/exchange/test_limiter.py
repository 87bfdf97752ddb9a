"""The weight of a minute, shared through a real Redis."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import ccxt
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.adapters.embedded.ports import free_port
from app.adapters.exchange.limiter import Priority, WeightLimiter
from app.domain.venue import BudgetSpentError

LIMIT = 100
MINUTE = 1_000
END_OF_MINUTE = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=MINUTE + 1, milliseconds=-5)


class SteppingClock:
    """Stands at the end of a minute for as many readings, then in the next minute for ever."""

    def __init__(self, readings: int) -> None:
        self._left = readings

    def __call__(self) -> datetime:
        self._left -= 1
        return END_OF_MINUTE if self._left >= 0 else END_OF_MINUTE + timedelta(seconds=2)


@pytest_asyncio.fixture
async def dead_redis() -> AsyncIterator[Redis]:
    """A client of a Redis that is not there."""
    client = Redis(host="127.0.0.1", port=free_port())
    yield client
    await client.aclose()


def limiter(
    redis: Redis | None, readings: int = 10_000, clock: Callable[[], datetime] | None = None
) -> WeightLimiter:
    return WeightLimiter(redis, "venue", LIMIT, clock or SteppingClock(readings))


async def used(redis: Redis, minute: int = MINUTE) -> int:
    return int(await redis.get(f"weight:venue:{minute}") or 0)


async def test_processes_share_one_budget(redis_client: Redis) -> None:
    await limiter(redis_client).acquire(30, Priority.PUBLIC)
    await limiter(redis_client).acquire(40, Priority.ENTRY)
    assert await used(redis_client) == 70


@pytest.mark.parametrize(
    ("priority", "share"), [(Priority.PUBLIC, 75), (Priority.ENTRY, 85), (Priority.RECONCILE, 90)]
)
async def test_share_of_a_priority_is_used_to_its_last(
    priority: Priority, share: int, redis_client: Redis
) -> None:
    await limiter(redis_client).acquire(share, priority)
    assert await used(redis_client) == share


@pytest.mark.parametrize(
    ("priority", "share"), [(Priority.PUBLIC, 75), (Priority.ENTRY, 85), (Priority.RECONCILE, 90)]
)
async def test_more_than_the_share_waits_for_the_next_minute(
    priority: Priority, share: int, redis_client: Redis
) -> None:
    await limiter(redis_client).acquire(share, priority)
    await limiter(redis_client, readings=3).acquire(1, priority)
    assert (await used(redis_client), await used(redis_client, MINUTE + 1)) == (share, 1)


async def test_exit_has_the_room_that_the_others_leave(redis_client: Redis) -> None:
    await limiter(redis_client).acquire(90, Priority.RECONCILE)
    await limiter(redis_client).acquire(8, Priority.EXIT)
    assert await used(redis_client) == 98


async def test_exit_beyond_what_the_venue_grants_waits_rather_than_being_banned(redis_client: Redis) -> None:
    await limiter(redis_client).acquire(90, Priority.RECONCILE)
    await limiter(redis_client, readings=3).acquire(9, Priority.EXIT)
    assert (await used(redis_client), await used(redis_client, MINUTE + 1)) == (90, 9)


async def test_request_that_would_wait_long_frees_the_accounts_writer(redis_client: Redis) -> None:
    held = limiter(redis_client, clock=lambda: END_OF_MINUTE - timedelta(seconds=30))
    await held.acquire(90, Priority.RECONCILE)
    with pytest.raises(BudgetSpentError) as refused:
        async with held.request(1, Priority.RECONCILE):
            pass
    assert 30 <= refused.value.seconds < 31
    assert await used(redis_client) == 90


async def test_first_moments_of_a_minute_count_in_the_one_before_too(redis_client: Redis) -> None:
    """The venue's clock may still be in it."""
    await limiter(redis_client).acquire(90, Priority.RECONCILE)
    turning = limiter(redis_client, clock=lambda: END_OF_MINUTE + timedelta(milliseconds=105))
    with pytest.raises(BudgetSpentError):
        await turning.acquire(20, Priority.RECONCILE, 0.2)
    await turning.acquire(8, Priority.EXIT)
    assert (await used(redis_client), await used(redis_client, MINUTE + 1)) == (98, 8)


async def test_order_of_no_weight_never_waits_for_weight(redis_client: Redis) -> None:
    await limiter(redis_client).acquire(98, Priority.EXIT)
    await limiter(redis_client).acquire(0, Priority.ENTRY)
    assert await used(redis_client) == 98


async def test_retry_after_holds_back_even_an_exit(redis_client: Redis) -> None:
    held = limiter(redis_client, readings=2)
    await held.note({"Retry-After": "1"}, ccxt.RateLimitExceeded("429"))  # ends 5 ms before the clock's last
    await held.acquire(1, Priority.EXIT)
    assert (await used(redis_client), await used(redis_client, MINUTE + 1)) == (0, 1)


async def test_venue_that_counts_more_is_believed(redis_client: Redis) -> None:
    await limiter(redis_client).acquire(10, Priority.ENTRY)
    await limiter(redis_client).note({"X-MBX-USED-WEIGHT-1M": "60"}, None)
    await limiter(redis_client).note({"X-MBX-USED-WEIGHT-1M": "60"}, None)
    assert await used(redis_client) == 60


async def test_venue_that_counts_less_changes_nothing(redis_client: Redis) -> None:
    await limiter(redis_client).acquire(10, Priority.ENTRY)
    await limiter(redis_client).note({"x-mbx-used-weight-1m": "4"}, None)
    assert await used(redis_client) == 10


async def test_count_is_forgotten(redis_client: Redis) -> None:
    await limiter(redis_client).note({"x-mbx-used-weight-1m": "4"}, None)
    assert 0 < await redis_client.ttl(f"weight:venue:{MINUTE}") <= 130


async def test_shutting_out_holds_for_every_process_of_the_address(redis_client: Redis) -> None:
    await limiter(redis_client).shut_out(60)
    with pytest.raises(BudgetSpentError):
        await limiter(redis_client).acquire(1, Priority.EXIT, 0.2)
    assert await used(redis_client) == 0


async def test_without_redis_the_process_keeps_a_small_budget_of_its_own(dead_redis: Redis) -> None:
    held = limiter(dead_redis, readings=4)
    await held.acquire(21, Priority.ENTRY)  # a quarter of the budget, of which an entry may use 85 %
    await held.acquire(21, Priority.ENTRY)  # does not fit: waits for the next minute
    assert held._local == (MINUTE + 1, 21)


async def test_without_redis_an_exit_has_twice_the_room(dead_redis: Redis) -> None:
    held = limiter(dead_redis)
    await held.acquire(21, Priority.ENTRY)
    await held.acquire(29, Priority.EXIT)
    assert held._local == (MINUTE, 50)


async def test_without_redis_the_venue_is_believed(dead_redis: Redis) -> None:
    held = limiter(dead_redis)
    await held.note({"x-mbx-used-weight-1m": "70"}, None)  # by the whole address
    await held.acquire(5, Priority.ENTRY)  # 85, less the 10 that others may have under way
    with pytest.raises(BudgetSpentError):
        await held.acquire(6, Priority.ENTRY, 0.2)
    assert held._local == (MINUTE, 5)


async def test_without_redis_what_the_others_use_leaves_this_process_its_own_part(dead_redis: Redis) -> None:
    held = limiter(dead_redis)
    await held.observe(60)
    await held.acquire(15, Priority.ENTRY)
    assert held._local == (MINUTE, 15)


@pytest.mark.parametrize(("told", "fits"), [(87, True), (88, True), (89, False)])
async def test_without_redis_even_an_exit_leaves_room_for_what_the_venue_has_not_counted(
    dead_redis: Redis, told: int, fits: bool
) -> None:
    held = limiter(dead_redis)
    await held.observe(told - 1)
    if fits:
        await held.acquire(1, Priority.EXIT, 0.2)
    else:
        with pytest.raises(BudgetSpentError):
            await held.acquire(1, Priority.EXIT, 0.2)


async def test_a_process_without_any_redis_holds_the_venues_count_against_the_whole_budget() -> None:
    held = limiter(None)
    await held.observe(80)
    await held.acquire(5, Priority.ENTRY)
    with pytest.raises(BudgetSpentError):
        await held.acquire(1, Priority.ENTRY, 0.2)


async def test_a_redis_that_did_not_answer_is_not_asked_again_for_a_while(
    dead_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    ask = dead_redis.execute_command

    async def counting(*arguments: object, **options: object) -> object:
        nonlocal asked
        asked += 1
        return await ask(*arguments, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(dead_redis, "execute_command", counting)
    held = limiter(dead_redis)
    for _ in range(5):
        await held.acquire(1, Priority.EXIT)
        await held.observe(1)
    assert asked == 1
