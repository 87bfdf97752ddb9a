"""How many connections the venue takes, in all and from one address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
import uvloop
from aiohttp import web

from paper_exchange.server.transport import Room, address, listen

MOST = 3


class WatchedRoom(Room):
    """Tells when its last guest has left."""

    def __init__(self, most: int, most_per_address: int) -> None:
        super().__init__(most, most_per_address)
        self.emptied = asyncio.Event()

    def leave(self, address: str) -> None:
        super().leave(address)
        if not self.guests:
            self.emptied.set()


@asynccontextmanager
async def _served(room: Room) -> AsyncIterator[str]:
    """A server with one page, and little room."""

    async def page(_: web.Request) -> web.Response:
        return web.json_response({})

    application = web.Application()
    application.router.add_get("/", page)
    runner = web.AppRunner(application)
    await runner.setup()
    listening = await listen(runner, "127.0.0.1", 0, room)
    yield address(listening)
    listening.close()
    await runner.cleanup()


async def _stay(url: str) -> aiohttp.ClientSession:
    """A client that has been served and keeps its connection."""
    session = aiohttp.ClientSession()
    try:
        async with session.get(url) as answer:
            assert await answer.json() == {}
    except aiohttp.ClientError:
        await session.close()
        raise
    return session


async def _fill_and_leave(room: WatchedRoom) -> None:
    async with _served(room) as served:
        staying = [await _stay(served) for _ in range(MOST)]
        with pytest.raises(aiohttp.ClientError):
            await _stay(served)
        async with staying[0].get(served) as answer:
            assert answer.status == 200
        for session in staying:
            await session.close()
        async with asyncio.timeout(90):
            await room.emptied.wait()
        await (await _stay(served)).close()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_address_is_served_up_to_its_part_and_again_when_it_leaves(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_fill_and_leave(WatchedRoom(most=5, most_per_address=MOST)))


def test_room_is_full_in_all_before_any_address_has_its_part() -> None:
    room = Room(most=5, most_per_address=MOST)
    assert [room.enter(name) for name in "aabbcd"] == [True] * 5 + [False]
    for name in "aabbcd":
        room.leave(name)
    assert not room.guests
