"""How the platform itself does: every process, queue, stream and venue, with what is at or beyond its limit."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.core.db import Database
from app.core.metrics import ALARMS, PRICE_AGE, QUEUE_AGE, QUEUE_DEPTH
from app.domain.notification_events import NotificationEvent
from app.domain.price_batch import PriceFlush, PricesUnavailableError
from app.domain.system_health import (
    Alarm,
    Crash,
    Gauge,
    GaugeReading,
    Pulse,
    alarms,
    crashes,
    readings_of,
)
from app.repositories.notifications import SystemNotificationOutbox
from app.repositories.work_queues import SystemWorkQueueRepository

REPLACED = "Another one was started since, and goes on where it stopped."
MISSING = "No other one is heard of: what it did waits."
EXPECTED = ("api", "executor", "jobs", "monitor", "notifier")


class Pulses(Protocol):
    """Where processes tell their figures; None where nobody answers."""

    async def all(self, now: datetime) -> list[Pulse] | None: ...

    async def probe(self) -> tuple[float, int] | None: ...

    async def waiting_jobs(self, queue: str, now: datetime) -> tuple[int, float | None] | None: ...


class LastPrices(Protocol):
    """The last known prices of a venue; raises `PricesUnavailableError`."""

    async def last(self, venue: str) -> Sequence[PriceFlush]: ...


@dataclass(frozen=True, slots=True)
class ProcessView:
    """A process; all but its name None where it never told, or nobody knows."""

    process: str
    host: str | None = None
    pid: int | None = None
    started_at: datetime | None = None
    seen_at: datetime | None = None
    is_alive: bool = False
    cpu_percent: float | None = None
    memory_percent: float | None = None
    disk_percent: float | None = None
    rss_bytes: int | None = None
    loop_lag_milliseconds: float | None = None


@dataclass(frozen=True, slots=True)
class QueueView:
    """Work that is due; `oldest_seconds` None without any, `depth` None where it is not known."""

    queue: str
    depth: int | None
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class StreamView:
    """A venue's prices: how many symbols, and the transport age of its newest and its oldest price."""

    venue: str
    symbols: int
    newest_seconds: float | None
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class VenueView:
    """Calls of one process to a venue in the last minute, in milliseconds."""

    venue: str
    process: str
    calls: int
    errors: int
    p50_milliseconds: float | None
    p95_milliseconds: float | None


@dataclass(frozen=True, slots=True)
class StoreView:
    """Postgres or Redis: whether it answers, how fast, and what it holds in memory where it tells."""

    store: str
    answers: bool
    milliseconds: float | None
    used_bytes: int | None


@dataclass(frozen=True, slots=True)
class SystemHealthView:
    """Everything, with the alarms among it; `needs_operator` counts trades that wait for a person."""

    as_of: datetime
    status: str
    alarms: tuple[Alarm, ...]
    processes: list[ProcessView]
    queues: list[QueueView]
    streams: list[StreamView]
    venues: list[VenueView]
    stores: list[StoreView]
    needs_operator: int


class SystemHealth:
    """Reads only; `tell` alone writes, and only what it noticed."""

    def __init__(
        self,
        database: Database,
        pulses: Pulses,
        prices: LastPrices,
        venues: Sequence[str],
        job_queue: str,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._pulses = pulses
        self._prices = prices
        self._venues = venues
        self._job_queue = job_queue
        self._now = now

    async def look(self) -> SystemHealthView:
        """Read everything once. Raises what Postgres raises; Redis may be away."""
        now = self._now()
        pulses = await self._pulses.all(now)
        began = time.monotonic()
        async with self._database.system() as session:
            work = SystemWorkQueueRepository(session)
            waiting, stuck = await work.waiting(now), await work.needing_an_operator()
        postgres = StoreView("postgres", True, round((time.monotonic() - began) * 1000, 3), None)
        queues = [
            QueueView(held.queue, held.depth, max(0.0, (now - held.oldest).total_seconds()))
            for held in waiting
        ]
        queues.append(await self._jobs(now))
        streams = [await self._stream(venue, now) for venue in self._venues]
        found = alarms(_readings(pulses or [], queues, streams, now))
        silent = [name for name in EXPECTED if not any(pulse.process == name for pulse in pulses or [])]
        redis = await self._redis()
        return SystemHealthView(
            as_of=now,
            status="degraded" if found or silent or not redis.answers or stuck else "well",
            alarms=found,
            processes=[_process_view(pulse, now) for pulse in pulses or []]
            + [ProcessView(name) for name in silent],
            queues=queues,
            streams=streams,
            venues=_venue_views(pulses or []),
            stores=[postgres, redis],
            needs_operator=stuck,
        )

    async def tell(self) -> int:
        """Tell administrators of every alarm, once an hour while it stands, and of every process that stopped without
        being asked to, once; returns how many alarms there are. The outside channels tell repeats about the same
        component more and more seldom."""
        seen = await self.look()
        _publish(seen)
        fallen = crashes(await self._pulses.all(seen.as_of) or [], seen.as_of)
        async with self._database.system() as session:
            outbox = SystemNotificationOutbox(session)
            for crash in fallen:
                await _tell_of_crash(outbox, crash)
            for alarm in seen.alarms:
                if alarm.gauge is Gauge.SILENCE:
                    continue  # told as what it is
                await outbox.emit_to_administrators(
                    NotificationEvent.SYSTEM_DEGRADED,
                    dedupe_key=f"{alarm.component}:{alarm.gauge}:{seen.as_of:%Y-%m-%dT%H}"[:120],
                    figures={
                        "component": alarm.component,
                        "state": "in trouble",
                        "gauge": alarm.gauge.value.replace("_", " "),
                        "value": f"{alarm.value:.1f}",
                        "limit": f"{alarm.limit:g}",
                    },
                    subject=f"{alarm.component}:{alarm.gauge}"[:120],
                )
        return len(seen.alarms)

    async def _redis(self) -> StoreView:
        found = await self._pulses.probe()
        return StoreView("redis", False, None, None) if found is None else StoreView("redis", True, *found)

    async def _jobs(self, now: datetime) -> QueueView:
        found = await self._pulses.waiting_jobs(self._job_queue, now)
        return QueueView("jobs", None, None) if found is None else QueueView("jobs", *found)

    async def _stream(self, venue: str, now: datetime) -> StreamView:
        try:
            flushes = await self._prices.last(venue)
        except PricesUnavailableError:
            return StreamView(venue, 0, None, None)
        ages = [max(0.0, now.timestamp() - flush.wall_ms / 1000) for flush in flushes]
        return StreamView(venue, len(ages), min(ages, default=None), max(ages, default=None))


async def _tell_of_crash(outbox: SystemNotificationOutbox, crash: Crash) -> None:
    await outbox.emit_to_administrators(
        NotificationEvent.SYSTEM_ERROR,
        dedupe_key=crash.key[:120],
        figures={
            "component": crash.component,
            "pid": str(crash.pulse.pid),
            "heard_at": f"{crash.pulse.at:%Y-%m-%d %H:%M:%S} UTC",
            "consequence": REPLACED if crash.is_replaced else MISSING,
        },
        subject=crash.component[:120],
    )


def _readings(
    pulses: Sequence[Pulse], queues: Sequence[QueueView], streams: Sequence[StreamView], now: datetime
) -> list[GaugeReading]:
    found = [read for pulse in pulses for read in readings_of(pulse, now)]
    found += [GaugeReading(held.queue, Gauge.QUEUE_AGE, held.oldest_seconds) for held in queues]
    found += [
        GaugeReading(f"prices of {stream.venue}", Gauge.PRICE_AGE, stream.newest_seconds)
        for stream in streams
    ]
    return found


def _process_view(pulse: Pulse, now: datetime) -> ProcessView:
    silence = next(iter(readings_of(pulse, now)))
    return ProcessView(
        process=pulse.process,
        host=pulse.host,
        pid=pulse.pid,
        started_at=pulse.started_at,
        seen_at=pulse.at,
        is_alive=not alarms([silence]),
        cpu_percent=pulse.cpu_percent,
        memory_percent=pulse.memory_percent,
        disk_percent=pulse.disk_percent,
        rss_bytes=pulse.rss_bytes,
        loop_lag_milliseconds=pulse.loop_lag_milliseconds,
    )


def _venue_views(pulses: Sequence[Pulse]) -> list[VenueView]:
    return [
        VenueView(
            venue, pulse.process, calls.calls, calls.errors, calls.p50_milliseconds, calls.p95_milliseconds
        )
        for pulse in pulses
        for venue, calls in sorted(pulse.venues.items())
    ]


def _publish(seen: SystemHealthView) -> None:
    """Hand queues, prices and alarms to Prometheus."""
    QUEUE_DEPTH.clear()
    QUEUE_AGE.clear()
    for held in seen.queues:
        if held.depth is not None:
            QUEUE_DEPTH.labels(held.queue).set(held.depth)
            QUEUE_AGE.labels(held.queue).set(held.oldest_seconds or 0.0)
    for stream in seen.streams:
        if stream.newest_seconds is not None:
            PRICE_AGE.labels(stream.venue).set(stream.newest_seconds)
    ALARMS.set(len(seen.alarms))
