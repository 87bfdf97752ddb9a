"""Bars as a feed gives them, before they become trades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FeedBar:
    """One bar of one symbol: prices in ticks, volume in steps; low <= open, close <= high, all > 0."""

    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True)
class BarRow:
    """The bars of all symbols that open at the same time."""

    open_ms: int
    bars: dict[str, FeedBar]


class BarSource(Protocol):
    """A series of bar rows that can be asked for its position and set back to it."""

    @property
    def kind(self) -> str:
        """`synthetic` or `replay`."""
        ...

    @property
    def interval_ms(self) -> int: ...

    @property
    def symbols(self) -> tuple[str, ...]: ...

    @property
    def rows_given(self) -> int:
        """Rows handed out since the play began."""
        ...

    @property
    def rows_in_all(self) -> int | None:
        """Rows of the whole play, None when there is no end."""
        ...

    def next_row(self) -> BarRow | None:
        """The next row, None at the end."""
        ...

    def bookmark(self) -> str:
        """Where the source is, as text that `resume` understands.

        Taken before a row, it gives that row again.
        """
        ...

    def resume(self, bookmark: str) -> None: ...
