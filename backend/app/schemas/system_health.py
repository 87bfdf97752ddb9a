"""How the platform itself does, for administrators. Readings are measured, so they are numbers; null is unknown."""

from typing import Literal

from app.domain.system_health import Gauge
from app.schemas.figures import Answer, Instant


class SystemAlarm(Answer):
    """A reading at or beyond its limit."""

    component: str
    gauge: Gauge
    value: float
    limit: float


class ProcessHealth(Answer):
    """A process as it last told; percentages are of its machine, 0-100."""

    process: str
    host: str | None
    pid: int | None
    started_at: Instant | None
    seen_at: Instant | None
    is_alive: bool
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None
    rss_bytes: int | None
    loop_lag_milliseconds: float | None


class QueueHealth(Answer):
    """Work that is due."""

    queue: str
    depth: int | None
    oldest_seconds: float | None


class StreamHealth(Answer):
    """A venue's prices, by their transport age."""

    venue: str
    symbols: int
    newest_seconds: float | None
    oldest_seconds: float | None


class VenueHealth(Answer):
    """Calls of one process to a venue in the last minute; an error is a call without a certain answer."""

    venue: str
    process: str
    calls: int
    errors: int
    p50_milliseconds: float | None
    p95_milliseconds: float | None


class StoreHealth(Answer):
    """Postgres or Redis."""

    store: str
    answers: bool
    milliseconds: float | None
    used_bytes: int | None


class SystemHealth(Answer):
    """Everything, with what is in trouble. `needs_operator` counts trades that wait for a person."""

    as_of: Instant
    status: Literal["well", "degraded"]
    alarms: list[SystemAlarm]
    processes: list[ProcessHealth]
    queues: list[QueueHealth]
    streams: list[StreamHealth]
    venues: list[VenueHealth]
    stores: list[StoreHealth]
    needs_operator: int
