"""How far a venue's clock is from ours: measured, corrected for in what we sign, and told to who asks."""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import ccxt
import structlog

from app.adapters.exchange.error_map import read_error
from app.adapters.exchange.reading import UNREADABLE
from app.domain.venue import VenueUnavailableError

SAMPLES = 3
REMEMBERED = timedelta(minutes=1)  # longer than any order is in doubt

log = structlog.get_logger(__name__)


class VenueClock:
    """One venue's clock. `read` asks for the venue's time (milliseconds since 1970)."""

    def __init__(self, venue: str, read: Callable[[], Awaitable[int]], now: Callable[[], datetime]) -> None:
        self._venue = venue
        self._read = read
        self._now = now
        self._measuring: asyncio.Task[int] | None = None
        self.offset_ms: int | None = None  # positive: the venue is ahead; None before it was measured
        self.correction_ms = 0  # what is added to our time before it is signed
        self._measured: deque[tuple[datetime, int]] = deque([(now(), 0)])  # until then nothing was corrected

    @property
    def moved_ms(self) -> int:
        """How far the clock has moved against ours within the last minute, in milliseconds. For so much longer than
        was signed the venue may take an order: a clock that was set back lives through that time again."""
        offsets = [offset for _, offset in self._measured]
        return max(offsets) - min(offsets)

    async def offset(self, no_older_than: timedelta) -> int:
        """The offset in milliseconds as it was measured within that time, else measured now; raises
        VenueUnavailableError."""
        last, _ = self._measured[-1]
        if self.offset_ms is not None and self._now() - last <= no_older_than:
            return self.offset_ms
        return await self.measure()

    async def measure(self) -> int:
        """Measure and return the offset in milliseconds; raises VenueUnavailableError. Who asks while another
        measures waits for that one."""
        if self._measuring is None or self._measuring.done():
            self._measuring = asyncio.create_task(self._measure())
        return await asyncio.shield(self._measuring)

    async def _measure(self) -> int:
        """The sample with the shortest round trip counts: its error is at most half of that trip. An offset
        within its own error is no offset."""
        best = (math.inf, 0.0)  # round trip, offset; milliseconds
        for _ in range(SAMPLES):
            sent = self._now().timestamp() * 1000
            try:
                told = await self._read()
            except (ccxt.BaseError, OSError, TimeoutError, *UNREADABLE) as error:
                raise VenueUnavailableError(
                    f"{self._venue} does not tell its time: {read_error(error)}"
                ) from None
            back = self._now().timestamp() * 1000
            best = min(best, (back - sent, told - (sent + back) / 2))
        trip, offset = best
        self.offset_ms = round(offset)
        self.correction_ms = 0 if abs(offset) <= trip / 2 + 1 else self.offset_ms
        self._remember(self.correction_ms)
        return self.offset_ms

    def _remember(self, offset_ms: int) -> None:
        """Keep what was measured for a minute; what was in force when the minute began stays."""
        now = self._now()
        self._measured.append((now, offset_ms))
        while len(self._measured) > 1 and self._measured[1][0] <= now - REMEMBERED:
            self._measured.popleft()
