"""A consistent set of rows, rendered at one moment, ready for the writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from paper_exchange.engine.bars import Bar
from paper_exchange.engine.changes import Changes
from paper_exchange.engine.market import MarketRecord
from paper_exchange.engine.orders import Conditional, MarginChange, Order

Cell = str | int
Row = tuple[Cell, ...]

_encoder = msgspec.json.Encoder()


def body(thing: object) -> str:
    """JSON of a dataclass; decimals as strings, exact."""
    return _encoder.encode(thing).decode()


@dataclass(slots=True)
class Batch:
    """Rows by table."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, rows: Iterable[Row]) -> None:
        added = list(rows)
        if added:
            self.rows.setdefault(table, []).extend(added)


def _order_row(order: Order, wall_ms: int) -> Row:
    idle = not order.is_open and not order.filled
    return (
        order.id,
        order.account,
        order.client_id,
        order.symbol,
        order.created_ms,
        int(order.is_open),
        int(idle),
        wall_ms,
        body(order),
    )


def _margin_change_row(one: MarginChange) -> Row:
    return (one.id, one.account, one.symbol, one.time_ms, 1 if one.amount > 0 else -1, body(one))


def _conditional_row(one: Conditional) -> Row:
    return (one.id, one.account, one.client_id, one.symbol, one.created_ms, int(one.is_live), body(one))


def bar_row(symbol: str, interval_ms: int, bar: Bar) -> Row:
    return (symbol, interval_ms, bar.open_ms, body(bar))


def render(changes: Changes, markets: Iterable[MarketRecord], meta: Mapping[str, str], wall_ms: int) -> Batch:
    """Every row that `changes` asks for, with `markets` and `meta` as they stand with it."""
    batch = Batch()
    batch.add("accounts", ((one.id, body(one)) for one in changes.accounts.values()))
    batch.add("deposits", ((one.reference, body(one)) for one in changes.deposits))
    batch.add(
        "positions",
        ((one.account, one.symbol, one.side.value, body(one)) for one in changes.positions.values()),
    )
    batch.add("margin_changes", (_margin_change_row(one) for one in changes.margin_changes))
    batch.add("orders", (_order_row(one, wall_ms) for one in changes.orders.values()))
    batch.add("conditionals", (_conditional_row(one) for one in changes.conditionals.values()))
    batch.add("fills", ((f.id, f.account, f.symbol, f.order_id, f.time_ms, body(f)) for f in changes.fills))
    batch.add("amendments", ((a.id, a.account, a.order_id, a.time_ms, body(a)) for a in changes.amendments))
    batch.add(
        "income", ((i.id, i.account, i.symbol, i.kind.value, i.time_ms, body(i)) for i in changes.income)
    )
    batch.add("bars", (bar_row(*one) for one in changes.bars))
    batch.add("fundings", ((f.symbol, f.time_ms, body(f)) for f in changes.fundings))
    batch.add("markets", ((record.symbol, body(record)) for record in markets))
    batch.add("meta", meta.items())
    return batch
