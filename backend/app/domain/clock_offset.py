"""How far a venue's clock may be from ours: an alarm first, then no entries. Exits always go on."""

from typing import Final

ALARM_OFFSET_MS: Final = 500
MAX_ENTRY_OFFSET_MS: Final = 1_000


def may_enter_by_clock(offset_ms: int) -> bool:
    """Whether entries may be sent at an offset in milliseconds (positive: the venue is ahead): up to and
    including the bound."""
    return abs(offset_ms) <= MAX_ENTRY_OFFSET_MS


def is_alarming(offset_ms: int) -> bool:
    """Whether somebody should look at the clocks: at the alarm's bound and beyond."""
    return abs(offset_ms) >= ALARM_OFFSET_MS
