"""What the venue itself wrote down of orders and fills: its journal, read past every fault and lag of its answers."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from app.domain.client_order_id import parse_client_order_id

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class TakenOrder:
    """An order that the venue accepted. A conditional order and the plain one that it became carry the same client
    id: the latter is not counted as sent by anybody. `filled` is in base units."""

    wallet_id: UUID
    client_order_id: str
    is_conditional: bool
    filled: Decimal


@dataclass(frozen=True, slots=True)
class MadeFill:
    """A trade that the venue made; `time_ms` is market time."""

    wallet_id: UUID
    venue_trade_id: str
    exchange_order_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    time_ms: int


def taken_orders(journal: Path, wallets: Sequence[UUID]) -> list[TakenOrder]:
    """Every order that these accounts sent and that the venue accepted, whatever became of it."""
    found = []
    with _opened(journal) as connection:
        for row in _rows(connection, "orders", wallets):
            if row["conditional_id"] is None:
                filled = Decimal(str(row["filled"]))
                found.append(TakenOrder(UUID(str(row["account"])), str(row["client_id"]), False, filled))
        found += [
            TakenOrder(UUID(str(row["account"])), str(row["client_id"]), True, Decimal(0))
            for row in _rows(connection, "conditionals", wallets)
        ]
    return found


def made_fills(journal: Path, wallets: Sequence[UUID]) -> list[MadeFill]:
    """Every trade of these accounts."""
    with _opened(journal) as connection:
        return [
            MadeFill(
                UUID(str(row["account"])),
                str(row["id"]),
                str(row["order_id"]),
                Decimal(str(row["quantity"])),
                Decimal(str(row["price"])),
                Decimal(str(row["fee"])),
                int(str(row["time_ms"])),
            )
            for row in _rows(connection, "fills", wallets)
        ]


def wallet_balances(journal: Path, wallets: Sequence[UUID]) -> dict[UUID, Decimal]:
    """Each account's wallet balance in USDT, without what is unrealised."""
    with _opened(journal) as connection:
        rows = _rows(connection, "accounts", wallets, column="id")
        return {UUID(str(row["id"])): Decimal(str(row["wallet"])) for row in rows}


def newest_order(journal: Path) -> int:
    """The venue's id of the newest plain order that it accepted; 0 before the first."""
    with _opened(journal) as connection:
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM orders").fetchone()[0])


def entries_after(journal: Path, order_id: int, wallets: Sequence[UUID]) -> int:
    """How many entries of ours of these accounts the venue accepted after that order."""
    with _opened(journal) as connection:
        rows = connection.execute(
            "SELECT account, client_id FROM orders WHERE id > ?", (order_id,)
        ).fetchall()
    own = {str(wallet) for wallet in wallets}
    named = [parse_client_order_id(client_id) for account, client_id in rows if account in own]
    return sum(one is not None and one.leg.opens for one in named)


@contextmanager
def _opened(journal: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
    try:
        yield connection
    finally:
        connection.close()


def _rows(
    connection: sqlite3.Connection, table: str, wallets: Sequence[UUID], column: str = "account"
) -> Iterator[dict[str, object]]:
    for at in range(0, len(wallets), AT_ONCE):
        some = [str(wallet) for wallet in wallets[at : at + AT_ONCE]]
        places = ", ".join("?" * len(some))
        statement = f"SELECT body FROM {table} WHERE {column} IN ({places}) ORDER BY id"  # noqa: S608
        for (body,) in connection.execute(statement, some):
            yield json.loads(body)
