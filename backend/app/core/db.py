"""Transactions against Postgres, each under the tenant or the system role that it names.

Row-level security reads the tenant from `app.user_id`, which is set for the transaction only (never for
the connection, which is pooled). A transaction without a tenant raises in the policy rather than reading
nothing: an empty answer would look like "no exposure".
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

TENANT_KEY = "tenant_user_id"
DbSession = AsyncSession  # a transaction, as services name it


class _TenantSession(Session):
    """A session that tells Postgres its tenant at the start of every transaction."""


@event.listens_for(_TenantSession, "after_begin")
def _set_tenant(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    tenant = session.info.get(TENANT_KEY)
    if tenant is not None:
        connection.exec_driver_sql("SELECT set_config('app.user_id', $1, true)", (str(tenant),))


class Database:
    """One role's connections: at most so many, opened as they are needed and then kept. (A pool that closes those
    beyond its size opens and closes one for every swing of the load, each for 20 ms of processor at both ends.) The one
    used last is used next, so that what is beyond the usual need rests."""

    def __init__(self, url: str, *, connections: int = 16) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_use_lifo=True,
            pool_pre_ping=False,
            pool_recycle=1800,
            hide_parameters=True,  # an error's text is logged, and parameters are hashes of secrets and people's notes
            connect_args={"server_settings": {"application_name": "stackalpha", "timezone": "UTC"}},
        )
        self._sessions = async_sessionmaker(
            self.engine, sync_session_class=_TenantSession, expire_on_commit=False, autoflush=True
        )

    @asynccontextmanager
    async def tenant(self, user_id: UUID) -> AsyncIterator[AsyncSession]:
        """A transaction that sees and writes the rows of `user_id` only; commits on a clean exit."""
        async with self._sessions(info={TENANT_KEY: user_id}) as session, session.begin():
            yield session

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncSession]:
        """A transaction without a tenant: for the system role, shared tables and the sign-in functions."""
        async with self._sessions() as session, session.begin():
            yield session

    async def close(self) -> None:
        await self.engine.dispose()
