"""The monitor's book: open positions in columns, market by market, one pass over a market's rows per price."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

import numpy as np

from app.domain.fixed_point import BoolColumn
from app.domain.position_book import NO_TIME_EXIT, ExitEvents, PositionColumns, exit_events
from app.domain.price_batch import price_decimal
from app.domain.types import ExitReason, Side
from app.repositories.open_trades import OpenTrade

MIN_IMPROVEMENT_FRACTION = 0.001

Market = tuple[str, str]  # venue, symbol


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


@dataclass(frozen=True, slots=True)
class _Rows:
    """Positions of one market, the same row in each; `dirty` where extreme or armed is not written yet."""

    trades: Sequence[OpenTrade]
    columns: PositionColumns
    dirty: BoolColumn

    @classmethod
    def of(cls, trades: Sequence[OpenTrade], tick: float) -> Self:
        return cls(trades, _columns(trades, tick), np.zeros(len(trades), np.bool_))

    def without(self, gone: frozenset[UUID]) -> Self:
        """The rows of the other trades, as they stand."""
        kept = [row for row, trade in enumerate(self.trades) if trade.id not in gone]
        columns = {f.name: getattr(self.columns, f.name)[kept] for f in fields(PositionColumns)}
        return type(self)([self.trades[row] for row in kept], PositionColumns(**columns), self.dirty[kept])

    def joined(self, other: Self) -> Self:
        columns = {
            f.name: np.concatenate([getattr(self.columns, f.name), getattr(other.columns, f.name)])
            for f in fields(PositionColumns)
        }
        return type(self)(
            [*self.trades, *other.trades],
            PositionColumns(**columns),
            np.concatenate([self.dirty, other.dirty]),
        )

    def keep_trailed(self, earlier: "_Rows") -> None:
        """Take over what was trailed in `earlier` and may not be written yet."""
        held = {trade.id: row for row, trade in enumerate(earlier.trades)}
        here, there = self.columns, earlier.columns
        for row, trade in enumerate(self.trades):
            known = held.get(trade.id)
            if known is None:
                continue
            if here.sign[row] * (there.extreme[known] - here.extreme[row]) > 0:
                here.extreme[row] = there.extreme[known]
            here.armed[row] |= there.armed[known]
            self.dirty[row] = earlier.dirty[known]


class PositionBook:
    """Open positions by market. `ticks` gives the price tick of a market; without one no stop is trailed."""

    def __init__(self) -> None:
        self._markets: dict[Market, _Rows] = {}
        self._market_of: dict[UUID, Market] = {}

    def __len__(self) -> int:
        return len(self._market_of)

    def markets(self) -> set[Market]:
        """(venue, symbol) of every open position."""
        return set(self._markets)

    def load(self, trades: Iterable[OpenTrade], ticks: Mapping[Market, float]) -> None:
        """Replace the book. What was trailed here and is not written yet is kept."""
        found: dict[Market, _Rows] = {}
        for market, held in _by_market(trades).items():
            rows = _Rows.of(held, ticks.get(market, float("nan")))
            if market in self._markets:
                rows.keep_trailed(self._markets[market])
            found[market] = rows
        self._markets = found
        self._market_of = {trade.id: market for market, rows in found.items() for trade in rows.trades}

    def refresh(
        self, changed: Sequence[UUID], trades: Sequence[OpenTrade], ticks: Mapping[Market, float]
    ) -> None:
        """Take in what became of `changed`: those in `trades` are open, the others are not any more.
        Rows of other trades stay as they are."""
        gone = frozenset(changed)
        fresh = _by_market(trades)
        for market in {self._market_of[one] for one in gone if one in self._market_of} | set(fresh):
            rows = _Rows.of(fresh.get(market, []), ticks.get(market, float("nan")))
            earlier = self._markets.get(market)
            if earlier is not None:
                rows.keep_trailed(earlier)
                rows = earlier.without(gone).joined(rows)
            if rows.trades:
                self._markets[market] = rows
            else:
                self._markets.pop(market, None)
        for trade_id in gone:
            self._market_of.pop(trade_id, None)
        self._market_of |= {trade.id: market for market, held in fresh.items() for trade in held}

    def on_price(
        self, venue: str, symbol: str, mark: float, market_ms: int, *, is_stale: bool = False
    ) -> list[Intent]:
        """Return what one price causes. Each is returned once: the row counts as sent or leaving then."""
        rows = self._markets.get((venue, symbol))
        if rows is None:
            return []
        events = exit_events(
            rows.columns,
            0,
            mark,
            market_ms,
            is_stale=is_stale,
            min_improvement_fraction=MIN_IMPROVEMENT_FRACTION,
        )
        if not len(events.rows):
            return []
        _take_in(rows, events)
        leave = ((events.take_profit, ExitReason.TAKE_PROFIT), (events.time_exit, ExitReason.TIME_EXIT))
        intents: list[Intent] = [
            ExitIntent(rows.trades[row], reason) for leaving, reason in leave for row in leaving
        ]
        intents += [
            StopMoveIntent(rows.trades[row], price_decimal(round(float(rows.columns.stop[row]), 10)))
            for row in events.stop_moved
        ]
        return intents

    def take_dirty(self) -> list[tuple[UUID, Decimal, bool]]:
        """(trade, extreme, armed) of rows that changed since this was last asked."""
        found = []
        for rows in self._markets.values():
            for row in np.flatnonzero(rows.dirty).tolist():
                extreme = price_decimal(float(rows.columns.extreme[row]))
                found.append((rows.trades[row].id, extreme, bool(rows.columns.armed[row])))
            rows.dirty[:] = False
        return found

    def put_back(self, trade_ids: Iterable[UUID]) -> None:
        """What was taken could not be written: it is told again."""
        unwritten = frozenset(trade_ids)
        for rows in self._markets.values():
            rows.dirty[[row for row, trade in enumerate(rows.trades) if trade.id in unwritten]] = True


def _take_in(rows: _Rows, events: ExitEvents) -> None:
    columns, at = rows.columns, events.rows
    rows.dirty[at] |= (columns.extreme[at] != events.trailed.extreme) | (
        columns.armed[at] != events.trailed.armed
    )
    columns.extreme[at] = events.trailed.extreme
    columns.stop[at] = events.trailed.stop
    columns.armed[at] = events.trailed.armed
    columns.leaving[events.take_profit] = True
    columns.leaving[events.time_exit] = True
    columns.sent_stop[events.stop_moved] = columns.stop[events.stop_moved]


def _by_market(trades: Iterable[OpenTrade]) -> dict[Market, list[OpenTrade]]:
    """Trades with an entry price, by market; one without cannot be watched yet."""
    found: dict[Market, list[OpenTrade]] = {}
    for trade in trades:
        if trade.entry_price is not None:
            found.setdefault((trade.venue, trade.symbol), []).append(trade)
    return found


def _columns(trades: Sequence[OpenTrade], tick: float) -> PositionColumns:
    def floats(values: Iterable[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.fromiter(values, dtype=np.float64, count=len(trades))

    def price(value: Decimal | None) -> float:
        return float("nan") if value is None else float(value)

    count, nan = len(trades), float("nan")
    return PositionColumns(
        symbol_index=np.zeros(count, np.int64),
        sign=floats(float(Side(t.side).sign) for t in trades),
        entry=floats(price(t.entry_price) for t in trades),
        extreme=floats(price(t.entry_price if t.extreme_price is None else t.extreme_price) for t in trades),
        stop=floats(float(t.stop_price) for t in trades),
        sent_stop=floats(float(t.stop_price) for t in trades),
        target=floats(price(t.take_profit_price) for t in trades),
        activation_fraction=floats(
            float(t.trailing_activation_fraction) if t.trailing_enabled else nan for t in trades
        ),
        trail_fraction=floats(float(t.trailing_fraction) if t.trailing_enabled else nan for t in trades),
        tick=np.full(count, tick),
        armed=np.fromiter((t.trailing_armed for t in trades), np.bool_, count),
        time_exit_ms=np.fromiter((_time_exit_ms(t) for t in trades), np.int64, count),
        leaving=np.fromiter((t.exit_requested is not None for t in trades), np.bool_, count),
    )


def _time_exit_ms(trade: OpenTrade) -> int:
    if trade.max_holding_minutes is None or trade.opened_at is None:
        return NO_TIME_EXIT
    leave = trade.opened_at + timedelta(minutes=trade.max_holding_minutes)
    return round(leave.timestamp() * 1000)
