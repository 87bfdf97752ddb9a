"""The listening socket: what is no HTTP is refused in the venue's words, without a line in the log, and no address
may take more than its part of the connections.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, cast

from aiohttp import web

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.replies import Reply

MOST_CONNECTIONS = 8_192
MOST_PER_ADDRESS = 4_096
WANTED_FILES = 16_384
LONGEST_LINE: Final = 16 * 1024
MOST_HEADERS: Final = 100


@dataclass(slots=True)
class Room:
    """How many connections there may be, in all and from one address, and how many there are."""

    most: int = MOST_CONNECTIONS
    most_per_address: int = MOST_PER_ADDRESS
    guests: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> bool:
        """Count one more from the address; False when there is no room for it (it is counted all the same)."""
        self.guests[address] += 1
        return self.guests.total() <= self.most and self.guests[address] <= self.most_per_address

    def leave(self, address: str) -> None:
        self.guests[address] -= 1
        if not self.guests[address]:
            del self.guests[address]


class VenueProtocol(web.RequestHandler):
    """One connection of a client."""

    __slots__ = ("_address", "_room")

    def __init__(self, server: web.Server, room: Room) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            max_line_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
            auto_decompress=False,
        )
        self._room = room
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        if not self._room.enter(self._address):
            # uvloop's transports are none of asyncio's classes, and can be aborted all the same
            cast("asyncio.Transport", transport).abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._room.leave(self._address)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be parsed with a code; the connection is closed after it."""
        del request, exc, message
        reply = Reply()
        reply.refuse(VenueError(Refusal.MALFORMED, "request"))
        reply.status = status
        response = reply.response()
        response.force_close()
        return response


async def listen(runner: web.AppRunner, host: str, port: int, room: Room | None = None) -> asyncio.Server:
    """Serve on that address (port 0: a free one); raises OSError when it cannot be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    server, shared = runner.server, room or Room()
    if server is None:
        raise RuntimeError("the runner has not been set up")
    return await asyncio.get_running_loop().create_server(lambda: VenueProtocol(server, shared), host, port)


def address(listening: asyncio.Server) -> str:
    """The URL it is reached at."""
    host, port = listening.sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
