"""Pages of the execution log as they are sent: Postgres writes each line, and nothing here reads it again.

A line has the fields of `ExecutionRecord` in their order, decimals as plain digits in text.
"""

from dataclasses import fields
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    String,
    Text,
    and_,
    bindparam,
    cast,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy import column as named

from app.core.lean_reads import CompiledRead, LeanReading
from app.models.execution_log import ExecutionLog
from app.repositories.journal import ExecutionRecord, JournalFilter
from app.repositories.keyset import Keyset, decode_cursor

LOG: Final = ExecutionLog.__table__.c
UTC_TEXT: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def _given(name: str, of: str) -> ColumnElement[object]:
    return bindparam(name, type_=LOG[of].type)


CONDITIONS: Final[dict[str, ColumnElement[bool]]] = {
    "wallet_id": LOG.wallet_id == _given("wallet_id", "wallet_id"),
    "symbol": LOG.symbol == _given("symbol", "symbol"),
    "status": LOG.status == _given("status", "status"),
    "action": LOG.action == _given("action", "action"),
    "order_type": LOG.order_type == _given("order_type", "order_type"),
    "begin": LOG.timestamp >= _given("begin", "timestamp"),
    "end": LOG.timestamp < _given("end", "timestamp"),
    # The second part lets Postgres leave out newer months.
    "after": and_(
        tuple_(LOG.timestamp, LOG.id) < tuple_(_given("after", "timestamp"), _given("after_id", "id")),
        LOG.timestamp <= _given("after", "timestamp"),
    ),
}


class ExecutionPages:
    """Of one tenant, in a short transaction."""

    def __init__(self, reading: LeanReading) -> None:
        self._reading = reading

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
        rows = await self._reading.all(read, values | {"user_id": user_id, "most": limit + 1})
        lines = [row["line"] for row in rows[:limit]]
        if len(rows) <= limit:
            return lines, None
        last = rows[limit - 1]
        return lines, Keyset(last["at"], last["row_id"]).encode()


@lru_cache(1 << len(CONDITIONS))
def _read(names: tuple[str, ...]) -> CompiledRead:
    """The statement that holds these conditions: the page's rows first, then a line of JSON for each."""
    log = ExecutionLog.__table__
    line = select(*(_shown(field.name) for field in fields(ExecutionRecord))).correlate(log).lateral("line")
    page = (
        select(LOG.timestamp.label("at"), LOG.id.label("row_id"), named("line").label("line"))
        .select_from(log.join(line, true()))
        .where(LOG.user_id == _given("user_id", "user_id"), *(CONDITIONS[name] for name in names))
        .order_by(LOG.timestamp.desc(), LOG.id.desc())
        .limit(cast(bindparam("most"), Integer))
        .subquery("p")
    )
    return CompiledRead(
        select(page.c.at, page.c.row_id, cast(func.row_to_json(page.c.line), Text).label("line")).order_by(
            page.c.at.desc(), page.c.row_id.desc()
        )
    )


def _shown(name: str) -> ColumnElement[str]:
    """A column of the log as a line shows it."""
    column = LOG[name]
    if isinstance(column.type, DateTime):
        return func.to_char(column, UTC_TEXT).label(name)  # connections read in UTC
    if isinstance(column.type, Numeric):
        return cast(func.trim_scale(column), String).label(name)
    return column
