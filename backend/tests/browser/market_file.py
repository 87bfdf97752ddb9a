"""An hourly market that breaks out and climbs, so that a stop is seen to trail; written as a replay file."""

import csv
import math
from pathlib import Path

HOUR_MS = 3_600_000
START_MS = 1_757_577_600_000
FLAT_BARS, RISING_BARS = 135, 600
SWING, WICK, SHADOW = 0.004, 0.003, 0.002
# Two strong bars break out, five carry the price beyond the trailing stop's activation, the rest hold it there.
RISES = (0.012, 0.012, *[0.002] * 5)
REST = 0.00001


def write_market(folder: Path, symbol: str = "btcusdt", price: float = 60_000.0) -> None:
    """Bars that swing in a channel, break out, rise, and hold: short of the target, beyond the activation."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{symbol}_perp_1h_2025-09_10.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp", "open", "high", "low", "close", "volume"])
        opened = price
        for bar in range(FLAT_BARS + RISING_BARS):
            if bar < FLAT_BARS:
                close = price * (1 + SWING * math.sin(bar / 3))
                high, low = max(opened, close) * (1 + WICK), min(opened, close) * (1 - WICK)
            else:
                rising = bar - FLAT_BARS
                close = opened * (1 + (RISES[rising] if rising < len(RISES) else REST))
                high, low = close * (1 + SHADOW), opened * 0.9995
            figures = [f"{figure:.1f}" for figure in (opened, high, low, close)]
            rows.writerow([START_MS + bar * HOUR_MS, *figures, "1500.000"])
            opened = float(figures[3])
