"""Prices that waited in the stream of a process that stood still are not taken for new ones."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import ccxt
import pytest

from app.adapters.exchange.streams import watch_quotes
from tests.adapters.exchange.accounts import BTC

STALE_SECONDS = 5.0
START = datetime(2026, 1, 7, 12, tzinfo=UTC)
Told = tuple[float, str]  # after how many seconds, and the price


class ToldPrices:
    """A stream that tells these prices, each at its time, and is lost then."""

    def __init__(self, clock: "Clock", told: Sequence[Told]) -> None:
        self._clock, self._told = clock, list(told)

    async def watch_mark_prices(self) -> dict[str, dict[str, object]]:
        if not self._told:
            raise ccxt.NetworkError("the stream is lost")
        seconds, price = self._told.pop(0)
        self._clock.now = START + timedelta(seconds=seconds)
        return {BTC: {"symbol": BTC, "info": {"p": price, "E": 1_767_787_200_000}}}

    async def close(self) -> None:
        self._told.clear()


class Clock:
    """The wall's, as the streams move it."""

    now = START


async def heard(count: int, *streams: Sequence[Told]) -> list[Decimal]:
    """The first so many prices of streams that are opened one after the other."""
    clock, left = Clock(), list(streams)

    async def opened() -> ToldPrices:
        return ToldPrices(clock, left.pop(0))

    prices: list[Decimal] = []
    async for quotes in watch_quotes(opened, [BTC], lambda: clock.now, STALE_SECONDS):
        prices += [quote.mark_price for quote in quotes]
        if len(prices) >= count:
            return prices
    return prices


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(4.999, ["100", "99", "98"]), (5.0, ["100", "99", "98"]), (5.001, ["100", "110", "111"])],
)
async def test_what_comes_after_a_gap_is_left_out_and_the_stream_opened_again(
    gap: float, expected: list[str]
) -> None:
    waited = [(0.0, "100"), (gap, "99"), (gap, "98")]
    assert await heard(3, waited, [(gap + 0.1, "110"), (gap + 0.2, "111")]) == [
        Decimal(price) for price in expected
    ]


async def test_first_price_of_a_stream_is_heard_however_long_it_took() -> None:
    """A market in which seldom anything happens is heard all the same."""
    slow = [[(10.0 * number, str(100 + number)), (10.0 * number + 9, "1")] for number in range(3)]
    assert await heard(3, *slow) == [Decimal(100), Decimal(101), Decimal(102)]
