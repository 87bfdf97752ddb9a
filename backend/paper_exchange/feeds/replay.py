"""Plays recorded bars of several symbols on one clock."""

from __future__ import annotations

from collections.abc import Mapping

from paper_exchange.feeds.bars import BarRow, FeedBar


class ReplaySource:
    """Recorded rows in order of time; the first `history` of them are known before the play begins."""

    kind = "replay"

    def __init__(self, series: Mapping[str, Mapping[int, FeedBar]], interval_ms: int, history: int) -> None:
        self.interval_ms = interval_ms
        self.symbols = tuple(sorted(series))
        times = sorted({open_ms for bars in series.values() for open_ms in bars})
        self._rows = [
            BarRow(open_ms, {symbol: bars[open_ms] for symbol, bars in series.items() if open_ms in bars})
            for open_ms in times
        ]
        self._first = self._next = min(history, len(self._rows) - 1)

    def history(self) -> list[BarRow]:
        """The rows before the play."""
        return self._rows[: self._first]

    @property
    def start_ms(self) -> int:
        """Market time at which the play begins."""
        return self._rows[self._first].open_ms

    @property
    def rows_given(self) -> int:
        return self._next - self._first

    @property
    def rows_in_all(self) -> int:
        return len(self._rows) - self._first

    def next_row(self) -> BarRow | None:
        if self._next >= len(self._rows):
            return None
        self._next += 1
        return self._rows[self._next - 1]

    def bookmark(self) -> str:
        return str(self._next)

    def resume(self, bookmark: str) -> None:
        self._next = min(int(bookmark), len(self._rows))
