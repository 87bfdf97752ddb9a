"""Reads in a short transaction under a tenant, at a quarter of a session's cost.

For what every request does, and for pages that are sent as Postgres writes them. A Core statement is compiled once;
then a read is three messages to Postgres over a pool of its own: begin and name the tenant, ask, commit. Row-level
security holds as everywhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from app.core.errors import InvalidInputError, UnavailableError

DIALECT = make_url("postgresql+asyncpg://").get_dialect()()
CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 10.0
BUSY_SECONDS = 10.0


class CompiledRead:
    """A statement with named parameters, as Postgres takes them."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=DIALECT)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"a read is a statement, not {type(statement).__name__}")
        self.sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._literals = dict(compiled.params)

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """The values in Postgres' order, with what the statement itself holds."""
        held = {**self._literals, **values}
        return [held[name] for name in self._names]


@dataclass(frozen=True, slots=True)
class LeanReading:
    """A reading transaction under a tenant."""

    connection: asyncpg.Connection

    async def one(self, read: CompiledRead, values: Mapping[str, object]) -> asyncpg.Record | None:
        """The first row that the tenant sees; None where there is none."""
        return await self.connection.fetchrow(read.sql, *read.arguments(values))

    async def all(self, read: CompiledRead, values: Mapping[str, object]) -> list[asyncpg.Record]:
        """Every row that the tenant sees."""
        return list(await self.connection.fetch(read.sql, *read.arguments(values)))


class LeanReads:
    """A pool of connections that only read. Nothing is connected before the first read."""

    def __init__(self, dsn: str, *, size: int) -> None:
        self._dsn = dsn
        self._size = size
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def one(
        self, user_id: UUID, read: CompiledRead, values: Mapping[str, object]
    ) -> asyncpg.Record | None:
        """The first row that the tenant sees; None where there is none. Raises InvalidInputError for a value that no
        row can hold."""
        async with self.tenant(user_id) as reading:
            return await reading.one(read, values)

    @asynccontextmanager
    async def tenant(self, user_id: UUID) -> AsyncIterator[LeanReading]:
        """A reading transaction under the tenant, for several reads. Raises InvalidInputError for a value that no row
        can hold, UnavailableError where the database does not answer."""
        if not isinstance(user_id, UUID):  # it becomes part of a statement
            raise TypeError(f"a tenant is named by a UUID, not by {user_id!r}")
        try:
            pool = self._pool or await self._open()
            async with pool.acquire(timeout=BUSY_SECONDS) as connection:
                # One message instead of two. A UUID has no character that could end the text.
                await connection.execute(
                    f"BEGIN READ ONLY; SELECT set_config('app.user_id', '{user_id}', true)"
                )
                try:
                    yield LeanReading(connection)
                except Exception:
                    await connection.execute("ROLLBACK")
                    raise
                await connection.execute("COMMIT")
        except asyncpg.DataError as error:
            raise InvalidInputError("A value is outside of what can be stored.") from error
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise UnavailableError(
                "The database does not answer.", code="database_unavailable", retry_after_seconds=2
            ) from error

    async def close(self) -> None:
        """Leave every connection."""
        if self._pool is not None:
            await self._pool.close()

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
                    server_settings={"application_name": "stackalpha", "timezone": "UTC"},
                )
            return self._pool


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Every read ends its transaction itself, and sets nothing beyond it; the pool ends a cancelled one."""
