"""The request weight of a venue, shared by every process that uses the same address.

Exits may use the whole budget, everything else leaves room for them. With Redis down each process keeps a
budget of its own. The venue's own count (`X-MBX-USED-WEIGHT-1M`) and `Retry-After` overrule ours.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
KEY_SECONDS = 130


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
        ours = await self._add(minute, 0)
        if used_weight > ours:
            await self._add(minute, used_weight - ours)

    def shut_out(self, seconds: float) -> None:
        """The venue said `Retry-After`: nothing leaves this process before."""
        self._blocked_until = max(self._blocked_until, self._now().timestamp() + seconds)
        log.warning("the venue limits our requests", venue=self._name, seconds=seconds)

    async def _add(self, minute: int, weight: int) -> int:
        if self._redis is not None:
            key = f"weight:{self._name}:{minute}"
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    pipe.incrby(key, weight)
                    pipe.expire(key, KEY_SECONDS)
                    return int(cast(int, (await pipe.execute())[0]))
            except (RedisError, OSError):
                pass  # Redis is down: the budget of this process alone holds
        held_minute, held = self._local
        held = (held if held_minute == minute else 0) + weight
        self._local = (minute, held)
        return held
