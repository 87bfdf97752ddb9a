"""Counts attempts in Redis. Where Redis does not answer, nobody may try: these limits fail closed."""

from typing import Final, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.errors import TooManyRequestsError, UnavailableError

# One round trip, and no counter without an end: returns the count and the seconds until it starts anew.
COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""


class Limit(Protocol):
    """At most `attempts` within `window_seconds`."""

    @property
    def name(self) -> str: ...

    @property
    def attempts(self) -> int: ...

    @property
    def window_seconds(self) -> int: ...


class RedisAttemptCounter:
    """Counts per limit and subject, in windows that begin with the first attempt."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._count = redis.register_script(COUNT)

    async def count(self, limit: Limit, subject: str) -> None:
        """Count one attempt, and refuse it above the limit."""
        try:
            held, seconds = await self._count(keys=[_key(limit, subject)], args=[limit.window_seconds])
        except (RedisError, OSError) as error:
            raise UnavailableError(
                "Attempts cannot be counted at this moment, so none is allowed: try again.",
                retry_after_seconds=5,
            ) from error
        if int(held) > limit.attempts:
            raise TooManyRequestsError(
                f"Too many attempts: try again in {max(int(seconds), 1)} seconds.",
                retry_after_seconds=max(int(seconds), 1),
            )

    async def forget(self, limit: Limit, subject: str) -> None:
        """Start the counter anew."""
        try:
            await self._redis.delete(_key(limit, subject))
        except (RedisError, OSError) as error:
            raise UnavailableError("Attempts cannot be counted at this moment: try again.") from error


def _key(limit: Limit, subject: str) -> str:
    return f"attempts:{limit.name}:{subject}"
