"""For how long the signature of an order holds: short for entries, longer for a way out that came too late."""

from typing import Final

MOST_MS: Final = 5_000  # what Binance itself takes where nothing is signed


def receive_window_ms(base_ms: int, times_late: int) -> int:
    """Return for how long, in milliseconds, a stop or an exit is signed that the venue refused as too late so many
    times: twice as long with each of them, so that a machine that is slow for the moment still gets out. At most
    `MOST_MS`, or `base_ms` where that is more: while it lasts an unknown outcome stays unknown."""
    if base_ms <= 0 or times_late < 0:
        raise ValueError(f"no window of {base_ms} ms after {times_late} refusals")
    return max(base_ms, min(base_ms << min(times_late, 16), MOST_MS))
