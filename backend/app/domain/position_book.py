"""The pure kernel of the monitor's book: columns of open positions in, events out.

The columns belong to the position monitor's service; nothing here changes them. One symbol's mark price
makes one pass over the rows of that symbol. A price that is NaN, zero, below or too old causes no event at
all: it neither closes nor moves anything.
"""

from dataclasses import dataclass

import numpy as np

from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.stops import Trailed, TrailingColumns, target_hit, trail, worth_sending

NO_TIME_EXIT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PositionColumns:
    """Open positions, one element each. `symbol_index` says which symbol; `sign` +1 long, -1 short;
    prices in quote currency, NaN where there is none; `stop` the stop as it should be, `sent_stop` the one
    last sent to the venue; `time_exit_ms` market time, NO_TIME_EXIT where there is none; `leaving` where
    an exit is under way already (such rows cause no further event)."""

    symbol_index: IntColumn
    sign: FloatColumn
    entry: FloatColumn
    extreme: FloatColumn
    stop: FloatColumn
    sent_stop: FloatColumn
    target: FloatColumn
    activation_fraction: FloatColumn
    trail_fraction: FloatColumn
    tick: FloatColumn
    armed: BoolColumn
    time_exit_ms: IntColumn
    leaving: BoolColumn


@dataclass(frozen=True, slots=True)
class ExitEvents:
    """What one price caused. `rows` are the rows of the symbol that are not leaving, and `trailed` their
    next extreme, stop and armed, to be written back at `rows`. The three others are row numbers: positions
    to close at their target, positions to close because of time, positions whose stop is to be sent anew."""

    rows: IntColumn
    trailed: Trailed
    take_profit: IntColumn
    time_exit: IntColumn
    stop_moved: IntColumn


def exit_events(
    columns: PositionColumns,
    symbol_index: int,
    mark: float,
    market_ms: int,
    *,
    is_stale: bool = False,
    min_improvement_fraction: float = 0.0005,
) -> ExitEvents:
    """Return the events of one mark price of one symbol. A position at its target closes and is not moved;
    target comes before time. The stop itself is watched by the venue, not here."""
    usable = bool(np.isfinite(mark)) and mark > 0 and not is_stale
    rows = np.flatnonzero((columns.symbol_index == symbol_index) & ~columns.leaving & usable)
    trailed = trail(
        TrailingColumns(
            sign=columns.sign[rows],
            entry=columns.entry[rows],
            extreme=columns.extreme[rows],
            stop=columns.stop[rows],
            armed=columns.armed[rows],
            activation_fraction=columns.activation_fraction[rows],
            trail_fraction=columns.trail_fraction[rows],
            tick=columns.tick[rows],
        ),
        np.full(len(rows), mark),
    )
    at_target = target_hit(columns.sign[rows], columns.target[rows], np.full(len(rows), mark))
    in_time = ~at_target & (columns.time_exit_ms[rows] <= market_ms)
    move = ~at_target & ~in_time
    move &= worth_sending(columns.sign[rows], columns.sent_stop[rows], trailed.stop, min_improvement_fraction)
    return ExitEvents(rows, trailed, rows[at_target], rows[in_time], rows[move])
