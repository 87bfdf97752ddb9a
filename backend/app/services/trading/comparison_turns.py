"""When a comparison with the venue goes before the trades of an account that never cease to wait.

What somebody does by hand is found by comparing, however busy the account is; but each comparison is several requests,
and a position may wait for its stop meanwhile. So one that is overdue goes first for at most a third of the time.
"""

from typing import Final

OVERDUE_SECONDS: Final = 3.0
PAUSES: Final = 2.0  # times what the comparison before took


class ComparisonTurns:
    """The turns that comparisons of one account take; times in seconds of one clock."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def may_go_first(self, asked: float | None, now: float) -> bool:
        """Whether a comparison that was asked for then (None: nobody asked) goes before the trades now."""
        return asked is not None and now - asked > OVERDUE_SECONDS and now >= self._next_at

    def taken(self, begun: float, now: float) -> None:
        """A comparison has gone first from `begun` until now."""
        self._next_at = now + PAUSES * (now - begun)
