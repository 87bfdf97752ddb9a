"""The API's connections, whose failures are answers: a lost database is 503, a value too large 422."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.errors import ConflictError, InvalidInputError, UnavailableError

# SQLSTATE classes: 22 data exception; 08 connection, 53 resources, 57 operator intervention; 40 rollback.
DATA: Final = ("22",)
AWAY: Final = ("08", "53", "57")
RETRY: Final = ("40", "55P03")


class ApiDatabase(Database):
    """`Database` whose transactions raise the product's errors."""

    @asynccontextmanager
    async def tenant(self, user_id: UUID) -> AsyncIterator[AsyncSession]:
        """A transaction under the tenant; commits on a clean exit."""
        with _as_answers():
            async with super().tenant(user_id) as session:
                yield session

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncSession]:
        """A transaction without a tenant."""
        with _as_answers():
            async with super().system() as session:
                yield session


@contextmanager
def _as_answers() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise UnavailableError(
            "The database is busy: try again.", code="database_unavailable", retry_after_seconds=2
        ) from error
    except OSError as error:
        raise UnavailableError("The database does not answer.", code="database_unavailable") from error
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if state.startswith(DATA):
            raise InvalidInputError("A value is outside of what can be stored.") from error
        if state.startswith(RETRY):
            raise ConflictError(
                "Somebody changed the same thing at the same moment: try again.", code="conflict_retry"
            ) from error
        if error.connection_invalidated or isinstance(error, InterfaceError) or state.startswith(AWAY):
            raise UnavailableError(
                "The database does not answer.", code="database_unavailable", retry_after_seconds=2
            ) from error
        raise
