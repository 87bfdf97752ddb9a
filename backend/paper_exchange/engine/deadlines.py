"""What ends at a moment of the wall clock: GTD orders, and the dead man's switch of countdownCancelAll."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SPARE_ENTRIES = 1_000


@dataclass(slots=True)
class Deadlines:
    """Numbers of things with their account and end, soonest first; what ended otherwise is met in vain."""

    _heap: list[tuple[int, str, int]] = field(default_factory=list)
    _crowd: int = SPARE_ENTRIES

    def add(self, when_ms: int, account: str, number: int) -> None:
        heapq.heappush(self._heap, (when_ms, account, number))

    @property
    def is_crowded(self) -> bool:
        """Whether there are so many that it is time to `keep` only what has not ended."""
        return len(self._heap) > self._crowd

    def keep(self, lives: Callable[[str, int], bool]) -> None:
        """Drop the (account, number) that do not live any more."""
        self._heap = sorted({one for one in self._heap if lives(one[1], one[2])})
        self._crowd = SPARE_ENTRIES + 2 * len(self._heap)

    def take(self, wall_ms: int) -> Iterator[tuple[str, int]]:
        """Remove and yield (account, number) of whatever ends at or before `wall_ms`."""
        while self._heap and self._heap[0][0] <= wall_ms:
            _, account, number = heapq.heappop(self._heap)
            yield account, number


@dataclass(slots=True)
class Agenda:
    """Everything that has an end; `countdowns` by (account, symbol), wall-clock milliseconds."""

    orders: Deadlines = field(default_factory=Deadlines)
    conditionals: Deadlines = field(default_factory=Deadlines)
    countdowns: dict[tuple[str, str], int] = field(default_factory=dict)
