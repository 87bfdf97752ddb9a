"""What waits for a price: found in O(log n) when it is reached, at no cost while it is not."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

# Entries of things long gone are kept until they are this many, and half of all.
MOST_STALE = 256


SPARE_ENTRIES = 1_000


class Waiting(Protocol):
    """Anything with an identity that can be put on a watch list."""

    @property
    def id(self) -> int: ...


W = TypeVar("W", bound=Waiting)


class PriceWatch(Generic[W]):
    """Things that wait for the price (in ticks) to rise to a level, or to fall to it.

    Removal is lazy: an entry is dropped when it is met and is not its thing's present one any more, so a
    thing may be taken off and put back at another level, or behind the others at its own. When most entries
    are such the rest is gathered anew, so that what comes and goes far from the price costs no memory.
    """

    __slots__ = ("_entries", "_heap", "_present", "_sign", "waiting")

    def __init__(self, upward: bool) -> None:
        self._sign = 1 if upward else -1
        self._entries = 0
        self._heap: list[tuple[int, int, int]] = []
        self._present: dict[int, int] = {}
        self.waiting: dict[int, W] = {}

    def add(self, level: int, thing: W) -> None:
        self._entries += 1
        self.waiting[thing.id] = thing
        self._present[thing.id] = self._entries
        heapq.heappush(self._heap, (self._sign * level, self._entries, thing.id))

    def remove(self, thing: W) -> None:
        self.waiting.pop(thing.id, None)
        self._present.pop(thing.id, None)
        if len(self._heap) > SPARE_ENTRIES + 2 * len(self._present):
            self._heap = [one for one in self._heap if self._present.get(one[2]) == one[1]]
            heapq.heapify(self._heap)
        if len(self._heap) > MOST_STALE + 2 * len(self._present):
            self._heap = [entry for entry in self._heap if self._present.get(entry[2]) == entry[1]]
            heapq.heapify(self._heap)

    def reached(self, price: int) -> bool:
        """Whether anything may be met at `price`."""
        heap = self._heap
        while heap and self._present.get(heap[0][2]) != heap[0][1]:
            heapq.heappop(heap)
        return bool(heap) and heap[0][0] <= self._sign * price

    def take(self, price: int) -> Iterator[W]:
        """Remove and yield what is met at `price`: furthest level passed first, then first come."""
        while self.reached(price):
            _, _, identity = heapq.heappop(self._heap)
            thing = self.waiting.pop(identity)
            del self._present[identity]
            yield thing
