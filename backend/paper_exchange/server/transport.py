"""The listening socket: what is no HTTP is refused in the venue's words, without a line in the log."""

from __future__ import annotations

import asyncio
import resource
from http import HTTPStatus

from aiohttp import web

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.replies import Reply

MOST_CONNECTIONS = 8_192
WANTED_FILES = 16_384
LONGEST_LINE = 16 * 1024
MOST_HEADERS = 100


class VenueProtocol(web.RequestHandler):
    """One connection of a client."""

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


async def listen(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    """Serve on that address (port 0: a free one); raises OSError when it cannot be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    server, loop = runner.server, asyncio.get_running_loop()
    if server is None:
        raise RuntimeError("the runner has not been set up")

    def connected() -> asyncio.Protocol:
        if len(server.connections) >= MOST_CONNECTIONS:
            return _Refused()
        return VenueProtocol(
            server,
            loop=loop,
            max_line_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
            auto_decompress=False,
        )

    return await loop.create_server(connected, host, port)


def address(listening: asyncio.Server) -> str:
    """The URL it is reached at."""
    host, port = listening.sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Refused(asyncio.Protocol):
    """A connection too many: closed at once, so that those that are open go on."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
