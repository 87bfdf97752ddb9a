"""The request weight of a venue, shared by every process that speaks from the same address.

Exits may use the whole budget but a little, which is for what nobody counts (a new process reads the venue's
markets); everything else leaves room for them. Nobody may use more than the venue grants, because its answer to that
is a ban, which stops exits too. With Redis away each process keeps a small budget of its
own, of which exits may use twice the part that others may, and holds what the venue says that the whole address has
used against the whole budget. The venue's own count (`X-MBX-USED-WEIGHT-1M`) and `Retry-After` overrule ours, for
every process of the address.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum
from typing import cast

import ccxt
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.redis_commands import run_script
from app.domain.venue import BudgetSpentError

log = structlog.get_logger(__name__)
KEY_SECONDS = 130
MOST_WAIT_SECONDS = 1.0
PATIENCE_SECONDS = 0.2
LOCAL_SHARE = 0.25  # of the address's budget, for each process while Redis is away: room for four of them
UNSEEN_SHARE = 0.1  # of the budget, left then for what other processes sent and the venue has not counted
IN_FLIGHT = 120  # requests of one process and address that are no exits; its connections are more
AWAY_SECONDS = 2.0  # not asking Redis again after it did not answer: its client's tries take a third of one
TURN_SECONDS = 1.0  # of a new minute in which the venue's clock may still be in the old one

# Takes the weight where the minute has room for it. In the first moments of a minute the one before must have room
# too. Returns {-1, milliseconds} while shut out, {0, used} where there is no room, {1, used} where it was taken.
TAKE = """
local blocked = redis.call('PTTL', KEYS[3])
if blocked > 0 then return {-1, blocked} end
local weight, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used + weight > limit then return {0, used} end
if ARGV[3] == '1' then
    local before = tonumber(redis.call('GET', KEYS[2]) or '0')
    if before + weight > limit then return {0, before} end
    redis.call('INCRBY', KEYS[2], weight)
    redis.call('EXPIRE', KEYS[2], ARGV[4])
end
used = redis.call('INCRBY', KEYS[1], weight)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {1, used}
"""
RAISE = """
if tonumber(redis.call('GET', KEYS[1]) or '0') < tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], ARGV[1])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class Priority(Enum):
    """Who goes first; the value is the share of the minute's weight that may be used at that priority. The last two
    hundredths are nobody's: what the venue counts and we do not must not end in a ban."""

    EXIT = 0.98
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
        # minute and weight: what this process took, and of the whole address the venue's count with what we took since
        self._local: tuple[int, int] = (0, 0)
        self._told: tuple[int, int] = (0, 0)
        self._blocked_until = 0.0
        self._away_until = 0.0
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)

    @property
    def weight_per_minute(self) -> int:
        """What the venue grants this address."""
        return self._limit

    @property
    def minute(self) -> int:
        """The minute that requests count in now."""
        return int(self._now().timestamp() // 60)

    @asynccontextmanager
    async def request(self, weight: int, priority: Priority) -> AsyncIterator[None]:
        """One request of an account. An exit waits for its weight; anything else that would have to wait longer
        than `PATIENCE_SECONDS` raises `BudgetSpentError`, so that the account's writer is free for an exit. The
        last connections are left to exits."""
        if priority is Priority.EXIT:
            await self.acquire(weight, priority)
            yield
            return
        await self.acquire(weight, priority, PATIENCE_SECONDS)
        async with self._in_flight:
            yield

    async def acquire(self, weight: int, priority: Priority, patience: float | None = None) -> None:
        """Wait until `weight` may be spent, at most `patience` seconds (None: as long as it takes). Weight 0 waits
        only while the venue has shut us out."""
        waited = 0.0
        while True:
            now = self._now().timestamp()
            wait: float | None = None
            if now < self._blocked_until:
                wait = self._blocked_until - now
            elif weight > 0:
                wait = await self._take(now, weight, priority)
            if wait is None:
                return
            if patience is not None and waited + wait > patience:
                raise BudgetSpentError(wait)
            pause = min(wait, MOST_WAIT_SECONDS)
            waited += pause
            await asyncio.sleep(pause)

    async def observe(self, used_weight: int) -> None:
        """Raise our count to the venue's where it counts more."""
        minute = int(self._now().timestamp() // 60)
        redis = self._answering()
        if redis is not None:
            # one step at the server: two processes that look at once must not both add the difference
            with self._noting_failure():
                await run_script(redis, RAISE, [self._key(minute)], [str(used_weight), str(KEY_SECONDS)])
        self._told = (minute, max(_of(self._told, minute), used_weight))

    async def note(self, headers: Mapping[str, object], error: BaseException | None) -> None:
        """Take in what the venue's answer says of our weight, and how long it wants to hear nothing."""
        told = {name.lower(): str(value) for name, value in headers.items()}
        used, wait = told.get("x-mbx-used-weight-1m", ""), told.get("retry-after")
        if isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection) and wait is not None:
            await self.shut_out(float(wait) if wait.isdigit() else 1.0)
        if used.isdigit():
            await self.observe(int(used))

    async def shut_out(self, seconds: float) -> None:
        """The venue said `Retry-After`: nothing leaves this address before, whichever process it is of."""
        self._blocked_until = max(self._blocked_until, self._now().timestamp() + seconds)
        log.warning("the venue limits our requests", venue=self._name, seconds=seconds)
        redis = self._answering()
        if redis is not None:
            with self._noting_failure():
                await redis.set(f"weight:{self._name}:shut", "1", px=max(int(seconds * 1000), 1))

    def _answering(self) -> Redis | None:
        """Redis, unless it lately did not answer: then nothing waits for it."""
        return None if asyncio.get_running_loop().time() < self._away_until else self._redis

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """What Redis does not answer is left out, and it is not asked again for a while."""
        try:
            yield
        except (RedisError, OSError):
            self._away_until = asyncio.get_running_loop().time() + AWAY_SECONDS

    async def _take(self, now: float, weight: int, priority: Priority) -> float | None:
        """None where the weight was taken, else the seconds until it is worth another try."""
        minute = int(now // 60)
        left = (minute + 1) * 60 - now
        redis = self._answering()
        answer: object = None
        if redis is not None:
            turning = "1" if now % 60 < TURN_SECONDS else "0"
            keys = (self._key(minute), self._key(minute - 1), f"weight:{self._name}:shut")
            most = str(int(self._limit * priority.value))
            with self._noting_failure():
                answer = await run_script(redis, TAKE, keys, [str(weight), most, turning, str(KEY_SECONDS)])
            if answer is None:
                return self._take_locally(minute, left, weight, priority)
            taken, figure = cast(list[int], answer)
            if taken == 1:
                self._count(minute, weight)
                return None
            if taken < 0:
                self._blocked_until = max(self._blocked_until, now + figure / 1000)
                return figure / 1000
            return TURN_SECONDS - now % 60 if turning == "1" else left
        return self._take_locally(minute, left, weight, priority)

    def _take_locally(self, minute: int, left: float, weight: int, priority: Priority) -> float | None:
        """The budget of this process alone. Without any Redis configured there is no other process."""
        own, told = _of(self._local, minute), _of(self._told, minute)
        share, whole = LOCAL_SHARE * (2.0 if priority is Priority.EXIT else priority.value), priority.value
        if self._redis is None:
            share = priority.value
        else:
            whole -= UNSEEN_SHARE
        if own + weight > self._limit * share or told + weight > self._limit * whole:
            return left
        self._count(minute, weight)
        return None

    def _count(self, minute: int, weight: int) -> None:
        self._local = (minute, _of(self._local, minute) + weight)
        self._told = (minute, _of(self._told, minute) + weight)

    def _key(self, minute: int) -> str:
        return f"weight:{self._name}:{minute}"


def _of(count: tuple[int, int], minute: int) -> int:
    """The weight of a count in that minute."""
    counted_in, weight = count
    return weight if counted_in == minute else 0
