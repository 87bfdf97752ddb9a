"""One moment of a venue's order book, summed up so that walking it costs a binary search.

Prices are quote currency per base unit, quantities base units, slippage basis points and positive when it
costs. All figures are exact.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.types import OrderSide

BASIS_POINTS = Decimal(10_000)

Level = tuple[Decimal, Decimal]  # price, quantity


class BookError(ValueError):
    """Levels that are no order book: not sorted, not positive, crossed."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """One side, best price first, with running sums of quantity and cost."""

    prices: tuple[Decimal, ...]
    quantities: tuple[Decimal, ...]
    costs: tuple[Decimal, ...]
    is_ask: bool

    @classmethod
    def of(cls, levels: Sequence[Level], *, is_ask: bool) -> "Ladder":
        """Sum up levels that come best first; raises BookError where they do not, or are not positive."""
        prices: list[Decimal] = []
        quantities: list[Decimal] = []
        costs: list[Decimal] = []
        quantity = cost = Decimal(0)
        for price, size in levels:
            if not (price.is_finite() and size.is_finite() and price > 0 and size > 0):
                raise BookError(f"a level of the book is not positive: {price} x {size}")
            if prices and (price <= prices[-1] if is_ask else price >= prices[-1]):
                raise BookError(f"the levels of the book are not in order at {price}")
            quantity += size
            cost += price * size
            prices.append(price)
            quantities.append(quantity)
            costs.append(cost)
        return cls(tuple(prices), tuple(quantities), tuple(costs), is_ask)

    @property
    def best(self) -> Decimal | None:
        """The first price; None where nobody quotes."""
        return self.prices[0] if self.prices else None

    @property
    def depth(self) -> Decimal:
        """All the quantity that shows."""
        return self.quantities[-1] if self.quantities else Decimal(0)

    def average_price(self, quantity: Decimal) -> Decimal | None:
        """What `quantity` pays on average when it walks the ladder; None where the ladder is too short."""
        if quantity <= 0 or quantity > self.depth:
            return None
        place = bisect_left(self.quantities, quantity)
        beyond = self.quantities[place] - quantity
        return (self.costs[place] - beyond * self.prices[place]) / quantity

    def quantity_within(self, worst_price: Decimal) -> Decimal:
        """How much can be had at `worst_price` or better."""
        if self.is_ask:
            count = bisect_right(self.prices, worst_price)
        else:
            count = bisect_right(self.prices, -worst_price, key=lambda price: -price)
        return self.quantities[count - 1] if count else Decimal(0)


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Both sides of one symbol at one moment."""

    bids: Ladder
    asks: Ladder

    @classmethod
    def of(cls, bids: Sequence[Level], asks: Sequence[Level]) -> "OrderBook":
        """Build both sides; raises BookError when the best bid reaches the best ask."""
        book = cls(Ladder.of(bids, is_ask=False), Ladder.of(asks, is_ask=True))
        if book.bids.best is not None and book.asks.best is not None and book.bids.best >= book.asks.best:
            raise BookError(f"the book is crossed: {book.bids.best} bid, {book.asks.best} asked")
        return book

    @property
    def mid_price(self) -> Decimal | None:
        """Half-way between the best prices; None where a side is empty."""
        if self.bids.best is None or self.asks.best is None:
            return None
        return (self.bids.best + self.asks.best) / 2

    @property
    def spread_bps(self) -> Decimal | None:
        """Distance between the best prices in basis points of the mid price; None where a side is empty."""
        mid = self.mid_price
        if mid is None or self.bids.best is None or self.asks.best is None:
            return None
        return (self.asks.best - self.bids.best) / mid * BASIS_POINTS

    def taken_by(self, side: OrderSide) -> Ladder:
        """The ladder that an order of this side walks."""
        return self.asks if side is OrderSide.BUY else self.bids

    def joined_by(self, side: OrderSide) -> Ladder:
        """The ladder in which an order of this side waits."""
        return self.bids if side is OrderSide.BUY else self.asks


def slippage_bps(side: OrderSide, price: Decimal, reference: Decimal) -> Decimal:
    """Return how much worse than `reference` a price is, in basis points: positive costs, negative gains."""
    worse = price - reference if side is OrderSide.BUY else reference - price
    return worse / reference * BASIS_POINTS


def worst_price(side: OrderSide, reference: Decimal, bps: Decimal) -> Decimal:
    """Return the price that is `bps` basis points worse than `reference`."""
    distance = reference * bps / BASIS_POINTS
    return reference + distance if side is OrderSide.BUY else reference - distance
