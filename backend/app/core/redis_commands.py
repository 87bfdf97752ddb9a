"""The Redis commands whose types redis-py gives for its blocking and its async client at once.

redis-py 5 declares them as `Awaitable[T] | T`; on the async client they are always awaitable. This is the one
place that says so. Values are bytes, as the server holds them.
"""

from collections.abc import Awaitable, Sequence
from typing import cast

from redis.asyncio import Redis


async def hash_field(redis: Redis, key: str, field: str) -> bytes | None:
    """One field of a hash; None where the field or the hash does not exist."""
    return await cast(Awaitable[bytes | None], redis.hget(key, field))


async def hash_fields(redis: Redis, key: str) -> dict[bytes, bytes]:
    """A whole hash; empty where it does not exist."""
    return await cast(Awaitable[dict[bytes, bytes]], redis.hgetall(key))


async def set_hash_field(redis: Redis, key: str, field: str, value: str) -> None:
    """Write one field of a hash."""
    await cast(Awaitable[int], redis.hset(key, field, value))


async def drop_hash_fields(redis: Redis, key: str, fields: Sequence[str]) -> None:
    """Take fields out of a hash; at least one must be named."""
    await cast(Awaitable[int], redis.hdel(key, *fields))


async def run_script(redis: Redis, script: str, keys: Sequence[str], arguments: Sequence[str]) -> object:
    """Run a Lua script in one step at the server; what it returns, as redis-py reads it."""
    return await cast(Awaitable[object], redis.eval(script, len(keys), *keys, *arguments))
