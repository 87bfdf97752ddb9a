"""The Redis client: wake-ups, price fan-out, caches and rate limits; never the truth."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.core.config import Settings, SettingsError

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
RETRIES = 2


def connect_redis(settings: Settings) -> Redis:
    """A client over a pool of its own; nothing is sent before the first command. Values are bytes.

    A command is tried again twice after a lost connection. Blocking reads pass their own shorter `block`.
    """
    if not settings.redis_url:
        raise SettingsError("REDIS_URL is empty: start the embedded Redis with `stackalpha services`.")
    client: Redis = Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        socket_keepalive=True,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), RETRIES),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )
    return client
