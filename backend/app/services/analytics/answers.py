"""Answers that were given already, by what was asked and the version of what is known."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

MOST_BYTES: Final = 32 * 1024 * 1024
KEPT: Final = timedelta(
    seconds=60
)  # what a version cannot see (an older number, committed later) shows by then


class AnswerCache:
    """Serialised answers of one process, the least recently used ones let go first. A key holds the user."""

    def __init__(self, now: Callable[[], datetime], most_bytes: int = MOST_BYTES) -> None:
        self._now = now
        self._most_bytes = most_bytes
        self._held: OrderedDict[tuple[object, ...], tuple[datetime, bytes]] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[object, ...]) -> bytes | None:
        """The answer; None where there is none, or an old one."""
        found = self._held.get(key)
        if found is None:
            return None
        if self._now() - found[0] > KEPT:
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return found[1]

    def put(self, key: tuple[object, ...], answer: bytes) -> None:
        """Keep an answer; one that is larger than all may be together is not kept."""
        self._drop(key)
        if len(answer) > self._most_bytes:
            return
        self._held[key] = (self._now(), answer)
        self._bytes += len(answer)
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._held)))

    def _drop(self, key: tuple[object, ...]) -> None:
        found = self._held.pop(key, None)
        if found is not None:
            self._bytes -= len(found[1])
