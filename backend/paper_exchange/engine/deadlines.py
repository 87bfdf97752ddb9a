"""What ends at a moment of the wall clock: GTD orders, and the dead man's switch of countdownCancelAll."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Deadlines:
    """Numbers of things with their account and end, soonest first; what ended otherwise is met in vain."""

    _heap: list[tuple[int, str, int]] = field(default_factory=list)

    def add(self, when_ms: int, account: str, number: int) -> None:
        heapq.heappush(self._heap, (when_ms, account, number))

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
