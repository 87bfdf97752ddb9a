"""The only reader of the wall clock in this package (transport time; market time is the feed's)."""

from __future__ import annotations

import time


def wall_ms() -> int:
    """Wall clock, milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000


def monotonic_seconds() -> float:
    """Seconds on a clock that never goes back; only differences mean anything."""
    return time.monotonic()


class TransportClock:
    """The venue's own idea of the wall clock; `offset_ms` makes it wrong on purpose (positive: ahead)."""

    def __init__(self) -> None:
        self.offset_ms = 0

    def now_ms(self) -> int:
        return wall_ms() + self.offset_ms
