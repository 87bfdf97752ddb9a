"""One request, asked over and over on kept connections: how many answers a server gives in a second."""

import asyncio
import contextlib
from time import perf_counter

CONNECTIONS = 16
_HEAD_END = b"\r\n\r\n"


class _Asker(asyncio.Protocol):
    """Sends the request again as soon as its answer is complete."""

    def __init__(self, request: bytes, done: asyncio.Future[None]) -> None:
        self._request = request
        self._done = done
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(_HEAD_END)
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(RuntimeError(f"The server refused: {self._buffer[:400]!r}"))
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self._buffer = b""
            self.answers += 1
            assert self._transport is not None
            self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or RuntimeError("The server closed the connection."))

    def stop(self) -> None:
        """Leave the connection."""
        if not self._done.done():
            self._done.set_result(None)
        if self._transport is not None:
            self._transport.abort()

    def _fail(self, error: Exception) -> None:
        if not self._done.done():
            self._done.set_exception(error)


async def answers_per_second(
    port: int, path: str, headers: dict[str, str], *, seconds: float, connections: int = CONNECTIONS
) -> float:
    """Answers of 200 per second over `seconds`; raises at the first other answer."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    askers = [
        (await loop.create_connection(lambda: _Asker(request, done), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    started = perf_counter()
    before = sum(asker.answers for asker in askers)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.shield(done)
    elapsed = perf_counter() - started
    answers = sum(asker.answers for asker in askers) - before
    for asker in askers:
        asker.stop()
    return answers / elapsed
