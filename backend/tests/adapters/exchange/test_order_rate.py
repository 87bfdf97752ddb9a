"""Orders of one account: exits find room where entries do not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.exchange.order_rate import OrderRate

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOWS = {10: 10, 60: 20}


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


async def sent(rate: OrderRate, *, is_exit: bool) -> bool:
    """Whether an order leaves at once."""
    try:
        async with asyncio.timeout(0.01):
            await rate.acquire(is_exit=is_exit)
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize(("is_exit", "most"), [(False, 8), (True, 10)])
async def test_window_is_used_to_its_share(is_exit: bool, most: int) -> None:
    rate = OrderRate(Clock(), WINDOWS)
    assert [await sent(rate, is_exit=is_exit) for _ in range(most + 1)] == [True] * most + [False]


async def test_exit_leaves_where_entries_used_their_share() -> None:
    rate = OrderRate(Clock(), WINDOWS)
    for _ in range(8):
        await rate.acquire(is_exit=False)
    assert not await sent(rate, is_exit=False)
    assert await sent(rate, is_exit=True)


async def test_next_window_has_room_again_but_the_minute_binds() -> None:
    clock = Clock()
    rate = OrderRate(clock, WINDOWS)
    for window in range(2):
        clock.at = START + timedelta(seconds=10 * window)
        for _ in range(8):
            await rate.acquire(is_exit=False)
    clock.at = START + timedelta(seconds=20)
    assert not await sent(rate, is_exit=False)
    clock.at = START + timedelta(seconds=60)
    assert await sent(rate, is_exit=False)


async def test_venue_that_counts_more_is_believed() -> None:
    rate = OrderRate(Clock(), WINDOWS)
    rate.note({"X-MBX-ORDER-COUNT-10S": "10"})
    assert not await sent(rate, is_exit=True)
