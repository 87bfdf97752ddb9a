"""A paper exchange that gives edge is a defect: who knows nothing must earn nothing, even before fees."""

from __future__ import annotations

import random
import statistics
from decimal import Decimal

from paper_exchange.engine.bars import MINUTE_MS
from paper_exchange.engine.exchange import Tick
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.refusals import VenueError
from paper_exchange.feeds.bars import FeedBar
from paper_exchange.feeds.path import path
from paper_exchange.randomness import seeded
from tests.paper_exchange.small_venue import SmallVenue

RUNS = 20
BARS = 120
STEPS = 12
SIGMA = 0.0012


def _bars(draw: random.Random) -> list[FeedBar]:
    """A driftless random walk of minute bars."""
    price, bars = 600_000.0, []
    for _ in range(BARS):
        walk = [price]
        for _ in range(30):
            walk.append(walk[-1] * (1 + draw.gauss(0, SIGMA / 30**0.5)))
        ticks = [round(one) for one in walk]
        bars.append(FeedBar(ticks[0], max(ticks), min(ticks), ticks[-1], 50_000 + draw.randrange(50_000)))
        price = walk[-1]
    return bars


def _edge_bps(seed: int, maker: bool) -> tuple[float, int]:
    """Gross profit over traded notional, in basis points, of one random run; and its number of fills."""
    draw = seeded(seed)
    venue = SmallVenue(deposit="1000000", seed=seed)
    for number, bar in enumerate(_bars(draw)):
        for step, point in enumerate(path(bar, STEPS, seeded(seed, number))):
            venue.now += MINUTE_MS // STEPS
            tick = Tick("BTCUSDT", point.price, max(1, point.quantity), point.taker_bought)
            venue.exchange.advance(venue.now, [tick])
            if step % 3 == 0:
                _act(venue, draw, maker)
    venue.exchange.cancel_all(venue.trader, "BTCUSDT", venue.now)
    venue.collect()
    # What is still held is valued at mid, so that nothing hangs on a last price.
    middle = (venue.market().best_bid + venue.market().best_ask) / 2
    flows = sum((f.price * f.quantity * (1 if f.side == "SELL" else -1) for f in venue.fills), ZERO)
    traded = sum((f.price * f.quantity for f in venue.fills), ZERO)
    profit = flows + venue.trader.amount("BTCUSDT") * middle
    return float(profit / traded) * 10_000, len(venue.fills)


def _act(venue: SmallVenue, draw: random.Random, maker: bool) -> None:
    side = draw.choice(["BUY", "SELL"])
    market = venue.market()
    try:
        if not maker:
            venue.order(side, "0.5")
            return
        venue.exchange.cancel_all(venue.trader, "BTCUSDT", venue.now)
        away = Decimal(draw.randrange(0, 300)) / 10
        price = market.best_bid - away if side == "BUY" else market.best_ask + away
        venue.order(side, "0.5", market.contract.price_text(price), "GTX")
    except VenueError:
        return


def _gains(maker: bool) -> tuple[float, float]:
    """Mean edge in basis points over the runs, and its standard error."""
    edges = []
    for seed in range(RUNS):
        edge, fills = _edge_bps(seed, maker)
        assert fills > 50
        edges.append(edge)
    return statistics.mean(edges), statistics.stdev(edges) / RUNS**0.5


def test_random_takers_gain_nothing() -> None:
    mean, error = _gains(maker=False)
    assert mean < 2 * error


def test_random_makers_gain_nothing() -> None:
    mean, error = _gains(maker=True)
    assert mean < 2 * error
