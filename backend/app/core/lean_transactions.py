"""Bare asyncpg connections of one role, for the few statements of the hot path.

A statement outside `transaction` commits by itself, durably, in its one round trip. Plans are generic and
go by index: these statements run thousands of times with the same shape, and a plan that was made while the tables
were empty must not read them whole once they are not.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 30.0
BUSY_SECONDS = 30.0


class LeanTransactions:
    """A pool of connections. Nothing is connected before the first use."""

    def __init__(self, dsn: str, *, size: int) -> None:
        self._dsn = dsn
        self._size = size
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection without a transaction: every statement is one of its own."""
        pool = self._pool or await self._open()
        async with pool.acquire(timeout=BUSY_SECONDS) as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """A transaction; commits on a clean exit."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        """Leave every connection."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=0,
                    max_size=self._size,
                    timeout=CONNECT_SECONDS,
                    command_timeout=COMMAND_SECONDS,
                    reset=_nothing_to_reset,
                    server_settings={
                        "application_name": "stackalpha gate",
                        "timezone": "UTC",
                        "plan_cache_mode": "force_generic_plan",
                        "jit": "off",
                        "enable_seqscan": "off",
                    },
                )
            return self._pool


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Nothing is set beyond a transaction, and transactions end with their block."""
