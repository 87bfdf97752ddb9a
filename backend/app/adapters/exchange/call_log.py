"""How long a venue takes to answer this process, over the last minute. A refusal is an answer; silence is not."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import ccxt

from app.core.metrics import VENUE_CALL_SECONDS
from app.domain.system_health import CallFigures, call_figures

WINDOW_SECONDS = 60.0
MOST_CALLS = 2_000


@dataclass(slots=True)
class CallLog:
    """Calls of one process, by venue: when, how long in seconds, and whether the answer was certain."""

    _calls: dict[str, deque[tuple[float, float, bool]]] = field(default_factory=dict)

    @contextmanager
    def timed(self, venue: str) -> Iterator[None]:
        """Time a call. Whatever leaves the block as a network error or a timeout counts as one without an answer."""
        began, is_certain = time.monotonic(), True
        try:
            yield
        except (ccxt.NetworkError, OSError, TimeoutError):
            is_certain = False
            raise
        finally:
            took = time.monotonic() - began
            VENUE_CALL_SECONDS.labels(venue, "answer" if is_certain else "none").observe(took)
            self._calls.setdefault(venue, deque(maxlen=MOST_CALLS)).append((began + took, took, is_certain))

    def figures(self) -> dict[str, CallFigures]:
        """By venue; only venues that were called in the last minute."""
        since = time.monotonic() - WINDOW_SECONDS
        found = {}
        for venue, calls in self._calls.items():
            recent = [call for call in calls if call[0] >= since]
            if recent:
                errors = sum(not certain for _, _, certain in recent)
                found[venue] = call_figures([took for _, took, _ in recent], errors)
        return found


CALLS = CallLog()
"""This process's calls; every gateway and reader of the process writes here."""
