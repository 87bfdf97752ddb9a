"""Losing streaks: closed trades below zero in a row, whole trades net of costs."""

from collections.abc import Iterable
from decimal import Decimal


def streak_after(streak: int, net_pnl: Decimal) -> int:
    """Return the streak after a whole trade closed: a loss adds one, a gain ends it, exactly zero leaves it.

    An explicit resume sets it back to 0, which is the caller's to do.
    """
    if net_pnl < 0:
        return streak + 1
    return 0 if net_pnl > 0 else streak


def streak_of(net_pnls: Iterable[Decimal]) -> int:
    """Return the streak at the end of the trades, in the order in which they closed."""
    streak = 0
    for net_pnl in net_pnls:
        streak = streak_after(streak, net_pnl)
    return streak


def pauses(streak: int, max_consecutive_losses: int | None) -> bool:
    """Whether the streak pauses trading: it has reached the limit."""
    return max_consecutive_losses is not None and streak >= max_consecutive_losses
