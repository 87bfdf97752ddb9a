"""A market without a venue for the monitor's benchmarks: many symbols of one instrument, prices from Redis."""

import sys
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from time import perf_counter, sleep

import numpy as np
import redis

from app.adapters.price_cache import stream_key
from app.core.clock import utc_now
from app.domain.price_batch import PriceTick, encode_prices
from app.domain.types import Candle, Instrument
from app.domain.venue import Quote

VENUE = "paper"
INSTRUMENT = Instrument(
    symbol="any",
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    max_quantity=Decimal(1_000),
    min_notional=Decimal(5),
    contract_size=Decimal(1),
    max_leverage=20,
    taker_fee_rate=Decimal("0.0005"),
    maker_fee_rate=Decimal("0.0002"),
)
NO_QUOTES: tuple[Sequence[Quote], ...] = ()
START_PRICE = 10_000.0
STREAM_LENGTH = 200_000


def symbols(count: int) -> list[str]:
    """Names of that many markets."""
    return [f"S{number:03d}/USDT:USDT" for number in range(count)]


class OneInstrument:
    """Every symbol trades like the same instrument; nothing else is known."""

    async def instrument(self, venue: str, symbol: str) -> Instrument | None:
        return INSTRUMENT

    async def instruments(self, venue: str) -> Sequence[Instrument]:
        return [INSTRUMENT]

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        return None

    async def closed_candles(
        self, venue: str, symbol: str, timeframe: str, *, limit: int, now_market_ms: int
    ) -> Sequence[Candle]:
        return []

    async def quotes(self, venue: str, symbols: Sequence[str]) -> AsyncIterator[Sequence[Quote]]:
        for quotes in NO_QUOTES:
            yield quotes


def publish(
    url: str, markets: int, seconds: float, per_second: int, per_entry: int, deviation: float
) -> None:
    """Publish a random walk of every market, packed, at a steady rate; the market time of a tick is the
    wall time at which its entry leaves. A rate of 0 is as fast as it goes."""
    client = redis.Redis.from_url(url)
    generator, names = np.random.default_rng(3), symbols(markets)
    prices = np.full(markets, START_PRICE)
    begun, sent = perf_counter(), 0
    while perf_counter() - begun < seconds:
        chosen = generator.integers(markets, size=per_entry)
        prices[chosen] = np.round(prices[chosen] * (1 + generator.normal(0, deviation, per_entry)), 1)
        now = int(utc_now().timestamp() * 1000)
        ticks = [PriceTick(names[m], float(prices[m]), float(prices[m]), now) for m in chosen.tolist()]
        fields: dict[str, bytes | str] = {"b": encode_prices(ticks), "t": str(now)}
        client.xadd(stream_key(VENUE), fields, maxlen=STREAM_LENGTH, approximate=True)  # type: ignore[arg-type]
        sent += per_entry
        ahead = sent / per_second - (perf_counter() - begun) if per_second else 0.0
        if ahead > 0:
            sleep(ahead)


if __name__ == "__main__":
    publish(
        sys.argv[1],
        int(sys.argv[2]),
        float(sys.argv[3]),
        int(sys.argv[4]),
        int(sys.argv[5]),
        float(sys.argv[6]),
    )
