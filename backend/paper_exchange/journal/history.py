"""Reading back what is closed: orders, conditional orders, fills and income, as committed."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from typing import TypeVar

import msgspec

from paper_exchange.engine.orders import Conditional, Fill, Income, Order

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
_OLDEST_FIRST = " ORDER BY id LIMIT :limit"
_NEWEST_FIRST = " ORDER BY id DESC LIMIT :limit"


@dataclass(frozen=True, slots=True)
class Range:
    """Which rows: of one account, narrowed by whatever is not None.

    Times are market milliseconds, inclusive.
    """

    account: str
    symbol: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    from_id: int | None = None
    order_id: int | None = None
    kind: str | None = None
    limit: int = 500


class History:
    """Queries over the journal's reader; oldest first in every answer."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader

    def orders(self, wanted: Range) -> list[Order]:
        return self._rows(_ORDERS, wanted, Order)

    def conditionals(self, wanted: Range) -> list[Conditional]:
        return self._rows(_CONDITIONALS, wanted, Conditional)

    def fills(self, wanted: Range) -> list[Fill]:
        return self._rows(_FILLS, wanted, Fill)

    def income(self, wanted: Range) -> list[Income]:
        return self._rows(_INCOME, wanted, Income)

    def find_order(self, account: str, order_id: int | None, client_id: str | None) -> Order | None:
        """By number, or the newest that bore the client id; None when there is none."""
        return self._one("orders", account, order_id, client_id, Order)

    def find_conditional(self, account: str, number: int | None, client_id: str | None) -> Conditional | None:
        return self._one("conditionals", account, number, client_id, Conditional)

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
        values = asdict(wanted)
        values["start_ms"] = wanted.start_ms if wanted.start_ms is not None else 0
        values["end_ms"] = wanted.end_ms if wanted.end_ms is not None else FAR_FUTURE_MS
        values["from_id"] = wanted.from_id if wanted.from_id is not None else 0
        found = self._reader.execute(query + (_OLDEST_FIRST if forward else _NEWEST_FIRST), values)
        decoder = msgspec.json.Decoder(kind)
        rows = [decoder.decode(text) for (text,) in found]
        return rows if forward else rows[::-1]
