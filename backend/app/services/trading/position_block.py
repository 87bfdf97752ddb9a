"""Open positions of one side of one market, and the band of prices in which none of them reacts.

Prices here are signed (see `domain.exit_gates`): the price for longs, its negative for shorts. The bands of all
blocks stand in columns of their own (`Bands`), so that many ticks are held against them at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.domain.exit_gates import (
    NEVER_MS,
    ROW,
    WIDENING,
    Rows,
    follows,
    gates,
    nearest_follower,
    standing_stops,
)
from app.domain.fixed_point import FloatColumn, IntColumn

FIRST_ROOM: Final = 16
ROUNDED_TICKS: Final = 1.01  # by which a stop may be rounded up, and a little
Kind = TypeVar("Kind", bound=np.generic)
_QUIET_LOW, _QUIET_HIGH = -np.inf, np.inf


class Bands:
    """Per block: between `floor` and `ceiling`, before `due_ms` (market) and `wake_ms` (wall), nothing happens.
    `best` is the best price since the block last took it in; `fraction` and `distance` say how near any stop
    follows it; `tick` the price tick; `busy` how many positions are being decided about."""

    def __init__(self) -> None:
        self.count = 0
        self.floor: FloatColumn = np.empty(0)
        self.ceiling: FloatColumn = np.empty(0)
        self.best: FloatColumn = np.empty(0)
        self.fraction: FloatColumn = np.empty(0)
        self.distance: FloatColumn = np.empty(0)
        self.tick: FloatColumn = np.empty(0)
        self.due_ms: IntColumn = np.empty(0, np.int64)
        self.wake_ms: IntColumn = np.empty(0, np.int64)
        self.busy: IntColumn = np.empty(0, np.int64)

    def add(self, tick: float) -> int:
        """Return the number of a new block."""
        number, self.count = self.count, self.count + 1
        if self.count > len(self.floor):
            room = max(FIRST_ROOM, 2 * len(self.floor))
            for name in ("floor", "ceiling", "best", "fraction", "distance", "tick"):
                setattr(self, name, _grown(getattr(self, name), room))
            for name in ("due_ms", "wake_ms", "busy"):
                setattr(self, name, _grown(getattr(self, name), room))
        self.floor[number], self.ceiling[number], self.best[number] = -np.inf, np.inf, -np.inf
        self.fraction[number] = self.distance[number] = np.inf
        self.tick[number], self.busy[number] = tick, 0
        self.due_ms[number] = self.wake_ms[number] = NEVER_MS
        return number

    def floors(self, best: FloatColumn) -> FloatColumn:
        """Return where no stop of each block can stand above, once `best` has been seen."""
        count = self.count
        with np.errstate(invalid="ignore"):
            nearest = np.minimum(np.abs(best) * self.fraction[:count], self.distance[:count])
            raised = best - nearest + ROUNDED_TICKS * self.tick[:count]
        return np.fmax(self.floor[:count], raised)

    def see(self, block: int, price: float) -> None:
        """Take a price of one block in: where it is the best, the floor rises with it."""
        if price <= self.best[block]:
            return
        self.best[block] = price
        nearest = min(abs(price) * self.fraction[block], self.distance[block])
        raised = price - nearest + ROUNDED_TICKS * self.tick[block]
        self.floor[block] = max(self.floor[block], raised)


@dataclass(slots=True)
class Block:
    """`low`, `high` and `due_ms` are the gates of `rows`; beyond `count` the arrays are room to grow."""

    number: int
    sign: float
    bands: Bands
    step_r_fraction: float
    count: int = 0
    rows: Rows = field(default_factory=lambda: np.zeros(FIRST_ROOM, ROW))
    low: FloatColumn = field(default_factory=lambda: np.empty(FIRST_ROOM))
    high: FloatColumn = field(default_factory=lambda: np.empty(FIRST_ROOM))
    due_ms: IntColumn = field(default_factory=lambda: np.empty(FIRST_ROOM, np.int64))
    wake_ms: IntColumn = field(default_factory=lambda: np.empty(FIRST_ROOM, np.int64))
    seen: list[tuple[float, int]] = field(default_factory=list)  # ticks while somebody is decided about
    taken_in: float = -np.inf  # the band's best that every row knows

    @property
    def tick(self) -> float:
        return float(self.bands.tick[self.number])

    @property
    def held(self) -> Rows:
        """The rows in use."""
        return self.rows[: self.count]

    def append(self, rows: Rows, wall_ms: int) -> None:
        """Add positions; what the others saw so far is not theirs."""
        self.take_in_best()
        self.bands.best[self.number] = self.taken_in = -np.inf
        start, self.count = self.count, self.count + len(rows)
        if self.count > len(self.rows):
            room = max(self.count, 2 * len(self.rows))
            self.rows = _grown(self.rows, room)
            self.low, self.high = _grown(self.low, room), _grown(self.high, room)
            self.due_ms, self.wake_ms = _grown(self.due_ms, room), _grown(self.wake_ms, room)
        self.rows[start : self.count] = rows
        self.regate(np.arange(start, self.count), wall_ms)

    def remove(self, row: int) -> int | None:
        """Take one position out; returns the row of the position that now stands in its place, if any did."""
        self.count = last = self.count - 1
        moved = row if row != last else None
        for held in (self.rows, self.low, self.high, self.due_ms, self.wake_ms):
            held[row] = held[last]
        return moved

    def regate(self, rows: NDArray[np.int64] | slice, wall_ms: int) -> None:
        """Compute the gates of these rows anew, and the band of all."""
        chosen = self.held[rows]
        found = gates(chosen, self.sign, self.tick, wall_ms, self.step_r_fraction)
        self.low[: self.count][rows] = found.low
        self.high[: self.count][rows] = found.high
        self.due_ms[: self.count][rows] = found.due_ms
        self.wake_ms[: self.count][rows] = found.wake_ms
        fraction, distance = nearest_follower(
            chosen
        )  # that of a row that left stands on: it is only too near
        bands, number = self.bands, self.number
        bands.fraction[number] = min(bands.fraction[number], fraction)
        bands.distance[number] = min(bands.distance[number], distance)
        self.narrow()

    def narrow(self) -> None:
        """Set the band from the gates."""
        count, number, bands = self.count, self.number, self.bands
        bands.floor[number] = self.low[:count].max(initial=_QUIET_LOW)
        bands.ceiling[number] = self.high[:count].min(initial=_QUIET_HIGH)
        bands.due_ms[number] = self.due_ms[:count].min(initial=NEVER_MS)
        bands.wake_ms[number] = self.wake_ms[:count].min(initial=NEVER_MS)

    def take_in_best(self) -> None:
        """Let every row know the best price, and raise the low gates of those whose stop follows it."""
        best, held = float(self.bands.best[self.number]), self.held
        if best <= self.taken_in:
            return
        self.taken_in = best
        better = held["best"] < best
        if not better.any():
            return
        np.copyto(held["best"], best, where=better)
        np.copyto(held["asked_low"], np.inf, where=better)
        chosen = np.flatnonzero(better & follows(held) & ~held["quiet"])
        if len(chosen):
            own = standing_stops(held[chosen], self.tick)
            above = own > held["stop"][chosen]
            raised = np.where(above, own * (1 + self.sign * WIDENING), self.low[chosen])
            self.low[chosen] = np.fmax(self.low[chosen], raised)

    def tick_at(self, price: float, market_ms: int, wall_ms: int) -> Sequence[int]:
        """Return the rows that have to be asked at a signed price; the band is narrow again afterwards."""
        number, bands = self.number, self.bands
        if bands.busy[number]:
            self.seen.append((price, market_ms))
        bands.see(number, price)
        if wall_ms >= bands.wake_ms[number]:
            self.take_in_best()
            self.regate(np.flatnonzero(self.wake_ms[: self.count] <= wall_ms), wall_ms)
        if bands.floor[number] < price < bands.ceiling[number] and market_ms < bands.due_ms[number]:
            return ()
        self.take_in_best()
        rows = self._reached(price, market_ms)
        if len(rows):
            self.silence(rows)
        else:
            self.narrow()
        return list(rows.tolist())

    def overlooked(self, price: float, market_ms: int) -> Sequence[int]:
        """Return the rows whose own gate a signed price reaches though nobody asked them; they are silent then."""
        self.take_in_best()
        rows = self._reached(price, market_ms)
        if len(rows):
            self.silence(rows)
        return list(rows.tolist())

    def _reached(self, price: float, market_ms: int) -> NDArray[np.int64]:
        count = self.count
        reached = (self.low[:count] >= price) | (self.high[:count] <= price)
        reached |= self.due_ms[:count] <= market_ms
        return np.flatnonzero(reached)

    def silence(self, rows: NDArray[np.int64]) -> None:
        """These rows are asked no more until they are settled."""
        self.rows["quiet"][rows] = True
        self.low[rows], self.high[rows] = _QUIET_LOW, _QUIET_HIGH
        self.due_ms[rows] = self.wake_ms[rows] = NEVER_MS
        self.narrow()


def _grown(held: NDArray[Kind], room: int) -> NDArray[Kind]:
    larger = np.zeros(room, held.dtype)
    larger[: len(held)] = held
    return larger
