"""How often an account asks: so many requests within a second that leaving many positions at once is no flood, and
after a failure with pauses that grow."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import TypeVar

from app.domain.backoff import backoff_seconds
from app.domain.venue import BudgetSpentError, VenueUnavailableError

PER_SECOND = 10
TRIES = 3  # of a question, whose answer changes nothing
AWAY_SECONDS = 1.0  # a venue that takes longer to give no answer does not refuse, it is away
CHANCE = SystemRandom()  # spreads what would come at once
Found = TypeVar("Found")


class RequestPace:
    """One account's requests of the last second; for its one writer. `places` are shared with other accounts: so
    many questions are under way at once, and a request is signed when it can leave."""

    def __init__(self, per_second: int = PER_SECOND, places: asyncio.Semaphore | None = None) -> None:
        self._most = per_second
        self._places = places or asyncio.Semaphore(per_second)
        self._sent: deque[float] = deque()

    async def turn(self) -> None:
        """Wait until one more request keeps every second's count, and count it."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            while self._sent and self._sent[0] <= now - 1:
                self._sent.popleft()
            if len(self._sent) < self._most:
                self._sent.append(now)
                return
            await asyncio.sleep(self._sent[0] + 1 - now)

    async def answer(self, question: Callable[[], Awaitable[Found]], requests: int = 1) -> Found:
        """The answer to a question of that many requests, which may be asked again; raises VenueUnavailableError
        after `TRIES`."""
        tried = 0
        while True:
            for _ in range(requests):
                await self.turn()
            tried += 1
            async with self._places:
                begun = asyncio.get_running_loop().time()
                try:
                    return await question()
                except BudgetSpentError:
                    raise
                except VenueUnavailableError:
                    if tried == TRIES or asyncio.get_running_loop().time() - begun > AWAY_SECONDS:
                        raise


def retry_wait(failures: int, base_seconds: float, most_seconds: float) -> float:
    """Seconds until what failed so many times in a row is tried again: doubled with each, jittered."""
    return backoff_seconds(
        failures,
        base_seconds=base_seconds,
        most_seconds=most_seconds,
        draw=CHANCE.random(),
    )
