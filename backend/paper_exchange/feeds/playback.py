"""Plays a bar source on one clock for all symbols; pure, so that the caller decides how fast."""

from __future__ import annotations

import msgspec

from paper_exchange.feeds.bars import BarRow, BarSource
from paper_exchange.feeds.path import PathPoint, path
from paper_exchange.feeds.play import FeedStep
from paper_exchange.randomness import seeded


class Bookmark(msgspec.Struct, frozen=True):
    """Where playback stands: the source before the present row, and the step reached inside it."""

    source: str
    step: int
    steps: int
    time_ms: int
    finished: bool


class Playback:
    """Steps through bars; `finished` once the source is at its end and the last bar has closed."""

    def __init__(self, source: BarSource, seed: int, start_ms: int) -> None:
        self.source = source
        self.finished = False
        self.time_ms = start_ms
        self._seed = seed
        self._row: BarRow | None = None
        self._paths: dict[str, list[PathPoint]] = {}
        self._before_row = source.bookmark()
        self._steps = 0
        self._step = 0

    @property
    def kind(self) -> str:
        return self.source.kind

    @property
    def interval_ms(self) -> int:
        return self.source.interval_ms

    @property
    def progress(self) -> float:
        """Fraction 0-1 of the source played; 0 when it has no end."""
        if self.finished:
            return 1.0
        rows = self.source.rows_in_all
        if rows is None:
            return 0.0
        unplayed = 1 - self._step / self._steps if self._steps else 0.0
        return max(0.0, (self.source.rows_given - unplayed) / rows)

    def next_step(self, steps_per_bar: int) -> FeedStep | None:
        """The next step; a bar begun with one number of steps is finished with it. None once finished."""
        if self.finished:
            return None
        if self._row is None or self._step >= self._steps:
            self._open_row(steps_per_bar)
        row = self._row
        if row is None:
            self.finished = True
            return FeedStep(self.time_ms, {})
        self.time_ms = row.open_ms + self._step * self.source.interval_ms // self._steps
        points = {symbol: one[self._step] for symbol, one in self._paths.items()}
        self._step += 1
        return FeedStep(self.time_ms, points)

    def next_time_ms(self) -> int:
        """Market time of the step after the one last given."""
        row = self._row
        if row is None:
            return self.time_ms
        return row.open_ms + self._step * self.source.interval_ms // self._steps

    def bookmark(self) -> str:
        mark = Bookmark(self._before_row, self._step, self._steps, self.time_ms, self.finished)
        return msgspec.json.encode(mark).decode()

    def resume(self, text: str) -> None:
        """Go on exactly where `bookmark` was taken."""
        mark = msgspec.json.decode(text, type=Bookmark)
        self.source.resume(mark.source)
        if mark.steps:
            self._open_row(mark.steps)
            self._step = mark.step
        self.time_ms = mark.time_ms
        self.finished = mark.finished

    def _open_row(self, steps: int) -> None:
        ended = self._row.open_ms + self.source.interval_ms if self._row is not None else self.time_ms
        self._before_row = self.source.bookmark()
        self._row = self.source.next_row()
        self._steps, self._step = steps, 0
        if self._row is None:
            self.time_ms = ended
            return
        open_ms = self._row.open_ms
        self._paths = {
            symbol: path(bar, steps, seeded(self._seed, symbol, open_ms))
            for symbol, bar in self._row.bars.items()
        }
