"""Pages of the execution log as they are sent: Postgres writes each line, and nothing here reads it again.

A line has the fields of `ExecutionRecord` in their order, decimals as plain digits in text.
"""

from dataclasses import fields
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import Numeric, text

from app.core.lean_reads import CompiledRead, LeanReads
from app.models.execution_log import ExecutionLog
from app.repositories.journal import ExecutionRecord, JournalFilter
from app.repositories.keyset import Keyset, decode_cursor

MOMENTS: Final = ("timestamp", "market_time")
UTC_TEXT: Final = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
CONDITIONS: Final = {
    "wallet_id": "l.wallet_id = :wallet_id",
    "symbol": "l.symbol = :symbol",
    "status": "l.status = :status",
    "action": "l.action = :action",
    "order_type": "l.order_type = :order_type",
    "begin": "l.timestamp >= :begin",
    "end": "l.timestamp < :end",
    # The second part lets Postgres leave out newer months.
    "after": "(l.timestamp, l.id) < (:after, :after_id) AND l.timestamp <= :after",
}


class ExecutionPages:
    """Of one tenant at a time, in short reads of their own."""

    def __init__(self, reads: LeanReads) -> None:
        self._reads = reads

    async def page(
        self, user_id: UUID, chosen: JournalFilter, *, cursor: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """(lines as JSON, newest first; where the next page begins, None on the last one)."""
        values: dict[str, object] = {
            name: value for name in CONDITIONS if (value := getattr(chosen, name, None)) is not None
        }
        after = decode_cursor(cursor)
        if after is not None:
            values |= {"after": after.at, "after_id": after.id}
        read = _read(tuple(name for name in CONDITIONS if name in values))
        rows = await self._reads.all(user_id, read, values | {"user_id": user_id, "most": limit + 1})
        lines = [row["line"] for row in rows[:limit]]
        if len(rows) <= limit:
            return lines, None
        last = rows[limit - 1]
        return lines, Keyset(last["timestamp"], last["id"]).encode()


@lru_cache(1 << len(CONDITIONS))
def _read(names: tuple[str, ...]) -> CompiledRead:
    """The statement that holds these conditions."""
    where = " AND ".join(["l.user_id = :user_id", *(CONDITIONS[name] for name in names)])
    columns = ", ".join(_column(field.name) for field in fields(ExecutionRecord))
    return CompiledRead(
        text(
            "SELECT p.at AS timestamp, p.row_id AS id, row_to_json(p.line)::text AS line FROM ("  # noqa: S608
            f"SELECT l.timestamp AS at, l.id AS row_id, line FROM execution_logs l, LATERAL (SELECT {columns}) line"
            f" WHERE {where} ORDER BY l.timestamp DESC, l.id DESC LIMIT CAST(:most AS integer)) p"
            " ORDER BY p.at DESC, p.row_id DESC"
        )
    )


def _column(name: str) -> str:
    """A column of the log as a line shows it."""
    if name in MOMENTS:
        return f"to_char(l.{name}, {UTC_TEXT}) AS {name}"  # connections read in UTC
    if isinstance(getattr(ExecutionLog, name).type, Numeric):
        return f"trim_scale(l.{name})::text AS {name}"
    return f"l.{name}"
