"""What waits for a price: found in O(log n) when it is reached, at no cost while it is not."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """Anything with an identity that can be put on a watch list."""

    @property
    def id(self) -> int: ...


W = TypeVar("W", bound=Waiting)


class PriceWatch(Generic[W]):
    """Things that wait for the price (in ticks) to rise to a level, or to fall to it.

    Removal is lazy: an entry is dropped when it is met and its thing is no longer `waiting`.
    """

    __slots__ = ("_heap", "_sign", "waiting")

    def __init__(self, upward: bool) -> None:
        self._sign = 1 if upward else -1
        self._heap: list[tuple[int, int]] = []
        self.waiting: dict[int, W] = {}

    def add(self, level: int, thing: W) -> None:
        self.waiting[thing.id] = thing
        heapq.heappush(self._heap, (self._sign * level, thing.id))

    def remove(self, thing: W) -> None:
        self.waiting.pop(thing.id, None)

    def reached(self, price: int) -> bool:
        """Whether anything may be met at `price`."""
        heap = self._heap
        while heap and heap[0][1] not in self.waiting:
            heapq.heappop(heap)
        return bool(heap) and heap[0][0] <= self._sign * price

    def take(self, price: int) -> Iterator[W]:
        """Remove and yield what is met at `price`: furthest level passed first, then oldest first."""
        while self.reached(price):
            _, identity = heapq.heappop(self._heap)
            thing = self.waiting.pop(identity, None)
            if thing is not None:
                yield thing
