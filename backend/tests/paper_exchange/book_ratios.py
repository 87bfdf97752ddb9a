"""The simulated book beside the recorded ones: the same price, volatility and volume, then spread and depth."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from paper_exchange.engine.ladder import Ladder, book_shape, build_ladder
from paper_exchange.randomness import seeded
from tests.paper_exchange.real_books import REAL_BOOKS, RealBook

QUANTITY_UNITS = 1_000


@dataclass(frozen=True, slots=True)
class BookRatio:
    """Simulated over recorded, of one measure of one book."""

    name: str
    simulated: float
    recorded: float

    @property
    def ratio(self) -> float:
        return self.simulated / self.recorded


def _ladders(real: RealBook, books: int) -> list[Ladder]:
    unit = 10**real.decimals
    sigma = real.month.sigma
    shape = book_shape(round(real.price * unit), sigma, sigma, real.month.minute_volume * QUANTITY_UNITS)
    return [
        build_ladder(round(real.price * unit), bool(number % 2), shape, seeded(real.name, number))
        for number in range(books)
    ]


def _depth(ladder: Ladder, ticks: float) -> float:
    """Mean of both sides' quantity (base units) within that distance of the best price."""
    both = 0
    for side in (ladder.bids, ladder.asks):
        best = next(iter(side))
        both += sum(size for price, size in side.items() if abs(price - best) <= ticks)
    return both / 2 / QUANTITY_UNITS


def book_ratios(books: int) -> Iterator[BookRatio]:
    """Spread (where both sides were recorded) and depth of every recorded book, means over `books` draws."""
    for real in REAL_BOOKS:
        unit = 10**real.decimals
        ladders = _ladders(real, books)
        if real.spread is not None:
            spread = statistics.mean(one.best_ask() - one.best_bid() for one in ladders) / unit
            yield BookRatio(f"spread.{real.name}", spread, real.spread)
        simulated = [
            statistics.mean(_depth(one, distance * unit + 0.001) for one in ladders)
            for distance, _ in real.sides
        ]
        yield BookRatio(f"depth.{real.name}", sum(simulated), sum(quantity for _, quantity in real.sides))
