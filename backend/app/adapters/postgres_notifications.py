"""NOTIFY from Postgres: one connection that listens, and connects again when it is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import structlog

RETRY_SECONDS = 0.5
CHECK_SECONDS = 5.0

log = structlog.get_logger(__name__)


class PostgresNotifications:
    """Payloads of one channel."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def listen(self, channel: str) -> AsyncIterator[str | None]:
        """Payloads as they come; None whenever listening has (again) begun, before which some were missed."""
        lost = False
        while True:
            waiting: asyncio.Queue[str | None] = asyncio.Queue()
            try:
                connection = await asyncpg.connect(self._dsn, timeout=5)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                if not lost:
                    log.warning("cannot listen for changes", channel=channel, error=type(error).__name__)
                lost = True
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                await connection.add_listener(
                    channel, lambda _c, _p, _ch, text, q=waiting: q.put_nowait(text)
                )
                lost = False
                yield None
                async for payload in _payloads(connection, waiting):
                    yield payload
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("no longer listening for changes", channel=channel, error=type(error).__name__)
            finally:
                connection.terminate()
            await asyncio.sleep(RETRY_SECONDS)


def _forwarder(waiting: asyncio.Queue[str | None]) -> Callable[[object, int, str, str], None]:
    def forward(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        waiting.put_nowait(payload)

    return forward


def _end_with(connection: asyncpg.Connection, waiting: asyncio.Queue[str | None]) -> None:
    connection.add_termination_listener(lambda _connection: waiting.put_nowait(None))


async def _payloads(connection: asyncpg.Connection, waiting: asyncio.Queue[str | None]) -> AsyncIterator[str]:
    """Payloads until the connection is lost; a silent one is asked from time to time."""
    while True:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                payload = await waiting.get()
        except TimeoutError:
            async with asyncio.timeout(CHECK_SECONDS):
                await connection.execute("SELECT 1")
            continue
        if payload is None:
            return
        yield payload
