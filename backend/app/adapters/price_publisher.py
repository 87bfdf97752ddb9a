"""Publishes prices in Redis: one packed stream entry per flush, and the last price of each symbol."""

from collections.abc import Sequence

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.adapters.price_cache import last_key, stream_key
from app.domain.price_batch import PriceTick, encode_prices

STREAM_LENGTH = 2_000
Field = bytes | bytearray | memoryview | str | int | float

log = structlog.get_logger(__name__)


class RedisPricePublisher:
    """Satisfies `services.market_data.PricePublisher`. Without Redis nothing is published."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._down = False

    async def publish(self, venue: str, ticks: Sequence[PriceTick], wall_ms: int) -> None:
        newest = {tick.symbol: tick for tick in ticks}
        held = {s: f"{t.mark!r}|{t.last!r}|{t.market_ms}|{wall_ms}" for s, t in newest.items()}
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                entry: dict[Field, Field] = {"b": encode_prices(ticks), "t": str(wall_ms)}
                pipe.xadd(stream_key(venue), entry, maxlen=STREAM_LENGTH, approximate=True)
                pipe.hset(last_key(venue), mapping=held)
                await pipe.execute()
            self._down = False
        except (RedisError, OSError) as error:
            if not self._down:
                log.warning("prices cannot be published", error=type(error).__name__)
            self._down = True

    async def beat(self, process: str, wall_ms: int) -> None:
        """Say that a process is alive; the word is forgotten after ten seconds."""
        try:
            await self._redis.set(f"heartbeat:{process}", str(wall_ms), ex=10)
        except (RedisError, OSError):
            return
