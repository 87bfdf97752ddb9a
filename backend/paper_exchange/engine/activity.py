"""How lively a market is: realised volatility and traded volume per minute, which shape its order book.

Floats: they shape the simulated liquidity and are never booked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from paper_exchange.engine.bars import MINUTE_MS, Bar

FAST_WEIGHT = 0.2
SLOW_WEIGHT = 0.005
# Parkinson (1980): the variance of a bar is ln(high/low)^2 / (4 ln 2).
PARKINSON = 4 * math.log(2)
FLOOR_VARIANCE = 1e-9
# One bar never counts for more than this many times what is usual: a crash does not become the norm.
MOST_UNUSUAL = 9.0


@dataclass(slots=True)
class Activity:
    """Variance of log returns per minute (fast and slow averages), steps traded per minute."""

    variance: float = FLOOR_VARIANCE
    base_variance: float = FLOOR_VARIANCE
    volume: float = 0.0
    bars_seen: int = 0

    def absorb(self, bar: Bar, interval_ms: int) -> None:
        """Learn from a closed bar of that length."""
        minutes = interval_ms / MINUTE_MS
        variance = max(bar.log_range() ** 2 / PARKINSON / minutes, FLOOR_VARIANCE)
        volume = bar.volume / minutes
        self.bars_seen += 1
        fast = max(FAST_WEIGHT, 1 / self.bars_seen)
        slow = max(SLOW_WEIGHT, 1 / self.bars_seen)
        self.variance += fast * (variance - self.variance)
        usual = variance if self.bars_seen == 1 else min(variance, MOST_UNUSUAL * self.base_variance)
        self.base_variance += slow * (usual - self.base_variance)
        self.volume += fast * (volume - self.volume)

    def sigma(self, forming: Bar | None, now: int) -> float:
        """Log-return deviation per minute now; a range already made in the forming bar counts at once."""
        variance = self.variance
        if forming is not None:
            minutes = max(1.0, (now - forming.open_ms) / MINUTE_MS)
            variance = max(variance, forming.log_range() ** 2 / PARKINSON / minutes)
        return math.sqrt(variance)

    def minute_volume(self, forming: Bar | None, now: int) -> float:
        """Steps traded per minute now; more than usual in the forming bar counts at once."""
        if forming is None:
            return self.volume
        return max(self.volume, forming.volume / max(1.0, (now - forming.open_ms) / MINUTE_MS))

    def base_sigma(self) -> float:
        """The market's usual log-return deviation per minute."""
        return math.sqrt(self.base_variance)
