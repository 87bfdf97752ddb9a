"""Keeps the journal small: what nobody can ask for any more goes, a little with every batch.

Of each account the newest rows of every table stay. The sum of what goes is carried forward, so that the books
add up for ever: wallet = carried income + income, position = carried fills + fills.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from decimal import Decimal

from paper_exchange import clock
from paper_exchange.engine.bars import KEPT_BASE_BARS, KEPT_MINUTE_BARS, MINUTE_MS
from paper_exchange.engine.market import KEPT_FUNDINGS
from paper_exchange.journal.batch import Batch, Row

KEPT_ROWS = 100_000
SLACK = 1.05
MOST_AT_ONCE = 2_000
PRUNE_EVERY_ROWS = 20_000
THREE_DAYS_MS = 3 * 24 * 3_600_000

# Where the account stands in a row of the table, and which rows may go.
_TRIMMED = {"orders": 1, "conditionals": 1, "fills": 1, "income": 1, "margin_changes": 1}
_CLOSED = {"orders": "AND is_open = 0", "conditionals": "AND is_open = 0"}
_OLDEST = "SELECT id, body FROM {table} WHERE account = ? {closed} ORDER BY id LIMIT ?"
_CARRY = """
INSERT INTO carried (account, source, name, amount) VALUES (?, ?, ?, ?)
ON CONFLICT (account, source, name) DO UPDATE SET amount = excluded.amount
"""


class Retention:
    """Runs in the writer's thread, inside its transactions."""

    def __init__(self, writer: sqlite3.Connection, base_interval_ms: int, kept_rows: int) -> None:
        self._writer = writer
        self._base_interval_ms = base_interval_ms
        self._kept_rows = kept_rows
        self._rows_since_prune = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._known: dict[str, int] = {}
        for table in _TRIMMED:
            counted = f"SELECT account, count(*) FROM {table} GROUP BY account"  # noqa: S608 - constants
            for account, count in writer.execute(counted):
                self._counts[table, account] = count
            (highest,) = writer.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 - constants
            self._known[table] = highest or 0

    def written(self, batch: Batch) -> None:
        """These rows are in the present transaction; drop what is too much because of them."""
        crowded: set[tuple[str, str]] = set()
        for table, place in _TRIMMED.items():
            for row in batch.rows.get(table, ()):
                self._count(table, row, place, crowded)
        for table, account in crowded:
            self._trim(table, account)
        self._rows_since_prune += sum(map(len, batch.rows.values()))
        if self._rows_since_prune > PRUNE_EVERY_ROWS:
            self.prune()

    def _count(self, table: str, row: Row, place: int, crowded: set[tuple[str, str]]) -> None:
        """Rows are written anew when they change; only a number not seen before is one more."""
        number, account = int(row[0]), str(row[place])
        if number <= self._known[table]:
            return
        self._known[table] = number
        self._counts[table, account] += 1
        if self._counts[table, account] > self._kept_rows * SLACK:
            crowded.add((table, account))

    def _trim(self, table: str, account: str) -> None:
        too_many = min(self._counts[table, account] - self._kept_rows, MOST_AT_ONCE)
        query = _OLDEST.format(table=table, closed=_CLOSED.get(table, ""))
        rows = self._writer.execute(query, (account, too_many)).fetchall()
        if table not in _CLOSED:
            self._carry(table, account, [json.loads(text) for _, text in rows])
        numbers = [(number,) for number, _ in rows]
        self._writer.executemany(f"DELETE FROM {table} WHERE id = ?", numbers)  # noqa: S608 - constants
        self._counts[table, account] -= len(rows)

    def _carry(self, source: str, account: str, rows: list[dict[str, str]]) -> None:
        """Add the rows to what was carried before: income by kind, by contract fills (bought - sold) and margin."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        before = "SELECT name, amount FROM carried WHERE account = ? AND source = ?"
        for name, amount in self._writer.execute(before, (account, source)):
            sums[name] = Decimal(amount)
        for row in rows:
            if source == "income":
                sums[row["kind"]] += Decimal(row["amount"])
            elif source == "margin_changes":
                sums[row["symbol"]] += Decimal(row["amount"])
            else:
                quantity = Decimal(row["quantity"])
                sums[row["symbol"]] += quantity if row["side"] == "BUY" else -quantity
        self._writer.executemany(
            _CARRY, [(account, source, name, f"{amount:f}") for name, amount in sums.items()]
        )

    def prune(self) -> None:
        """Drop what time makes useless.

        Bars and fundings beyond those kept, unfilled orders closed three days ago.
        """
        writer = self._writer
        self._rows_since_prune = 0
        keeps = {self._base_interval_ms: KEPT_BASE_BARS}
        keeps.setdefault(MINUTE_MS, KEPT_MINUTE_BARS)
        for interval_ms, kept in keeps.items():
            writer.execute(
                "DELETE FROM bars WHERE interval_ms = :interval AND open_ms <= "
                "(SELECT max(open_ms) FROM bars WHERE interval_ms = :interval) - :span",
                {"interval": interval_ms, "span": kept * interval_ms},
            )
        for (symbol,) in writer.execute("SELECT DISTINCT symbol FROM fundings").fetchall():
            writer.execute(
                "DELETE FROM fundings WHERE symbol = :symbol AND time_ms <= (SELECT time_ms FROM fundings "
                "WHERE symbol = :symbol ORDER BY time_ms DESC LIMIT 1 OFFSET :kept)",
                {"symbol": symbol, "kept": KEPT_FUNDINGS},
            )
        idle = "SELECT id, account FROM orders WHERE is_idle = 1 AND written_ms < ? LIMIT ?"
        gone = writer.execute(idle, (clock.wall_ms() - THREE_DAYS_MS, 10 * MOST_AT_ONCE)).fetchall()
        writer.executemany("DELETE FROM orders WHERE id = ?", [(number,) for number, _ in gone])
        for _, account in gone:
            self._counts["orders", account] -= 1
