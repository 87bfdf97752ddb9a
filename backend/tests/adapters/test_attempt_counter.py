"""Attempts are counted in Redis, and without it there are none."""

import pytest
from redis.asyncio import Redis

from app.adapters.attempt_counter import RedisAttemptCounter
from app.core.errors import TooManyRequestsError, UnavailableError
from app.services.attempts import AttemptLimit

LIMIT = AttemptLimit("test", 3, 900)


async def test_the_last_allowed_attempt_passes_and_the_next_does_not(redis_client: Redis) -> None:
    counter = RedisAttemptCounter(redis_client)
    for _ in range(3):
        await counter.count(LIMIT, "alice")
    with pytest.raises(TooManyRequestsError) as refused:
        await counter.count(LIMIT, "alice")
    assert refused.value.retry_after_seconds is not None
    assert 0 < refused.value.retry_after_seconds <= 900
    await counter.count(LIMIT, "bob")


async def test_a_forgotten_counter_begins_anew(redis_client: Redis) -> None:
    counter = RedisAttemptCounter(redis_client)
    for _ in range(3):
        await counter.count(LIMIT, "alice")
    await counter.forget(LIMIT, "alice")
    await counter.count(LIMIT, "alice")


async def test_a_counter_always_ends(redis_client: Redis) -> None:
    await RedisAttemptCounter(redis_client).count(LIMIT, "alice")
    [key] = await redis_client.keys("attempts:*")
    assert 0 < await redis_client.ttl(key) <= 900


async def test_without_redis_nobody_may_try() -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.5)
    with pytest.raises(UnavailableError):
        await RedisAttemptCounter(away).count(LIMIT, "alice")
    await away.aclose()
