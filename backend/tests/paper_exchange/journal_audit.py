"""Reads a journal as an auditor does: with SQLite and arithmetic, and nothing of the program that wrote it."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]


@dataclass
class Books:
    """What the journal holds, by account."""

    wallets: dict[str, Decimal] = field(default_factory=dict)
    orders: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    conditionals: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    positions: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    fills: set[int] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)


def _rows(journal: sqlite3.Connection, table: str) -> Iterator[Row]:
    for (text,) in journal.execute(f"SELECT body FROM {table}"):  # noqa: S608 - the callers' constants
        yield json.loads(text)


def _signed(row: Row) -> Decimal:
    quantity = Decimal(row["quantity"])
    return quantity if row["side"] == "BUY" else -quantity


def audit(path: Path) -> Books:
    """Everything in the journal, and every way in which it does not add up."""
    books = Books()
    journal = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        journal.execute("BEGIN")
        (state,) = journal.execute("PRAGMA integrity_check").fetchone()
        if state != "ok":
            books.violations.append(f"integrity: {state}")
        _ledger(journal, books)
        _holdings(journal, books)
        _numbers(journal, books)
    finally:
        journal.close()
    return books


def _ledger(journal: sqlite3.Connection, books: Books) -> None:
    """Wallet = what was carried forward + every posting; deposits = transfers."""
    posted: dict[str, Decimal] = defaultdict(Decimal)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    carried = "SELECT account, amount FROM carried WHERE source = 'income'"
    for name, amount in journal.execute(carried):
        posted[name] += Decimal(amount)
    for row in _rows(journal, "income"):
        posted[row["account"]] += Decimal(row["amount"])
    for row in _rows(journal, "deposits"):
        paid[row["account"]] += Decimal(row["amount"])
    for row in _rows(journal, "accounts"):
        name, wallet = row["id"], Decimal(row["wallet"])
        books.wallets[name] = wallet
        if wallet != posted[name]:
            books.violations.append(f"{name}: wallet {wallet}, ledger {posted[name]}")
        if Decimal(row["deposits"]) != paid[name]:
            books.violations.append(f"{name}: {row['deposits']} paid in, {paid[name]} by reference")
        if wallet < 0:
            books.violations.append(f"{name}: wallet {wallet} below zero")


def _holdings(journal: sqlite3.Connection, books: Books) -> None:
    """Position = its fills; what an order says is filled = its fills."""
    traded: dict[str, Decimal] = defaultdict(Decimal)
    filled: dict[str, Decimal] = defaultdict(Decimal)
    shortened: set[str] = set()
    carried = "SELECT account, name, amount FROM carried WHERE source = 'fills'"
    for account, symbol, amount in journal.execute(carried):
        traded[f"{account} {symbol}"] += Decimal(amount)
        shortened.add(account)
    for row in _rows(journal, "fills"):
        books.fills.add(int(row["id"]))
        traded[f"{row['account']} {row['symbol']}"] += _signed(row)
        filled[str(row["order_id"])] += Decimal(row["quantity"])
    for row in _rows(journal, "positions"):
        books.positions[f"{row['account']} {row['symbol']}"] += Decimal(row["amount"])
    for name in traded | books.positions:
        if traded[name] != books.positions[name]:
            books.violations.append(f"{name}: holds {books.positions[name]}, fills say {traded[name]}")
    for row in _rows(journal, "orders"):
        books.orders[row["account"]][row["client_id"]] = row
        done, number = Decimal(row["filled"]), str(row["id"])
        complete = row["account"] not in shortened
        if (
            done < filled[number]
            or (complete and done != filled[number])
            or not 0 <= done <= Decimal(row["quantity"])
        ):
            books.violations.append(f"order {number}: {done} filled, fills say {filled[number]}")
    for row in _rows(journal, "conditionals"):
        books.conditionals[row["account"]].add(row["client_id"])


def _numbers(journal: sqlite3.Connection, books: Books) -> None:
    """No number is beyond the last one given out."""
    last = dict(journal.execute("SELECT key, value FROM meta WHERE key LIKE 'last_%'"))
    tables = {"orders": "order", "conditionals": "conditional", "fills": "fill", "income": "income"}
    for table, word in tables.items():
        (highest,) = journal.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 - constants
        if highest is not None and highest > int(last[f"last_{word}"]):
            books.violations.append(f"{table}: number {highest} is beyond {last[f'last_{word}']}")
