"""The monitor's book: open positions in columns, one pass over a symbol's rows per price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np

from app.domain.position_book import NO_TIME_EXIT, PositionColumns, exit_events
from app.domain.price_batch import price_decimal
from app.domain.types import ExitReason, Side
from app.repositories.open_trades import OpenTrade

MIN_IMPROVEMENT_FRACTION = 0.001


@dataclass(frozen=True, slots=True)
class ExitIntent:
    """Leave this position."""

    trade: OpenTrade
    reason: ExitReason


@dataclass(frozen=True, slots=True)
class StopMoveIntent:
    """Move this position's stop; tighter than the one at the venue."""

    trade: OpenTrade
    stop_price: Decimal


Intent = ExitIntent | StopMoveIntent


class PositionBook:
    """Columns of open positions; `tick_of` gives the price tick of a market."""

    def __init__(self) -> None:
        self._trades: list[OpenTrade] = []
        self._rows: dict[UUID, int] = {}
        self._symbols: dict[tuple[str, str], int] = {}
        self._columns = _empty()
        self._dirty: set[UUID] = set()

    def __len__(self) -> int:
        return len(self._trades)

    def markets(self) -> set[tuple[str, str]]:
        """(venue, symbol) of every open position."""
        return {(trade.venue, trade.symbol) for trade in self._trades}

    def load(self, trades: Iterable[OpenTrade], ticks: dict[tuple[str, str], float]) -> None:
        """Replace the book. What was trailed here and is not written yet is kept."""
        held = {trade.id: self._trailed(trade.id) for trade in self._trades}
        usable = [trade for trade in trades if trade.entry_price is not None]
        self._trades = usable
        self._rows = {trade.id: row for row, trade in enumerate(usable)}
        for trade in usable:
            self._symbols.setdefault((trade.venue, trade.symbol), len(self._symbols))
        self._columns = _columns(usable, self._symbols, ticks)
        for trade_id, trailed in held.items():
            row = self._rows.get(trade_id)
            if row is not None:
                self._keep_better(row, *trailed)
        self._dirty &= set(self._rows)

    def refresh(
        self, changed: Sequence[UUID], trades: Sequence[OpenTrade], ticks: dict[tuple[str, str], float]
    ) -> None:
        """Take in what became of `changed`: those in `trades` are open, the others are not any more."""
        gone = set(changed)
        self.load([trade for trade in self._trades if trade.id not in gone] + list(trades), ticks)

    def on_price(
        self, venue: str, symbol: str, mark: float, market_ms: int, *, is_stale: bool = False
    ) -> list[Intent]:
        """Return what one price causes. Each is returned once: the row counts as sent or leaving then."""
        index = self._symbols.get((venue, symbol))
        if index is None or not self._trades:
            return []
        columns = self._columns
        events = exit_events(
            columns,
            index,
            mark,
            market_ms,
            is_stale=is_stale,
            min_improvement_fraction=MIN_IMPROVEMENT_FRACTION,
        )
        if not len(events.rows):
            return []
        changed = (columns.extreme[events.rows] != events.trailed.extreme) | (
            columns.armed[events.rows] != events.trailed.armed
        )
        self._dirty.update(self._trades[row].id for row in events.rows[changed])
        columns.extreme[events.rows] = events.trailed.extreme
        columns.stop[events.rows] = events.trailed.stop
        columns.armed[events.rows] = events.trailed.armed
        intents: list[Intent] = []
        for rows, reason in (
            (events.take_profit, ExitReason.TAKE_PROFIT),
            (events.time_exit, ExitReason.TIME_EXIT),
        ):
            columns.leaving[rows] = True
            intents += [ExitIntent(self._trades[row], reason) for row in rows]
        columns.sent_stop[events.stop_moved] = columns.stop[events.stop_moved]
        intents += [
            StopMoveIntent(self._trades[row], price_decimal(round(float(columns.stop[row]), 10)))
            for row in events.stop_moved
        ]
        return intents

    def take_dirty(self) -> list[tuple[UUID, Decimal, bool]]:
        """(trade, extreme, armed) of rows that changed since this was last asked."""
        rows = []
        for trade_id in self._dirty:
            row = self._rows[trade_id]
            extreme = float(self._columns.extreme[row])
            rows.append((trade_id, price_decimal(extreme), bool(self._columns.armed[row])))
        self._dirty = set()
        return rows

    def _trailed(self, trade_id: UUID) -> tuple[float, bool]:
        row = self._rows[trade_id]
        return float(self._columns.extreme[row]), bool(self._columns.armed[row])

    def _keep_better(self, row: int, extreme: float, armed: bool) -> None:
        sign = self._columns.sign[row]
        if sign * (extreme - self._columns.extreme[row]) > 0:
            self._columns.extreme[row] = extreme
        self._columns.armed[row] |= armed


def _empty() -> PositionColumns:
    return _columns([], {}, {})


def _columns(
    trades: Sequence[OpenTrade],
    symbols: dict[tuple[str, str], int],
    ticks: dict[tuple[str, str], float],
) -> PositionColumns:
    def floats(values: Iterable[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.fromiter(values, dtype=np.float64, count=len(trades))

    nan = float("nan")
    entry = floats(float(t.entry_price or 0) for t in trades)
    columns = PositionColumns(
        symbol_index=np.fromiter((symbols[t.venue, t.symbol] for t in trades), np.int64, len(trades)),
        sign=floats(float(Side(t.side).sign) for t in trades),
        entry=entry,
        extreme=floats(float(t.entry_price if t.extreme_price is None else t.extreme_price) for t in trades),  # type: ignore[arg-type]
        stop=floats(float(t.stop_price) for t in trades),
        sent_stop=floats(float(t.stop_price) for t in trades),
        target=floats(nan if t.take_profit_price is None else float(t.take_profit_price) for t in trades),
        activation_fraction=floats(
            float(t.trailing_activation_fraction) if t.trailing_enabled else nan for t in trades
        ),
        trail_fraction=floats(float(t.trailing_fraction) if t.trailing_enabled else nan for t in trades),
        tick=floats(ticks.get((t.venue, t.symbol), nan) for t in trades),
        armed=np.fromiter((t.trailing_armed for t in trades), np.bool_, len(trades)),
        time_exit_ms=np.fromiter((_time_exit_ms(t) for t in trades), np.int64, len(trades)),
        leaving=np.fromiter((t.exit_requested is not None for t in trades), np.bool_, len(trades)),
    )
    return replace(columns, **{f.name: getattr(columns, f.name).copy() for f in fields(columns)})


def _time_exit_ms(trade: OpenTrade) -> int:
    if trade.max_holding_minutes is None or trade.opened_at is None:
        return NO_TIME_EXIT
    leave = trade.opened_at + timedelta(minutes=trade.max_holding_minutes)
    return round(leave.timestamp() * 1000)
