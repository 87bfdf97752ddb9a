"""How far a venue's clock has moved against ours lately: for so much longer an order of ours may still be taken."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.exchange.venue_clock import REMEMBERED, VenueClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Clocks:
    """Ours, and the venue's, which is `offset_ms` ahead of it."""

    now: datetime = NOW
    offset_ms: int = 0

    async def read(self) -> int:
        return round(self.now.timestamp() * 1000) + self.offset_ms


@pytest.mark.parametrize(
    ("offsets_ms", "moved_ms"),
    [((), 0), ((0, 0), 0), ((700,), 700), ((-5_000, -5_000), 5_000), ((5_000, -5_000), 10_000)],
)
async def test_it_has_moved_by_the_span_of_what_was_signed_with(
    offsets_ms: tuple[int, ...], moved_ms: int
) -> None:
    clocks = Clocks()
    clock = VenueClock("paper", clocks.read, lambda: clocks.now)
    for clocks.offset_ms in offsets_ms:
        await clock.measure()
    assert clock.moved_ms == moved_ms


@pytest.mark.parametrize(
    ("after", "moved_ms"),
    [
        (REMEMBERED - timedelta(milliseconds=1), 5_000),
        (REMEMBERED, 0),
        (REMEMBERED + timedelta(milliseconds=1), 0),
    ],
)
async def test_a_clock_that_kept_time_for_a_minute_has_not_moved(after: timedelta, moved_ms: int) -> None:
    clocks = Clocks(offset_ms=5_000)
    clock = VenueClock("paper", clocks.read, lambda: clocks.now)
    await clock.measure()  # until then what was signed was not corrected
    clocks.now += after
    await clock.measure()
    assert clock.moved_ms == moved_ms


@pytest.mark.parametrize(
    ("after", "asks_again"),
    [
        (timedelta(seconds=2) - timedelta(milliseconds=1), False),
        (timedelta(seconds=2), False),
        (timedelta(seconds=2) + timedelta(milliseconds=1), True),
    ],
)
async def test_what_was_measured_lately_is_not_asked_for_again(after: timedelta, asks_again: bool) -> None:
    clocks = Clocks(offset_ms=700)
    clock = VenueClock("paper", clocks.read, lambda: clocks.now)
    assert await clock.offset(timedelta(seconds=2)) == 700  # never measured before
    clocks.now, clocks.offset_ms = clocks.now + after, 900
    assert await clock.offset(timedelta(seconds=2)) == (900 if asks_again else 700)
