# ruff: noqa: S608 - the statements are built of our own tables' names; every value is a parameter
"""Many rows of one table in one statement: inserted, or updated where each is still as it was read."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import URL, Table, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

Row = Mapping[str, object]
WAS = "was"  # beside a row's values: the status that it had when it was read
_ENCODE = msgspec.json.Encoder(enc_hook=str).encode
_DIALECT = URL.create("postgresql+asyncpg").get_dialect()()


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Row]) -> int:
    """Insert what is not there yet; how many were not."""
    count = 0
    for names, alike in _alike(rows).items():
        result = await _execute(session, _insert(table, names), {"rows": as_json(alike)})
        count += result
    return count


async def update_rows(
    session: AsyncSession, table: Table, key: str, user_id: object, rows: Sequence[Row]
) -> int:
    """Write each row's values where its status is still `WAS`; how many were written."""
    count = 0
    for names, alike in _alike(rows).items():
        values = {"rows": as_json(alike), "user": user_id}
        count += await _execute(session, _update(table, key, names), values)
    return count


def as_json(rows: Sequence[Row]) -> str:
    """Rows as `json_to_recordset` reads them: decimals, times and ids as their text."""
    return _ENCODE([dict(row) for row in rows]).decode()


async def _execute(session: AsyncSession, statement: TextClause, values: dict[str, object]) -> int:
    result = await (await session.connection()).execute(statement, values)
    return result.rowcount


def _alike(rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    """The rows by the names of their values: a name that is absent leaves the column alone."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(sorted(row)), []).append(row)
    return found


def _given(table: Table, names: tuple[str, ...]) -> str:
    types = ", ".join(f'"{name}" {_type(table, name)}' for name in names)
    return f"json_to_recordset(CAST(:rows AS json)) AS given ({types})"


def _type(table: Table, name: str) -> str:
    return "text" if name == WAS else table.c[name].type.compile(dialect=_DIALECT)


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...]) -> TextClause:
    columns = ", ".join(f'"{name}"' for name in names)
    return text(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {_given(table, names)}"
        " ON CONFLICT DO NOTHING"
    )


@lru_cache(maxsize=256)
def _update(table: Table, key: str, names: tuple[str, ...]) -> TextClause:
    values = ", ".join(f'"{name}" = given."{name}"' for name in names if name not in (key, WAS))
    return text(
        f"UPDATE {table.name} SET {values}, updated_at = now() FROM {_given(table, names)}"
        f" WHERE {table.name}.user_id = :user AND {table.name}.{key} = given.{key}"
        f" AND {table.name}.status = given.{WAS}"
    )
