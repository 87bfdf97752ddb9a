"""Joins a process with the place where it tells its figures, and with Prometheus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.asyncio import Redis

from app.adapters.exchange.call_log import CALLS
from app.adapters.pulse import OwnFigures, RedisPulses
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.metrics import BEATS, serve_metrics
from app.core.redis import connect_redis
from app.domain.system_health import Pulse

BEAT_SECONDS = 5.0
PORT_OF_PROCESS = {"api": 0, "executor": 1, "monitor": 2, "jobs": 3, "notifier": 4}
RECORD_BEATS = 12  # one record of the performance stream a minute

performance = structlog.get_logger("performance")
log = structlog.get_logger(__name__)


@asynccontextmanager
async def pulsing(settings: Settings, redis: Redis, process: str) -> AsyncIterator[None]:
    """Tell this process's figures every five seconds, and serve them to Prometheus where a port is set.

    Neither is needed for trading: without Redis nobody hears them, and a port that is taken is only logged.
    """
    server = None
    if settings.metrics_port:
        port = settings.metrics_port + PORT_OF_PROCESS[process]
        try:
            server = serve_metrics(settings.metrics_host, port)
        except OSError as error:
            log.warning("figures are not served", port=port, error=str(error))
    stop, failed = asyncio.Event(), asyncio.Event()
    beating = asyncio.create_task(_beat(settings, RedisPulses(redis), process, stop, failed))
    try:
        yield
    except Exception:
        failed.set()
        raise
    finally:
        stop.set()  # rather than a cancellation in the middle of a command to Redis, which may be swallowed there
        await asyncio.wait({beating}, timeout=BEAT_SECONDS)
        beating.cancel()
        if server is not None:
            server.shutdown()
            server.server_close()


@asynccontextmanager
async def telling(settings: Settings, process: str) -> AsyncIterator[None]:
    """The same over a connection to Redis of its own."""
    redis = connect_redis(settings)
    try:
        async with pulsing(settings, redis, process):
            yield
    finally:
        await redis.aclose()


async def _beat(
    settings: Settings, pulses: RedisPulses, process: str, stop: asyncio.Event, failed: asyncio.Event
) -> None:
    """Tell until `stop`. What a process told is taken away as it stops, but left where it `failed`: that it fell
    silent is how operators hear of it."""
    figures = OwnFigures(process, settings.var_dir, utc_now())
    loop = asyncio.get_running_loop()
    told: Pulse | None = None
    beats, lag = 0, 0.0
    try:
        while not stop.is_set():
            told = figures.read(utc_now(), lag, CALLS.figures())
            await pulses.tell(told)
            BEATS.labels(process).inc()
            beats += 1
            if beats % RECORD_BEATS == 0:
                _record(told)
            due = loop.time() + BEAT_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await stop.wait()
            lag = max(0.0, loop.time() - due)
    finally:
        if told is not None and not failed.is_set():
            await pulses.forget(told)


def _record(pulse: Pulse) -> None:
    performance.info(
        "figures",
        cpu_percent=pulse.cpu_percent,
        memory_percent=pulse.memory_percent,
        disk_percent=pulse.disk_percent,
        rss_bytes=pulse.rss_bytes,
        loop_lag_milliseconds=pulse.loop_lag_milliseconds,
        venues={
            venue: {"calls": held.calls, "errors": held.errors, "p95_milliseconds": held.p95_milliseconds}
            for venue, held in pulse.venues.items()
        },
    )
