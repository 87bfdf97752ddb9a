"""From a bar to the trades inside it.

Open, the nearer extreme, the farther one, close, with a bridge between.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from paper_exchange.feeds.bars import FeedBar

# Deviation of the whole walk between two turns, in units of the bar's range.
WANDER = 0.5
FIRST_TURN = (0.15, 0.45)
SECOND_TURN = (0.55, 0.85)


@dataclass(frozen=True, slots=True)
class PathPoint:
    """One trade; price in ticks, quantity in steps (may be 0 when the bar traded less than one step a
    point).
    """

    price: int
    quantity: int
    taker_bought: bool


def _bridge(draw: random.Random, start: int, end: int, steps: int, bounds: tuple[int, int]) -> list[int]:
    """`steps` prices that end at `end`, wandering like a Brownian bridge, never outside `bounds`."""
    low, high = bounds
    scale = (high - low) * WANDER / steps**0.5
    prices: list[int] = []
    here = float(start)
    for left in range(steps, 0, -1):
        here += (end - here) / left
        if left > 1:
            here += draw.gauss(0.0, scale) * ((left - 1) / left) ** 0.5
        here = min(float(high), max(float(low), here))
        prices.append(round(here))
    return prices


def _split(draw: random.Random, total: int, parts: int) -> list[int]:
    """Whole numbers >= 0 that add up to `total` exactly, unevenly."""
    weights = [0.2 + draw.random() for _ in range(parts)]
    whole = sum(weights)
    out: list[int] = []
    given, reached = 0, 0.0
    for weight in weights[:-1]:
        reached += weight
        upto = int(total * reached / whole)
        out.append(upto - given)
        given = upto
    return [*out, total - given]


def path(bar: FeedBar, steps: int, draw: random.Random) -> list[PathPoint]:
    """`steps` (>= 4) trades that open, reach both extremes, and close as the bar did, with its whole
    volume.
    """
    bounds = (bar.low, bar.high)
    low_first = bar.open - bar.low <= bar.high - bar.open
    near, far = (bar.low, bar.high) if low_first else (bar.high, bar.low)
    last = steps - 1
    first = min(last - 2, max(1, round(last * draw.uniform(*FIRST_TURN))))
    second = min(last - 1, max(first + 1, round(last * draw.uniform(*SECOND_TURN))))
    prices = [
        bar.open,
        *_bridge(draw, bar.open, near, first, bounds),
        *_bridge(draw, near, far, second - first, bounds),
        *_bridge(draw, far, bar.close, last - second, bounds),
    ]
    volumes = _split(draw, bar.volume, steps)
    points: list[PathPoint] = []
    before = bar.open
    for price, volume in zip(prices, volumes, strict=True):
        bought = price > before if price != before else draw.random() < 0.5  # noqa: PLR2004 - a coin
        points.append(PathPoint(price, volume, bought))
        before = price
    return points
