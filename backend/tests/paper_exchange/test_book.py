"""The visible book follows the market's liveliness, and makers stand in a queue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paper_exchange.engine.activity import Activity
from paper_exchange.engine.bars import MINUTE_MS, Bar, history_bar
from paper_exchange.engine.ladder import LEVELS, BookShape, book_shape, build_ladder
from paper_exchange.randomness import seeded
from tests.paper_exchange.small_venue import SmallVenue

PRICE = 600_000
SIGMA = 0.0007
VOLUME = 80_000.0


def _shape(sigma: float = SIGMA, base: float = SIGMA, volume: float = VOLUME) -> BookShape:
    return book_shape(PRICE, sigma, base, volume)


def test_depth_grows_with_volume() -> None:
    assert _shape(volume=2 * VOLUME).level == pytest.approx(2 * _shape().level)


def test_levels_move_apart_with_volatility() -> None:
    assert _shape(3 * SIGMA, 3 * SIGMA).spacing == pytest.approx(3 * _shape().spacing)


def test_stress_widens_the_spread_and_thins_the_book() -> None:
    calm, stressed = _shape(), _shape(8 * SIGMA)
    assert calm.spread == 1
    assert stressed.spread > 10
    # On offer within a given distance: apart by the volatility, and thinner once more by the stress.
    thinning = (calm.level / calm.spacing) / (stressed.level / stressed.spacing)
    assert thinning == pytest.approx(64, rel=0.05)


def test_levels_closer_than_a_tick_gather_on_the_tick() -> None:
    fine, coarse = book_shape(PRICE, SIGMA, SIGMA, VOLUME), book_shape(2_000, SIGMA, SIGMA, VOLUME)
    assert coarse.spacing == 1.0
    assert coarse.level > fine.level


@pytest.mark.parametrize("bought", [True, False])
@pytest.mark.parametrize("price", [1, 2, 50, PRICE])
def test_ladder_is_never_crossed_nor_empty(price: int, bought: bool) -> None:
    ladder = build_ladder(price, bought, book_shape(price, 0.05, SIGMA, VOLUME), seeded(price))
    assert 1 <= ladder.best_bid() < ladder.best_ask()
    assert list(ladder.bids) == sorted(ladder.bids, reverse=True)
    assert list(ladder.asks) == sorted(ladder.asks)
    assert len(ladder.asks) == LEVELS
    assert all(size >= 1 for side in (ladder.bids, ladder.asks) for size in side.values())


def _two_makers(venue: SmallVenue) -> tuple[Decimal, Decimal]:
    """Two accounts bid the best price; the quantity ahead of the first and of the second."""
    other = venue.open_account("other", "10000")
    price = venue.market().contract.price_text(venue.market().best_bid)
    first = venue.order("BUY", "0.01", price, "GTX")
    second = venue.order("BUY", "0.01", price, "GTX", account=other)
    return first.queue_ahead, second.queue_ahead


def test_the_queue_of_strangers_is_one_for_all_who_stand_in_it() -> None:
    venue = SmallVenue()
    price = f"{venue.market().best_bid}"
    ahead, behind = _two_makers(venue)
    assert ahead == behind > 0
    orders = [*venue.trader.open_orders.values(), *venue.exchange.account("other").open_orders.values()]
    # What stood ahead trades, and not one step more: nobody is filled, both are now at the front.
    venue.tick(price, quantity=f"{ahead}", taker_bought=False)
    assert [order.filled for order in orders] == [0, 0]
    assert [order.queue_ahead for order in orders] == [0, 0]
    # Enough for one of them and a half: the older is filled first.
    venue.tick(price, quantity="0.015", taker_bought=False)
    assert [order.filled for order in orders] == [Decimal("0.010"), Decimal("0.005")]


def test_price_through_the_limit_fills_whatever_stood_ahead() -> None:
    venue = SmallVenue()
    price = venue.market().best_bid
    order = venue.order("BUY", "0.01", f"{price}", "GTX")
    venue.tick(f"{price - Decimal('0.1')}", quantity="0.001", taker_bought=False)
    assert order.filled == Decimal("0.01")
    assert order.average_price == price


def _bar(open_ms: int, low: int, high: int, volume: int) -> Bar:
    return history_bar(open_ms, (low, high, low, high), volume)


def test_a_crash_is_stress_at_once_and_does_not_become_the_norm() -> None:
    activity = Activity()
    for minute in range(300):
        activity.absorb(_bar(minute * MINUTE_MS, 10_000, 10_010, 1_000), MINUTE_MS)
    usual = activity.base_sigma()
    crash = _bar(300 * MINUTE_MS, 6_000, 10_000, 50_000)
    now = crash.open_ms + MINUTE_MS // 2
    assert activity.sigma(crash, now) > 100 * usual
    assert activity.minute_volume(crash, now) == 50_000
    activity.absorb(crash, MINUTE_MS)
    assert activity.base_sigma() == pytest.approx(usual, rel=0.05)
