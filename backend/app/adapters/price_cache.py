"""Prices in Redis: a stream of packed publications per venue, and the last price of each symbol.

`prices:{venue}` is a Stream of entries {b: packed batch, t: wall milliseconds}; `price:last:{venue}` is a
hash of symbol -> "mark|last|market_ms|wall_ms".
"""

from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.redis_commands import hash_fields
from app.domain.price_batch import (
    PriceBatchError,
    PriceColumns,
    PriceFlush,
    PricesUnavailableError,
    PriceTick,
    decode_columns,
    decode_prices,
)

BLOCK_MILLISECONDS = 2_000
ENTRIES_PER_READ = 200


def stream_key(venue: str) -> str:
    """The Redis Stream of a venue's publications."""
    return f"prices:{venue}"


def last_key(venue: str) -> str:
    """The Redis hash of a venue's last prices."""
    return f"price:last:{venue}"


class RedisPriceCache:
    """Reads what the monitor publishes; raises `PricesUnavailableError` where Redis or an entry fails."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def last(self, venue: str) -> list[PriceFlush]:
        """The last known prices of a venue, one publication per symbol."""
        try:
            held = await hash_fields(self._redis, last_key(venue))
        except (RedisError, OSError) as error:
            raise PricesUnavailableError(str(error)) from error
        return [self._parse_last(venue, symbol, text) for symbol, text in held.items()]

    async def follow(self, venues: Sequence[str]) -> AsyncIterator[PriceFlush]:
        """Publications from now on, oldest first."""
        places: dict[bytes | str | memoryview, int | bytes | str | memoryview] = {
            stream_key(venue): "$" for venue in venues
        }
        names = {stream_key(venue).encode(): venue for venue in venues}
        while True:
            try:
                answer = await self._redis.xread(places, count=ENTRIES_PER_READ, block=BLOCK_MILLISECONDS)
            except (RedisError, OSError) as error:
                raise PricesUnavailableError(str(error)) from error
            for key, entries in answer:
                for entry_id, fields in entries:
                    places[key.decode()] = entry_id
                    yield self._parse_entry(names[key], fields)

    async def follow_packed(self, venue: str) -> AsyncIterator[list[tuple[PriceColumns, int]]]:
        """One venue's publications from now on, as columns, each with its wall time in milliseconds: all that
        wait at once, oldest first. Ends where none came for two seconds."""
        place: bytes | str = "$"
        while True:
            try:
                answer = await self._redis.xread(
                    {stream_key(venue): place}, count=ENTRIES_PER_READ, block=BLOCK_MILLISECONDS
                )
            except (RedisError, OSError) as error:
                raise PricesUnavailableError(str(error)) from error
            if not answer:
                return
            entries = answer[0][1]
            place = entries[-1][0]
            try:
                yield [(decode_columns(fields[b"b"]), int(fields[b"t"])) for _, fields in entries]
            except (KeyError, ValueError, PriceBatchError) as error:
                raise PricesUnavailableError(
                    f"An entry of {stream_key(venue)} cannot be read: {error}"
                ) from error

    def _parse_entry(self, venue: str, fields: dict[bytes, bytes]) -> PriceFlush:
        try:
            return PriceFlush(venue, decode_prices(fields[b"b"]), int(fields[b"t"]))
        except (KeyError, ValueError, PriceBatchError) as error:
            raise PricesUnavailableError(
                f"An entry of {stream_key(venue)} cannot be read: {error}"
            ) from error

    def _parse_last(self, venue: str, symbol: bytes, text: bytes) -> PriceFlush:
        try:
            mark, last, market_ms, wall_ms = text.decode().split("|")
            tick = PriceTick(symbol.decode(), float(mark), float(last), int(market_ms))
            return PriceFlush(venue, [tick], int(wall_ms))
        except ValueError as error:
            raise PricesUnavailableError(f"A price in {last_key(venue)} cannot be read: {error}") from error
