"""The visible book: spread and level spacing follow realised volatility, sizes follow traded volume.

Calibrated on snapshots of the real BTCUSDT perpetual from 2020 to 2022; the figures and where they come from are in
`tests/paper_exchange/real_books.py`. In words: the spread is one tick unless the market is in stress; 20 levels
span about a quarter of the usual move of a minute; and the quantity on offer on one side within that usual move
would be about 30 % of a minute's volume.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

LEVELS = 100
# In units of the deviation of a minute's move.
SPACING_PER_SIGMA = 0.0125
SPREAD_PER_SIGMA = 0.00025
WIDEST_SPREAD_PER_SIGMA = 0.25
# Share of a minute's volume that rests, on one side, per deviation of a minute's move.
VOLUME_SHARE_PER_SIGMA = 0.3
SIZE_GROWTH_PER_LEVEL = 0.07
SPACING_GROWTH_PER_LEVEL = 0.01


@dataclass(frozen=True, slots=True)
class BookShape:
    """Spread in ticks (>= 1), mean distance of levels in ticks (>= 1), mean size of the best level in steps."""

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

    In stress (`sigma` above `base_sigma`) levels move apart with the volatility, and each thins once more by the
    ratio of the two; the spread widens by the ratio's square, up to a quarter of a minute's move. Where levels
    are a tick apart or closer, what they would hold gathers on the ticks there are.
    """
    stress = max(1.0, sigma / base_sigma)
    move = sigma * price
    spacing = max(1.0, SPACING_PER_SIGMA * move)
    widening = min(SPREAD_PER_SIGMA * stress**2, WIDEST_SPREAD_PER_SIGMA)
    return BookShape(
        spread=max(1, round(widening * move)),
        spacing=spacing,
        level=max(1.0, VOLUME_SHARE_PER_SIGMA * minute_volume * spacing / move / stress),
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
