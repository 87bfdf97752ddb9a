"""Bar lengths and where bars open. Times are market time in milliseconds since 1970, UTC."""

from enum import StrEnum
from typing import Final

MINUTE_MS: Final = 60_000


class Timeframe(StrEnum):
    """The length of a bar."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"

    @property
    def milliseconds(self) -> int:
        return _MILLISECONDS[self]

    @classmethod
    def of_milliseconds(cls, length: int) -> "Timeframe":
        """Return the timeframe of that length; raises ValueError where there is none."""
        for timeframe in cls:
            if timeframe.milliseconds == length:
                return timeframe
        raise ValueError(f"no bar lasts {length} ms")

    def bar_open(self, market_ms: int) -> int:
        """Return the open time of the bar that `market_ms` falls in."""
        return market_ms - market_ms % self.milliseconds

    def bar_close(self, open_ms: int) -> int:
        """Return the first moment after the bar that opens at `open_ms`: the next bar's open."""
        return open_ms + self.milliseconds


_MILLISECONDS: Final = {
    Timeframe.M1: MINUTE_MS,
    Timeframe.M5: 5 * MINUTE_MS,
    Timeframe.M15: 15 * MINUTE_MS,
    Timeframe.H1: 60 * MINUTE_MS,
    Timeframe.H4: 240 * MINUTE_MS,
}
