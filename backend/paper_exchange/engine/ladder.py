"""The visible book: spread and level spacing follow realised volatility, sizes follow traded volume.

Calibrated on BTCUSDT snapshots of 2020 (price about 9,000, 8 bps a minute, 50 BTC a minute): spread one
tick of 0.01, 25 levels spanning 2.26, ten best asks holding 11.5 BTC.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

LEVELS = 100
SPACING_PER_SIGMA = 0.0125
SPREAD_PER_SIGMA = 0.0025
LEVEL_SHARE_OF_MINUTE_VOLUME = 0.012
SIZE_GROWTH_PER_LEVEL = 0.08
SPACING_GROWTH_PER_LEVEL = 0.015


@dataclass(frozen=True, slots=True)
class BookShape:
    """Spread in ticks (>= 1), mean distance of levels in ticks, mean size of the best level in steps."""

    spread: int
    spacing: float
    level: float


@dataclass(slots=True)
class Ladder:
    """Best first on both sides; price in ticks to quantity in steps. Never empty on either side."""

    bids: dict[int, int]
    asks: dict[int, int]

    def best_bid(self) -> int:
        return next(iter(self.bids))

    def best_ask(self) -> int:
        return next(iter(self.asks))


def book_shape(price: int, sigma: float, base_sigma: float, minute_volume: float) -> BookShape:
    """The book's shape at that price (ticks), volatility per minute and volume per minute (steps).

    In stress (`sigma` above `base_sigma`) the spread widens by their ratio and every level thins by it.
    """
    stress = max(1.0, sigma / base_sigma)
    move = sigma * price
    return BookShape(
        spread=max(1, round(SPREAD_PER_SIGMA * move * stress)),
        spacing=SPACING_PER_SIGMA * move,
        level=max(1.0, LEVEL_SHARE_OF_MINUTE_VOLUME * minute_volume / stress),
    )


def _side(best: int, direction: int, shape: BookShape, draw: random.Random) -> dict[int, int]:
    levels: dict[int, int] = {}
    price = best
    for depth in range(LEVELS):
        if price < 1:
            break
        size = shape.level * (0.3 + draw.random() * (1.4 + depth * SIZE_GROWTH_PER_LEVEL))
        levels[price] = max(1, round(size))
        gap = shape.spacing * (1 + depth * SPACING_GROWTH_PER_LEVEL) * (0.5 + draw.random())
        price += direction * max(1, round(gap))
    return levels


def build_ladder(last: int, taker_bought: bool, shape: BookShape, draw: random.Random) -> Ladder:
    """The book just after a trade at `last`: the trade was at the ask if a taker bought, else at the bid."""
    ask = last if taker_bought else last + shape.spread
    bid = max(1, ask - shape.spread)
    ask = max(ask, bid + 1)
    return Ladder(bids=_side(bid, -1, shape, draw), asks=_side(ask, 1, shape, draw))
