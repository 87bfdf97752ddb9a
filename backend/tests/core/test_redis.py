"""The Redis client over a real server."""

import pytest
from redis.asyncio import Redis

from app.core.config import Settings, SettingsError
from app.core.redis import connect_redis


async def test_values_come_back_as_bytes(redis_client: Redis) -> None:
    await redis_client.set("price:last:paper", "1|2")

    assert await redis_client.get("price:last:paper") == b"1|2"


def test_an_absent_address_is_refused_with_what_to_do() -> None:
    with pytest.raises(SettingsError, match="stackalpha services"):
        connect_redis(Settings(secret_key="x" * 40))
