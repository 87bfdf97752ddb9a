"""Everything that is kept of one tenant, table by table, without what opens anything."""

import base64
from collections.abc import AsyncGenerator, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Column, LargeBinary, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import Base

BATCH: Final = 2_000
SECRET_ENDINGS: Final = ("_hash", "_ciphertext")
NO_SECRETS: Final = frozenset({("audit_log", "previous_hash")})
# Bytes that are the user's own, and no secret.
DOCUMENTS: Final = frozenset({("trade_screenshots", "content"), ("reports", "html"), ("reports", "pdf")})


def account_tables() -> list[Table]:
    """The tables that hold rows of a tenant's, the tenant's own row first."""
    held = [table for table in Base.metadata.sorted_tables if "user_id" in table.columns]
    return [Base.metadata.tables["users"], *held]


def shown_columns(table: Table) -> list[Column[object]]:
    """The columns that are handed out: no hash of a secret, no ciphertext."""
    return [column for column in table.columns if not _is_secret(table.name, column)]


def _is_secret(table: str, column: Column[object]) -> bool:
    if (table, column.name) in NO_SECRETS | DOCUMENTS:
        return False
    return isinstance(column.type, LargeBinary) or column.name.endswith(SECRET_ENDINGS)


class AccountDataRepository:
    """The rows of one tenant, whatever they are about."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def count(self, user_id: UUID) -> int:
        """How many rows there are."""
        total = 0
        for table in account_tables():
            statement = select(func.count()).select_from(table).where(_owner(table) == user_id)
            total += (await self._session.execute(statement)).scalar_one()
        return total

    async def rows(self, user_id: UUID, table: Table) -> AsyncGenerator[list[Mapping[str, object]], None]:
        """The rows of one table in batches; pictures and documents are base64."""
        statement = select(*shown_columns(table)).where(_owner(table) == user_id)
        found = await self._session.stream(statement.execution_options(yield_per=BATCH))
        async for part in found.mappings().partitions():
            yield [_as_text(dict(row)) for row in part]


def _owner(table: Table) -> Column[object]:
    return table.columns["id" if table.name == "users" else "user_id"]


def _as_text(row: dict[str, object]) -> dict[str, object]:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for name, value in row.items()
    }
