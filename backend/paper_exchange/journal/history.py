"""Reading back what is closed: orders, conditional orders, fills and income, as committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import msgspec

from paper_exchange.engine.orders import (
    Amendment,
    AutoClose,
    Conditional,
    Fill,
    Income,
    MarginChange,
    Order,
)
from paper_exchange.engine.past import Picture

T = TypeVar("T")
FAR_FUTURE_MS = 1 << 60

_FILTER = """
WHERE account = :account AND (:symbol IS NULL OR symbol = :symbol) AND id >= :from_id
AND time_ms BETWEEN :start_ms AND :end_ms
"""
_ORDERS = "SELECT body FROM orders" + _FILTER  # noqa: S608 - constants
_CONDITIONALS = "SELECT body FROM conditionals" + _FILTER  # noqa: S608 - constants
_FILLS = "SELECT body FROM fills" + _FILTER + "AND (:order_id IS NULL OR order_id = :order_id)"  # noqa: S608
_INCOME = "SELECT body FROM income" + _FILTER + "AND (:kind IS NULL OR kind = :kind)"  # noqa: S608
_MARGIN_CHANGES = "SELECT body FROM margin_changes" + _FILTER + "AND (:sign IS NULL OR sign = :sign)"  # noqa: S608
# The index finds the prefix; the body says that it was the venue, for anybody may choose such a client id.
_AUTO_CLOSE = """
AND client_id >= 'autoclose-' AND client_id < 'autoclose.'
AND json_extract(body, '$.auto_close') = coalesce(:kind, json_extract(body, '$.auto_close'))
"""
_FORCED = "SELECT body FROM orders" + _FILTER + _AUTO_CLOSE  # noqa: S608 - constants
_AMENDMENTS = """
SELECT body FROM amendments WHERE account = :account AND order_id = :order_id
AND time_ms BETWEEN :start_ms AND :end_ms
"""
_OLDEST_FIRST = " ORDER BY id LIMIT :limit OFFSET (:page - 1) * :limit"
_NEWEST_FIRST = " ORDER BY id DESC LIMIT :limit OFFSET (:page - 1) * :limit"


@dataclass(frozen=True, slots=True)
class Range:
    """Which rows: of one account, narrowed by whatever is not None.

    Times are market milliseconds, inclusive. `oldest_first` says which rows count when there are more than
    `limit`: the oldest, the newest, or (None) the oldest exactly when a start was given. `page` turns over as many
    pages of `limit` rows, the first being 1.
    """

    account: str
    symbol: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    from_id: int | None = None
    order_id: int | None = None
    kind: str | None = None
    sign: int | None = None
    limit: int = 500
    oldest_first: bool | None = None
    page: int = 1


class History:
    """Queries over the journal's reader; oldest first in every answer."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader
        self._as_of: Picture | None = None

    @contextmanager
    def seen_at(self, picture: Picture | None) -> Iterator[None]:
        """Answer as of that picture inside the block; None: as it is."""
        self._as_of = picture
        try:
            yield
        finally:
            self._as_of = None

    def orders(self, wanted: Range) -> list[Order]:
        rows = self._rows(_ORDERS, wanted, Order)
        return [row for row in map(self._order_then, rows) if row is not None]

    def conditionals(self, wanted: Range) -> list[Conditional]:
        rows = self._rows(_CONDITIONALS, wanted, Conditional)
        return [row for row in map(self._conditional_then, rows) if row is not None]

    def fills(self, wanted: Range) -> list[Fill]:
        last = None if self._as_of is None else self._as_of.counters.fill
        return [row for row in self._rows(_FILLS, wanted, Fill) if last is None or row.id <= last]

    def income(self, wanted: Range) -> list[Income]:
        last = None if self._as_of is None else self._as_of.counters.income
        return [row for row in self._rows(_INCOME, wanted, Income) if last is None or row.id <= last]

    def margin_changes(self, wanted: Range, sign: int | None) -> list[MarginChange]:
        """Money put into isolated positions (`sign` 1), taken out of them (-1), or (None) both."""
        last = None if self._as_of is None else self._as_of.counters.income
        rows = self._rows(_MARGIN_CHANGES, replace(wanted, sign=sign), MarginChange)
        return [row for row in rows if last is None or row.id <= last]

    def forced_orders(self, wanted: Range, kind: AutoClose | None) -> list[Order]:
        """Orders by which the venue itself closed positions, of one kind or (None) of all."""
        rows = self._rows(_FORCED, replace(wanted, kind=None if kind is None else kind.value), Order)
        return [row for row in map(self._order_then, rows) if row is not None]

    def amendments(self, wanted: Range) -> list[Amendment]:
        last = None if self._as_of is None else self._as_of.counters.amendment
        rows = self._rows(_AMENDMENTS, wanted, Amendment)
        return [row for row in rows if last is None or row.id <= last]

    def find_order(self, account: str, order_id: int | None, client_id: str | None) -> Order | None:
        """By number, or the newest that bore the client id; None when there is none."""
        return self._order_then(self._one("orders", account, order_id, client_id, Order))

    def find_conditional(self, account: str, number: int | None, client_id: str | None) -> Conditional | None:
        return self._conditional_then(self._one("conditionals", account, number, client_id, Conditional))

    def _order_then(self, row: Order | None) -> Order | None:
        """The order as the picture has it; None when it did not exist yet."""
        if row is None or self._as_of is None:
            return row
        if row.id > self._as_of.counters.order:
            return None
        return self._as_of.account.find_order(row.id, None) or row

    def _conditional_then(self, row: Conditional | None) -> Conditional | None:
        if row is None or self._as_of is None:
            return row
        if row.id > self._as_of.counters.conditional:
            return None
        return self._as_of.account.find_conditional(row.id, None) or row

    def _one(
        self, table: str, account: str, number: int | None, client_id: str | None, kind: type[T]
    ) -> T | None:
        by_id = {
            "orders": "SELECT body FROM orders WHERE id = ? AND account = ?",
            "conditionals": "SELECT body FROM conditionals WHERE id = ? AND account = ?",
        }
        by_client_id = {
            "orders": "SELECT body FROM orders WHERE client_id = ? AND account = ? ORDER BY id DESC LIMIT 1",
            "conditionals": (
                "SELECT body FROM conditionals WHERE client_id = ? AND account = ? ORDER BY id DESC LIMIT 1"
            ),
        }
        query, key = (by_id[table], number) if number is not None else (by_client_id[table], client_id)
        row = self._reader.execute(query, (key, account)).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=kind)

    def _rows(self, query: str, wanted: Range, kind: type[T]) -> list[T]:
        """From the start when one is given, else the newest; the venue's own habit."""
        forward = wanted.start_ms is not None or wanted.from_id is not None
        if wanted.oldest_first is not None:
            forward = wanted.oldest_first
        values = asdict(wanted)
        values["start_ms"] = wanted.start_ms if wanted.start_ms is not None else 0
        values["end_ms"] = wanted.end_ms if wanted.end_ms is not None else FAR_FUTURE_MS
        values["from_id"] = wanted.from_id if wanted.from_id is not None else 0
        found = self._reader.execute(query + (_OLDEST_FIRST if forward else _NEWEST_FIRST), values)
        decoder = msgspec.json.Decoder(kind)
        rows = [decoder.decode(text) for (text,) in found]
        return rows if forward else rows[::-1]
