"""Plays the feed at its speed on the wall clock."""

from __future__ import annotations

import asyncio

from paper_exchange import clock
from paper_exchange.venue import Venue

STEPS_PER_BAR = 60
FEWEST_STEPS = 4
STEPS_PER_SECOND = 60.0
FINE_STEPS_PER_SECOND = 20.0
SECOND_MS = 1_000
HOUR_MS = 3_600_000
LONGEST_WAIT_SECONDS = 1.0
SLIP_SECONDS = 0.25
STEPS_IN_A_ROW = 10


def steps_per_bar(interval_ms: int, speed: float) -> int:
    """How finely a bar is played.

    60 steps; fewer for short bars at a speed that would need too many a second; more for long bars at a speed that
    leaves time for them, up to one a market second: the coarser the steps, the farther the price overshoots a
    resting order.
    """
    bars_per_second = speed * SECOND_MS / interval_ms
    if interval_ms >= HOUR_MS:
        return max(STEPS_PER_BAR, min(interval_ms // SECOND_MS, int(FINE_STEPS_PER_SECOND / bars_per_second)))
    return max(FEWEST_STEPS, min(STEPS_PER_BAR, int(STEPS_PER_SECOND / bars_per_second)))


class Pacer:
    """Runs the feed until stopped; `configure` changes pause and speed at once."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._wake = asyncio.Event()

    def configure(self, paused: bool | None, speed: float | None) -> None:
        """None leaves a setting as it is."""
        venue = self._venue
        venue.restart_clock()
        if paused is not None:
            venue.paused = paused
        if speed is not None:
            venue.speed = speed
        self._wake.set()

    async def play(self, steps: int) -> int:
        """Play so many steps as fast as can be, letting others in between; returns how many there were."""
        played = 0
        while played < steps and self._step():
            played += 1
            if not played % STEPS_IN_A_ROW:
                await asyncio.sleep(0)
        return played

    async def run(self) -> None:
        """Play on for ever. When the machine is too slow market time slips; steps are never skipped."""
        venue = self._venue
        due = clock.monotonic_seconds()
        while True:
            if venue.paused or venue.playback.finished:
                await self._wait(LONGEST_WAIT_SECONDS)
                if venue.playback.finished:
                    venue.repeat_prices()
                due = clock.monotonic_seconds()
                continue
            left = due - clock.monotonic_seconds()
            if left > 0:
                if await self._wait(min(left, LONGEST_WAIT_SECONDS)):
                    due = self._next_due()
                else:
                    venue.market_moved_on()
                continue
            due = max(due, clock.monotonic_seconds() - SLIP_SECONDS)
            self._step()
            due += self._gap_seconds()
            await asyncio.sleep(0)

    def _step(self) -> bool:
        venue = self._venue
        return venue.step(steps_per_bar(venue.playback.interval_ms, venue.speed)) is not None

    def _gap_seconds(self) -> float:
        """Wall seconds from the step just played to the next."""
        playback = self._venue.playback
        return (playback.next_time_ms() - playback.time_ms) / 1_000 / self._venue.speed

    def _next_due(self) -> float:
        """When the next step is due, counted from the market time it is now."""
        playback = self._venue.playback
        left_ms = max(0, playback.next_time_ms() - self._venue.now())
        return clock.monotonic_seconds() + left_ms / 1_000 / self._venue.speed

    async def _wait(self, seconds: float) -> bool:
        """Wait, or less when the settings change; True when they did."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True
