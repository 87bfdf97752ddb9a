"""How many orders an account may send: the venue counts them by account, in windows of ten seconds and a minute.

An account has one writer, so its count is kept here; after a restart the venue's own count, which comes with each
answer, stands in for what the process before has sent.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

# seconds -> orders (Binance USD-M)
WINDOWS: Final[Mapping[int, int]] = {10: 300, 60: 1200}
HEADERS: Final[Mapping[int, str]] = {10: "x-mbx-order-count-10s", 60: "x-mbx-order-count-1m"}
ENTRY_SHARE: Final = 0.8


class OrderRate:
    """One account. Entries leave a fifth of every window to exits and stops."""

    def __init__(self, now: Callable[[], datetime], windows: Mapping[int, int] = WINDOWS) -> None:
        self._now = now
        self._windows = windows
        self._counts: dict[int, tuple[int, int]] = {}  # window's seconds -> (which window, orders)

    async def acquire(self, *, is_exit: bool) -> None:
        """Wait until one more order may be sent, and count it."""
        while True:
            wait = self._wait(is_exit=is_exit)
            if wait == 0:
                break
            await asyncio.sleep(wait)  # until the window of the clock is over
        for seconds in self._windows:
            place, sent = self._current(seconds)
            self._counts[seconds] = (place, sent + 1)

    def note(self, headers: Mapping[str, object]) -> None:
        """Raise our counts to the venue's where it counts more."""
        told = {name.lower(): str(value) for name, value in headers.items()}
        for seconds in self._windows:
            text = told.get(HEADERS.get(seconds, ""), "")
            if text.isdigit():
                place, sent = self._current(seconds)
                self._counts[seconds] = (place, max(sent, int(text)))

    def _wait(self, *, is_exit: bool) -> float:
        """Seconds until the next try; 0 where every window has room."""
        now = self._now().timestamp()
        share = 1.0 if is_exit else ENTRY_SHARE
        full = [s for s, most in self._windows.items() if self._current(s)[1] + 1 > most * share]
        return max((s - now % s for s in full), default=0.0)

    def _current(self, seconds: int) -> tuple[int, int]:
        place = int(self._now().timestamp() // seconds)
        known = self._counts.get(seconds)
        return known if known is not None and known[0] == place else (place, 0)
