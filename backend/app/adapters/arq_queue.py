"""The doorbell of background jobs: arq over Redis, JSON on both sides. A lost job is found by a sweep."""

import asyncio
import json
from dataclasses import replace

import structlog
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from redis.exceptions import RedisError

QUEUE = "stackalpha:jobs"
RING_SECONDS = 1.0

log = structlog.get_logger(__name__)


def encode_job(job: dict[str, object]) -> bytes:
    """A job as JSON; pickles are never written."""
    return json.dumps(job).encode()


def decode_job(text: bytes) -> dict[str, object]:
    """A job from JSON; whatever else lies in Redis is refused by the parser."""
    found: dict[str, object] = json.loads(text)
    return found


def redis_settings(url: str) -> RedisSettings:
    """arq's own form of the address."""
    return RedisSettings.from_dsn(url)


class ArqQueue:
    """Rings for work. Redis being down is not an error of the caller: the sweep comes round."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._pool: ArqRedis | None = None
        self._lock = asyncio.Lock()

    async def enqueue(self, job: str, *arguments: str | int, key: str) -> None:
        """Ask for a job, once while one of the same key waits or runs."""
        try:
            async with asyncio.timeout(RING_SECONDS):
                pool = await self._connected()
                await pool.enqueue_job(job, *arguments, _job_id=key)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("a job could not be asked for", job=job, error=type(error).__name__)

    async def _connected(self) -> ArqRedis:
        async with self._lock:
            if self._pool is None:
                self._pool = await create_pool(
                    replace(redis_settings(self._url), conn_retries=0),  # the caller does not wait for Redis
                    job_serializer=encode_job,
                    job_deserializer=decode_job,
                    default_queue_name=QUEUE,
                )
            return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()
