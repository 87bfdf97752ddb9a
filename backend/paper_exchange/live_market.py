"""Drives the venue by what is heard of a followed one, and says when nothing is."""

from __future__ import annotations

import asyncio
from typing import Protocol

from paper_exchange import clock
from paper_exchange.feeds.live import Freshness, LivePlay
from paper_exchange.venue import FeedHealth, Venue

LOOK_SECONDS = 0.25
STEPS_IN_A_ROW = 10
CLOSE_SECONDS = 3.0


class Heard(Protocol):
    """Whoever listens to the followed venue."""

    @property
    def name(self) -> str: ...
    @property
    def freshness(self) -> Freshness: ...
    @property
    def trouble(self) -> str | None: ...
    async def run(self, play: LivePlay) -> None: ...
    async def news(self, seconds: float) -> None: ...
    async def close(self) -> None: ...


class LiveMarket:
    """Runs until cancelled."""

    def __init__(self, venue: Venue, play: LivePlay, heard: Heard) -> None:
        self._venue = venue
        self._play = play
        self._heard = heard
        venue.speed = 1.0
        venue.note_health(self._health())

    def _health(self) -> FeedHealth:
        now, freshness = clock.monotonic_seconds(), self._heard.freshness
        return FeedHealth(
            followed=self._heard.name,
            stale=freshness.stale(now),
            stale_after_seconds=freshness.stale_after_seconds,
            silent_seconds=freshness.age_seconds(now),
            trouble=self._heard.trouble,
        )

    async def run(self) -> None:
        """Play what is heard as it is heard; market time stands still while nothing is."""
        hearing = asyncio.create_task(self._heard.run(self._play))
        try:
            while not hearing.done():
                await self._heard.news(LOOK_SECONDS)
                await self._play_all()
                self._venue.market_moved_on()
                self._venue.note_health(self._health())
            hearing.result()
        finally:
            await self._heard.close()
            hearing.cancel()
            await asyncio.wait([hearing], timeout=CLOSE_SECONDS)

    async def _play_all(self) -> None:
        played = 0
        while self._venue.step(STEPS_IN_A_ROW) is not None:
            played += 1
            if not played % STEPS_IN_A_ROW:
                await asyncio.sleep(0)
