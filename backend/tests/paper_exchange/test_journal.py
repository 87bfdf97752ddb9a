"""The journal by itself: what it keeps, what it drops, and in which order it reads back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from paper_exchange import clock
from paper_exchange.engine.accounts import Position
from paper_exchange.engine.bars import KEPT_BASE_BARS, MINUTE_MS, history_bar
from paper_exchange.engine.changes import Changes
from paper_exchange.engine.market import KEPT_FUNDINGS, FundingPoint
from paper_exchange.engine.orders import (
    AutoClose,
    Fill,
    IncomeType,
    MarginDelta,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from paper_exchange.journal.batch import Batch, render
from paper_exchange.journal.group_commit import Gathered, GroupCommit
from paper_exchange.journal.history import History, Range
from paper_exchange.journal.retention import THREE_DAYS_MS
from paper_exchange.journal.store import JournalError, Store
from tests.paper_exchange.small_venue import SmallVenue

BASE = Order(
    id=1,
    account="a",
    client_id="c",
    symbol="BTCUSDT",
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    price=Decimal("60000.1"),
    quantity=Decimal("0.010"),
    created_ms=1_000,
    updated_ms=1_000,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "journal.sqlite", MINUTE_MS)
    yield opened
    opened.close()


def _write(store: Store, *orders: Order, wall_ms: int | None = None) -> None:
    changes = Changes(orders={order.id: order for order in orders})
    store.write(render(changes, (), {}, clock.wall_ms() if wall_ms is None else wall_ms))


def test_open_orders_come_back_exactly(store: Store) -> None:
    closed = replace(BASE, id=2, status=OrderStatus.CANCELED)
    _write(store, BASE, closed)
    assert store.load().orders == [BASE]
    assert History(store.reader).find_order("a", 2, None) == closed


def test_newest_order_of_a_client_id_is_found_and_other_accounts_are_not(store: Store) -> None:
    _write(store, BASE, replace(BASE, id=2), replace(BASE, id=3, account="b"))
    history = History(store.reader)
    found = history.find_order("a", None, "c")
    assert found is not None
    assert found.id == 2
    assert history.find_order("a", 3, None) is None
    assert history.find_order("b", None, "d") is None


def test_rows_are_the_newest_unless_a_start_is_given(store: Store) -> None:
    _write(store, *(replace(BASE, id=number, created_ms=number * 10) for number in range(1, 10)))
    history = History(store.reader)
    assert [row.id for row in history.orders(Range("a", limit=3))] == [7, 8, 9]
    assert [row.id for row in history.orders(Range("a", limit=3, start_ms=20))] == [2, 3, 4]
    assert [row.id for row in history.orders(Range("a", limit=3, from_id=5))] == [5, 6, 7]
    assert [row.id for row in history.orders(Range("a", limit=3, end_ms=40))] == [2, 3, 4]
    assert history.orders(Range("a", symbol="ETHUSDT")) == []


def test_prune_drops_old_bars_and_long_closed_unfilled_orders_only(store: Store) -> None:
    bars = Batch()
    count = KEPT_BASE_BARS + 50
    changes = Changes()
    for number in range(count):
        bar = history_bar(number * MINUTE_MS, (10, 11, 9, 10), 5)
        changes.bars.append(("BTCUSDT", MINUTE_MS, bar))
    bars = render(changes, (), {}, 0)
    store.write(bars)
    long_ago = clock.wall_ms() - THREE_DAYS_MS - 1_000
    idle = replace(BASE, id=2, status=OrderStatus.CANCELED)
    filled = replace(BASE, id=3, status=OrderStatus.FILLED, filled=BASE.quantity)
    _write(store, BASE, idle, filled, wall_ms=long_ago)
    _write(store, replace(idle, id=4))
    store.prune()
    kept = store.load()
    assert len(kept.bars["BTCUSDT", MINUTE_MS]) == KEPT_BASE_BARS
    assert [row.id for row in History(store.reader).orders(Range("a"))] == [1, 3, 4]


def test_rows_beyond_those_kept_go_and_are_carried_forward(tmp_path: Path) -> None:
    kept, written = 1_000, 9_000
    store = Store(tmp_path / "small.sqlite", MINUTE_MS, kept)
    state = SmallVenue().exchange.state
    trader = state.accounts["trader"]
    state.take_changes()
    wallet = trader.record.wallet
    for number in range(1, written + 1):
        state.book(trader, IncomeType.COMMISSION, Decimal("-0.01"), number)
        trade = Fill(
            number,
            "trader",
            1,
            "c",
            "BTCUSDT",
            Side.BUY,
            Decimal(1),
            Decimal(2),
            Decimal(0),
            Decimal(0),
            1,
            True,
        )
        state.changes.fills.append(trade)
        state.set_aside(trader, state.position(trader, "BTCUSDT"), Decimal(3), MarginDelta.TRADE, number)
        state.changes.orders[number] = replace(BASE, id=number, account="trader", status=OrderStatus.FILLED)
        if number % 100 == 0:
            store.write(render(state.take_changes(), (), {}, 0))
    store.close()
    with sqlite3.connect(tmp_path / "small.sqlite") as journal:
        carried = {
            (source, name): Decimal(amount)
            for source, name, amount in journal.execute("SELECT source, name, amount FROM carried")
        }
        counts = [
            journal.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - constants
            for table in ("income", "fills", "margin_changes", "orders")
        ]
        (newest,) = journal.execute("SELECT max(id) FROM fills").fetchone()
    assert all(kept <= count <= kept * 1.1 for count in counts)
    assert newest == written
    kept_fees = counts[0] * Decimal("-0.01")
    assert carried["income", "COMMISSION"] + kept_fees == trader.record.wallet - wallet
    assert carried["fills", "BTCUSDT"] == (written - counts[1]) * 2
    assert carried["margin_changes", "BTCUSDT"] == (written - counts[2]) * 3


def test_open_orders_are_never_dropped(tmp_path: Path) -> None:
    store = Store(tmp_path / "small.sqlite", MINUTE_MS, 10)
    _write(store, *(replace(BASE, id=number) for number in range(1, 51)))
    _write(store, *(replace(BASE, id=number, status=OrderStatus.CANCELED) for number in range(51, 101)))
    assert len(store.load().orders) == 50
    store.close()


def test_old_fundings_are_dropped(store: Store) -> None:
    points = [FundingPoint("BTCUSDT", number, Decimal(0), Decimal(1)) for number in range(KEPT_FUNDINGS + 9)]
    store.write(render(Changes(fundings=points), (), {}, 0))
    store.prune()
    assert store.reader.execute("SELECT count(*), min(time_ms) FROM fundings").fetchone() == (
        KEPT_FUNDINGS,
        9,
    )


def test_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    file.write_bytes(b"not a database, but long enough to look like something" * 50)
    with pytest.raises(JournalError, match="not a usable journal"):
        Store(file, MINUTE_MS)


async def test_what_happens_during_a_write_is_acknowledged_by_the_next() -> None:
    written: list[int] = []
    counter = 0

    def gather() -> Gathered:
        now = counter
        batch = Batch()
        batch.add("meta", [("counter", str(now))])
        return Gathered(batch, lambda: None)

    def write(batch: Batch) -> None:
        written.append(int(batch.rows["meta"][0][1]))

    commit = GroupCommit(write, gather, lambda failure: None)

    async def command() -> None:
        nonlocal counter
        counter += 1
        mine = counter
        await asyncio.shield(commit.committed())
        assert written[-1] >= mine

    for _ in range(20):
        await asyncio.gather(*(command() for _ in range(10)))
    assert len(written) < 200
    await commit.close()


async def test_failed_write_is_never_acknowledged() -> None:
    failures: list[BaseException] = []

    def write(_: Batch) -> None:
        raise OSError("no space left")

    commit = GroupCommit(write, lambda: Gathered(Batch(), lambda: None), failures.append)
    with pytest.raises(OSError, match="no space"):
        await commit.committed()
    assert len(failures) == 1


def test_a_journal_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its positions knew no side: all were one-way."""
    path = tmp_path / "journal.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        INSERT INTO meta VALUES ('schema', '1');
        CREATE TABLE positions (
            account TEXT NOT NULL, symbol TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, symbol)
        ) WITHOUT ROWID;
        INSERT INTO positions VALUES ('a', 'BTCUSDT', '{"account":"a","symbol":"BTCUSDT","amount":"0.5",
            "cost":"30000","realized":"-1.5","updated_ms":7}');
        """
    )
    old.close()
    for _ in range(2):
        store = Store(path, MINUTE_MS)
        (position,) = store.load().positions
        store.close()
        assert position == Position("a", "BTCUSDT", Decimal("0.5"), Decimal(30_000), Decimal("-1.5"), 7)


def test_forced_orders_are_the_venues_own_and_not_whoever_took_such_a_name(store: Store) -> None:
    forced = replace(BASE, client_id="autoclose-1", auto_close=AutoClose.LIQUIDATION)
    named = replace(BASE, id=2, client_id="autoclose-2")
    _write(store, forced, named, replace(BASE, id=3), replace(forced, id=4, account="b"))
    history = History(store.reader)
    assert history.forced_orders(Range("a"), None) == [forced]
    assert history.forced_orders(Range("a"), AutoClose.LIQUIDATION) == [forced]
    assert history.forced_orders(Range("a"), AutoClose.ADL) == []
    assert history.forced_orders(Range("a", symbol="ETHUSDT"), None) == []
