"""When a comparison with the venue goes before the trades of an account that never cease to wait.

What somebody does by hand is found by comparing, however busy the account is. So a comparison that is overdue takes
turns with the trades that wait; where a position waits for its stop or for its exit it has a third of the time at
most, because each comparison is several requests.
"""

from typing import Final

OVERDUE_SECONDS: Final = 3.0
PAUSES: Final = 2.0  # times what the comparison before took, while a position is exposed


class ComparisonTurns:
    """The turns that comparisons of one account take; times in seconds of one clock."""

    def __init__(self) -> None:
        self._went_last = False
        self._paused_until = 0.0

    def may_go_first(self, asked: float | None, now: float, *, exposed: bool) -> bool:
        """Whether a comparison that was asked for then (None: nobody asked) goes before the trades now; `exposed`
        where one of them has a position without a stop, or one that is to be left."""
        overdue = asked is not None and now - asked > OVERDUE_SECONDS
        self._went_last = overdue and (now >= self._paused_until if exposed else not self._went_last)
        return self._went_last

    def taken(self, begun: float, now: float) -> None:
        """A comparison has gone first from `begun` until now."""
        self._paused_until = now + PAUSES * (now - begun)
