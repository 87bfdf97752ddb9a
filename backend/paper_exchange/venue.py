"""The running venue: engine, feed and journal on one loop, with one writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from paper_exchange import clock
from paper_exchange.assembly import FeedIdentity, ticks_of
from paper_exchange.engine.events import Event, MarketEvent, UserEvent
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.market import MarketRecord
from paper_exchange.engine.past import PastReads
from paper_exchange.feeds.play import FeedStep, Play
from paper_exchange.journal.batch import render
from paper_exchange.journal.group_commit import Gathered, GroupCommit
from paper_exchange.journal.history import History
from paper_exchange.journal.store import Store

SECOND_MS = 1_000


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How fresh the market's prices are.

    `followed` names the real venue, None when prices are our own and cannot go stale; `stale` holds the contracts of
    which nothing was heard for more than `stale_after_seconds`; `silent_seconds` is the age of the oldest news,
    `trouble` what the connection last failed with, None when it does not fail.
    """

    followed: str | None = None
    stale: frozenset[str] = frozenset()
    stale_after_seconds: float = 0.0
    silent_seconds: float = 0.0
    trouble: str | None = None


class Audience(Protocol):
    """Who is told: users after the commit, the public at once."""

    def render_user_event(self, event: UserEvent) -> None:
        """Render now, keep until `release`."""
        ...

    def take_user_events(self) -> Callable[[], None]:
        """What was rendered since the last call, as a call that sends it."""
        ...

    def market_event(self, event: MarketEvent) -> None: ...

    def market_second(self, now: int) -> None:
        """A market second has passed."""
        ...

    def feed_changed(self, health: FeedHealth, now: int) -> None:
        """Contracts went stale or came back."""
        ...


class Venue:
    """Commands go through `exchange`, and are answered after `settled()`."""

    def __init__(
        self, exchange: Exchange, playback: Play, store: Store, identity: FeedIdentity, speed: float
    ) -> None:
        self.exchange = exchange
        self.playback = playback
        self.store = store
        self.history = History(store.reader)
        self.past = PastReads(exchange.state)
        self.identity = identity
        self.failed = asyncio.Event()
        self.failure: BaseException | None = None
        self.speed = speed
        self.paused = False
        self._audience: Audience | None = None
        self._floor_ms = playback.time_ms
        self._stepped_at = clock.monotonic_seconds()
        self._second = playback.time_ms // SECOND_MS
        self.health = FeedHealth()
        self.commit = GroupCommit(store.write, self._gather, self.fail)

    def attach(self, audience: Audience) -> None:
        self._audience = audience
        self.exchange.listen(self._heard)

    def not_before(self, now: int) -> None:
        """Market time is at least `now` from here on (a journal's last word)."""
        self._floor_ms = max(self._floor_ms, now)

    def now(self) -> int:
        """Market time in ms: between two steps it runs with the wall at the feed's speed.

        It never goes back.
        """
        time_ms = self.playback.time_ms
        if not (self.paused or self.playback.finished):
            elapsed = clock.monotonic_seconds() - self._stepped_at
            ahead = min(int(elapsed * SECOND_MS * self.speed), self.playback.next_time_ms() - time_ms - 1)
            time_ms += max(0, ahead)
        self._floor_ms = max(self._floor_ms, time_ms)
        return self._floor_ms

    async def settled(self) -> None:
        """Return once everything done so far is in the journal."""
        if self.exchange.state.changes.is_empty() and not self.commit.is_busy:
            return
        await asyncio.shield(self.commit.committed())

    def step(self, steps_per_bar: int) -> FeedStep | None:
        """Play one step of the feed; None when there is nothing left."""
        step = self.playback.next_step(steps_per_bar)
        if step is None:
            return None
        self._stepped_at = clock.monotonic_seconds()
        now = max(step.time_ms, self._floor_ms)
        self._floor_ms = now
        if step.points or step.marks:
            self.exchange.advance(now, ticks_of(step, self.exchange.markets.values()))
        else:
            self.exchange.close_bars(now)
        self.tell_second(now)
        self.commit.committed()
        return step

    def tell_second(self, now: int) -> None:
        """Tell the audience if a market second has passed since it was last told."""
        if now // SECOND_MS > self._second:
            self._second = now // SECOND_MS
            if self._audience is not None:
                self._audience.market_second(now)

    def repeat_prices(self) -> None:
        """The feed is at its end: the last prices stand, and whoever listens goes on hearing them."""
        if self._audience is not None:
            self._audience.market_second(self.now())

    def market_moved_on(self) -> None:
        """The wall went on without a step of the feed: keep market seconds going."""
        self.tell_second(self.now())

    def note_health(self, health: FeedHealth) -> None:
        """Mark the contracts whose perpetual went stale, clear those that are fresh again, and tell of a change."""
        before, self.health = self.health, health
        now = self.now()
        for market in self.exchange.markets.values():
            if market.contract.pair not in health.stale:
                market.stale_since_ms = None
            elif market.stale_since_ms is None:
                market.stale_since_ms, market.stale_after_seconds = now, health.stale_after_seconds
        if before.stale != health.stale and self._audience is not None:
            self._audience.feed_changed(health, now)

    def end_overdue(self) -> None:
        """End the orders whose wall-clock deadline has come."""
        self.exchange.end_overdue(clock.wall_ms(), self.now())
        if self.exchange.state.changes.touches_accounts():
            self.commit.committed()

    def restart_clock(self) -> None:
        """Speed or pause changed: market time goes on from where it is."""
        self._floor_ms = self.now()
        self._stepped_at = clock.monotonic_seconds()

    def fail(self, failure: BaseException) -> None:
        """Something essential broke: nothing may be acknowledged any more, so stop serving."""
        self.failure = failure
        self.failed.set()

    async def close(self) -> None:
        await self.commit.close()
        self.store.close()

    def _heard(self, event: Event) -> None:
        audience = self._audience
        if audience is None:
            return
        if isinstance(event, MarketEvent):
            audience.market_event(event)
        else:
            audience.render_user_event(event)

    def _gather(self) -> Gathered:
        changes = self.exchange.take_changes()
        audience = self._audience
        afterwards = audience.take_user_events() if audience is not None else _nothing
        wall_ms = clock.wall_ms()
        self.past.note(changes, wall_ms)
        batch = render(changes, self._records(changes.markets), self._meta(), wall_ms)
        return Gathered(batch, afterwards)

    def _records(self, symbols: Iterable[str]) -> list[MarketRecord]:
        records = []
        for symbol in symbols:
            market = self.exchange.markets[symbol]
            market.record.forming_base = market.candles.base.forming
            market.record.forming_minute = market.candles.minutes.forming
            records.append(market.record)
        return records

    def _meta(self) -> Mapping[str, str]:
        state = self.exchange.state
        return {
            "feed_identity": self.identity.text(),
            "feed": self.playback.bookmark(),
            "market_time": str(self._floor_ms),
            "insurance": str(state.insurance),
            "last_order": str(state.counters.order),
            "last_conditional": str(state.counters.conditional),
            "last_fill": str(state.counters.fill),
            "last_income": str(state.counters.income),
            "last_amendment": str(state.counters.amendment),
        }


def _nothing() -> None:
    return
