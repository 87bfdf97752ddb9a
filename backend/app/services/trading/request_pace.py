"""How many requests an account sends within a second, so that leaving many positions at once is no flood."""

import asyncio
from collections import deque

PER_SECOND = 10


class RequestPace:
    """One account's requests of the last second; for its one writer."""

    def __init__(self, per_second: int = PER_SECOND) -> None:
        self._most = per_second
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
