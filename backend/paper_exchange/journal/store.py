"""The journal's file: one writer, one reader, and what was in it when it was opened."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeVar

import msgspec

from paper_exchange.engine.accounts import AccountRecord, Position
from paper_exchange.engine.bars import Bar
from paper_exchange.engine.changes import Deposit
from paper_exchange.engine.market import KEPT_FUNDINGS, FundingPoint, MarketRecord
from paper_exchange.engine.orders import Conditional, Order
from paper_exchange.journal.batch import Batch
from paper_exchange.journal.retention import KEPT_ROWS, Retention
from paper_exchange.journal.schema import SCHEMA_VERSION, TABLES, UPGRADES, WRITES

T = TypeVar("T")
LARGEST_LOG_BYTES = 64 * 1024 * 1024


class JournalError(Exception):
    """The journal cannot be used; says why."""


@dataclass(slots=True)
class Kept:
    """Everything open, and the market as it was; closed orders, fills and income stay in the file."""

    meta: dict[str, str] = field(default_factory=dict)
    accounts: list[AccountRecord] = field(default_factory=list)
    deposits: list[Deposit] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    conditionals: list[Conditional] = field(default_factory=list)
    markets: dict[str, MarketRecord] = field(default_factory=dict)
    bars: dict[tuple[str, int], list[Bar]] = field(default_factory=dict)
    fundings: dict[str, list[FundingPoint]] = field(default_factory=dict)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    # WAL with NORMAL: a commit survives the death of the process; only losing the machine may lose the
    # newest.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute(f"PRAGMA journal_size_limit = {LARGEST_LOG_BYTES}")
    return connection


class Store:
    """Opens (or makes) the file and holds it alone until closed."""

    def __init__(self, path: Path, base_interval_ms: int, kept_rows: int = KEPT_ROWS) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._hold(path)
        try:
            self._writer = _connect(path)
            self._upgrade()
            self._writer.executescript(TABLES)
            self.reader = _connect(path)
            self.reader.execute("PRAGMA query_only = 1")
            version = self.meta().setdefault("schema", SCHEMA_VERSION)
        except sqlite3.DatabaseError as error:
            raise JournalError(f"{path} is not a usable journal ({error})") from error
        if version != SCHEMA_VERSION:
            raise JournalError(f"{path} has schema {version}, this program reads {SCHEMA_VERSION}")
        self._writer.execute(WRITES["meta"], ("schema", SCHEMA_VERSION))
        self._retention = Retention(self._writer, base_interval_ms, kept_rows)

    @staticmethod
    def _hold(path: Path) -> TextIO:
        lock = path.with_name(path.name + ".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise JournalError(f"{path} is in use by another paper exchange") from None
        return lock

    def _upgrade(self) -> None:
        """Bring an older journal to this program's schema, each step whole or not at all."""
        tables = self._writer.execute("SELECT name FROM sqlite_master WHERE name = 'meta'").fetchall()
        while tables and (step := UPGRADES.get(self.meta().get("schema", ""))) is not None:
            self._writer.executescript(f"BEGIN IMMEDIATE;{step}COMMIT;")

    def close(self) -> None:
        self._writer.close()
        self.reader.close()
        self._lock.close()

    def write(self, batch: Batch) -> None:
        """Commit the batch as one; runs in the writer's thread."""
        writer = self._writer
        writer.execute("BEGIN IMMEDIATE")
        try:
            for table, rows in batch.rows.items():
                writer.executemany(WRITES[table], rows)
            self._retention.written(batch)
        except BaseException:
            writer.execute("ROLLBACK")
            raise
        writer.execute("COMMIT")

    def prune(self) -> None:
        """Drop what time has made useless."""
        self._retention.prune()

    def meta(self) -> dict[str, str]:
        return dict(self._writer.execute("SELECT key, value FROM meta"))

    def load(self) -> Kept:
        """What a restart needs; its cost follows what is open, not how long the venue has run."""
        kept = Kept(meta=self.meta())
        kept.accounts = list(self._bodies("SELECT body FROM accounts", AccountRecord))
        kept.deposits = list(self._bodies("SELECT body FROM deposits", Deposit))
        kept.positions = list(self._bodies("SELECT body FROM positions", Position))
        kept.orders = list(self._bodies("SELECT body FROM orders WHERE is_open = 1 ORDER BY id", Order))
        open_conditionals = "SELECT body FROM conditionals WHERE is_open = 1 ORDER BY id"
        kept.conditionals = list(self._bodies(open_conditionals, Conditional))
        for record in self._bodies("SELECT body FROM markets", MarketRecord):
            kept.markets[record.symbol] = record
        decoder = msgspec.json.Decoder(Bar)
        bars = "SELECT symbol, interval_ms, body FROM bars ORDER BY symbol, interval_ms, open_ms"
        for symbol, interval_ms, text in self._writer.execute(bars):
            kept.bars.setdefault((symbol, interval_ms), []).append(decoder.decode(text))
        recent = (
            "SELECT body FROM (SELECT body, time_ms, "
            "row_number() OVER (PARTITION BY symbol ORDER BY time_ms DESC) AS age FROM fundings) "
            "WHERE age <= :kept ORDER BY time_ms"
        )
        for point in self._bodies(recent, FundingPoint, {"kept": KEPT_FUNDINGS}):
            kept.fundings.setdefault(point.symbol, []).append(point)
        return kept

    def _bodies(self, query: str, kind: type[T], values: Mapping[str, int] | None = None) -> Iterator[T]:
        decoder = msgspec.json.Decoder(kind)
        for (text,) in self._writer.execute(query, values or {}):
            yield decoder.decode(text)
