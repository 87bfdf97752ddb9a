"""From which reading a process, a queue or a stream of the platform is in trouble. The thresholds are the operator's
floor and the same everywhere; a reading that is not known is no alarm, a process that is silent is one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Final


class Gauge(StrEnum):
    """What is watched."""

    CPU = "cpu_percent"
    MEMORY = "memory_percent"
    DISK = "disk_percent"
    SILENCE = "silence_seconds"
    LOOP_LAG = "loop_lag_milliseconds"
    QUEUE_AGE = "queue_age_seconds"
    PRICE_AGE = "price_age_seconds"
    VENUE_ERRORS = "venue_error_percent"


LIMITS: Final = {
    Gauge.CPU: 80.0,
    Gauge.MEMORY: 80.0,
    Gauge.DISK: 90.0,
    Gauge.SILENCE: 20.0,
    Gauge.LOOP_LAG: 1_000.0,
    Gauge.QUEUE_AGE: 30.0,
    Gauge.PRICE_AGE: 15.0,
    Gauge.VENUE_ERRORS: 20.0,
}
"""Reached is an alarm. Shares are of the machine that the process runs on."""

LEAST_VENUE_CALLS: Final = 10  # fewer calls in a minute say nothing of a venue's error rate


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """One reading of a component ("executor", "outbox", "prices of paper"); None where it is not known."""

    component: str
    gauge: Gauge
    value: float | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A reading at or beyond its limit."""

    component: str
    gauge: Gauge
    value: float
    limit: float


def alarms(readings: Sequence[GaugeReading]) -> tuple[Alarm, ...]:
    """Return the alarms among readings, in their order."""
    return tuple(_alarms(readings))


def _alarms(readings: Sequence[GaugeReading]) -> Iterator[Alarm]:
    for read in readings:
        limit = LIMITS[read.gauge]
        if read.value is not None and read.value >= limit:
            yield Alarm(read.component, read.gauge, read.value, limit)


@dataclass(frozen=True, slots=True)
class CallFigures:
    """Calls to a venue in the last minute as one process saw them. Times in milliseconds, None without a call."""

    calls: int
    errors: int
    p50_milliseconds: float | None
    p95_milliseconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """One process as it last told. Percentages are of its machine, 0-100; `rss_bytes` its own memory; times wall."""

    process: str
    host: str
    pid: int
    started_at: datetime
    at: datetime
    cpu_percent: float
    memory_percent: float
    disk_percent: float | None
    rss_bytes: int
    loop_lag_milliseconds: float
    venues: Mapping[str, CallFigures] = field(default_factory=dict)


def readings_of(pulse: Pulse, now: datetime) -> Iterator[GaugeReading]:
    """Return what a process told, and for how long it has been silent."""
    name = f"{pulse.process} on {pulse.host}"
    yield GaugeReading(name, Gauge.SILENCE, (now - pulse.at).total_seconds())
    yield GaugeReading(name, Gauge.CPU, pulse.cpu_percent)
    yield GaugeReading(name, Gauge.MEMORY, pulse.memory_percent)
    yield GaugeReading(name, Gauge.DISK, pulse.disk_percent)
    yield GaugeReading(name, Gauge.LOOP_LAG, pulse.loop_lag_milliseconds)
    for venue, calls in sorted(pulse.venues.items()):
        yield GaugeReading(f"{venue} as {pulse.process} sees it", Gauge.VENUE_ERRORS, error_percent(calls))


@dataclass(frozen=True, slots=True)
class Crash:
    """A process that ended without being asked to: it has been silent for too long, and one that stops in order takes
    its figures away. `is_replaced` where a younger one of the same name is heard of."""

    pulse: Pulse
    is_replaced: bool

    @property
    def component(self) -> str:
        """Which process, and on which machine."""
        return f"{self.pulse.process} on {self.pulse.host}"

    @property
    def key(self) -> str:
        """The same for one crash, however often it is looked at."""
        return f"{self.component}:{self.pulse.pid}:{self.pulse.started_at.isoformat()}"


def crashes(pulses: Sequence[Pulse], now: datetime) -> tuple[Crash, ...]:
    """Return the processes that fell silent, in their order."""
    limit = LIMITS[Gauge.SILENCE]
    alive = [pulse for pulse in pulses if (now - pulse.at).total_seconds() < limit]
    return tuple(
        Crash(
            pulse,
            any(other.process == pulse.process and other.started_at > pulse.started_at for other in alive),
        )
        for pulse in pulses
        if (now - pulse.at).total_seconds() >= limit
    )


def call_figures(seconds: Sequence[float], errors: int) -> CallFigures:
    """Return the figures of calls that took so long each, of which `errors` gave no certain answer."""
    ordered = sorted(seconds)
    return CallFigures(len(ordered), errors, _rank(ordered, 0.50), _rank(ordered, 0.95))


def error_percent(figures: CallFigures) -> float | None:
    """Return the share of calls without a certain answer, 0-100; None while they are too few to judge by."""
    return None if figures.calls < LEAST_VENUE_CALLS else 100 * figures.errors / figures.calls


def _rank(ordered: Sequence[float], share: float) -> float | None:
    """The value below which that share of the values lies (nearest rank), in milliseconds."""
    if not ordered:
        return None
    return round(ordered[ceil(share * len(ordered)) - 1] * 1000, 3)
