"""The request weight of a venue, shared by every process that uses the same address.

Exits may use the whole budget, everything else leaves room for them. With Redis down each process keeps a
budget of its own. The venue's own count (`X-MBX-USED-WEIGHT-1M`) and `Retry-After` overrule ours.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import cast

import ccxt
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
KEY_SECONDS = 130
RAISE = """
if tonumber(redis.call('GET', KEYS[1]) or '0') < tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], ARGV[1])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class Priority(Enum):
    """Who goes first; the value is the share of the minute's weight that may be used at that priority."""

    EXIT = 1.0
    RECONCILE = 0.9
    ENTRY = 0.85
    PUBLIC = 0.75


class WeightLimiter:
    """One venue and egress address."""

    def __init__(
        self,
        redis: Redis | None,
        name: str,
        weight_per_minute: int,
        now: Callable[[], datetime],
    ) -> None:
        self._redis = redis
        self._name = name
        self._limit = weight_per_minute
        self._now = now
        self._local: tuple[int, int] = (0, 0)  # minute, weight
        self._blocked_until = 0.0

    def set_limit(self, weight_per_minute: int) -> None:
        """Take the limit that the venue itself announces."""
        self._limit = weight_per_minute

    async def acquire(self, weight: int, priority: Priority) -> None:
        """Wait until `weight` may be spent. Weight 0 waits only while the venue has shut us out."""
        while True:
            now = self._now().timestamp()
            if now < self._blocked_until:
                await asyncio.sleep(min(self._blocked_until - now, 1.0))
                continue
            if weight == 0:
                return
            minute = int(now // 60)
            used = await self._add(minute, weight)
            if used <= self._limit * priority.value or priority is Priority.EXIT:
                return
            await self._add(minute, -weight)
            await asyncio.sleep(min((minute + 1) * 60 - now, 1.0))

    async def observe(self, used_weight: int) -> None:
        """Raise our count to the venue's where it counts more."""
        minute = int(self._now().timestamp() // 60)
        if self._redis is not None:
            # one step at the server: two processes that look at once must not both add the difference
            with contextlib.suppress(RedisError, OSError):
                await self._redis.eval(RAISE, 1, self._key(minute), str(used_weight), str(KEY_SECONDS))  # type: ignore[misc]
        self._local = (minute, max(self._held(minute), used_weight))

    async def note(self, headers: Mapping[str, object], error: BaseException | None) -> None:
        """Take in what the venue's answer says of our weight, and how long it wants to hear nothing."""
        told = {name.lower(): str(value) for name, value in headers.items()}
        used, wait = told.get("x-mbx-used-weight-1m", ""), told.get("retry-after")
        if isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection) and wait is not None:
            self.shut_out(float(wait) if wait.isdigit() else 1.0)
        if used.isdigit():
            await self.observe(int(used))

    def shut_out(self, seconds: float) -> None:
        """The venue said `Retry-After`: nothing leaves this process before."""
        self._blocked_until = max(self._blocked_until, self._now().timestamp() + seconds)
        log.warning("the venue limits our requests", venue=self._name, seconds=seconds)

    async def _add(self, minute: int, weight: int) -> int:
        if self._redis is not None:
            key = self._key(minute)
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    pipe.incrby(key, weight)
                    pipe.expire(key, KEY_SECONDS)
                    return int(cast(int, (await pipe.execute())[0]))
            except (RedisError, OSError):
                pass  # Redis is down: the budget of this process alone holds
        held = self._held(minute) + weight
        self._local = (minute, held)
        return held

    def _held(self, minute: int) -> int:
        held_minute, held = self._local
        return held if held_minute == minute else 0

    def _key(self, minute: int) -> str:
        return f"weight:{self._name}:{minute}"
