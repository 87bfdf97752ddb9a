"""What was heard becomes steps: in order, thinned without loss of volume, and never beyond the last news."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_exchange.assembly import fresh
from paper_exchange.engine.exchange import Tick
from paper_exchange.feeds.bars import FeedBar
from paper_exchange.feeds.live import (
    LONGEST_EXTENSION_MS,
    Freshness,
    HeardTrade,
    LivePlay,
    LiveSource,
    thinned,
)
from paper_exchange.feeds.path import PathPoint
from paper_exchange.feeds.play import MarkPoint

points = st.builds(PathPoint, st.integers(1, 1_000), st.integers(0, 50), st.booleans())


@given(st.lists(points, min_size=1, max_size=80), st.integers(2, 12))
def test_thinning_keeps_volume_last_price_and_stays_within_the_range(
    heard: list[PathPoint], most: int
) -> None:
    kept = thinned(heard, most)
    assert 1 <= len(kept) <= most
    assert sum(one.quantity for one in kept) == sum(one.quantity for one in heard)
    assert kept[-1].price == heard[-1].price
    assert {one.price for one in kept} <= {one.price for one in heard}


def test_few_trades_are_all_kept_and_equal_neighbours_joined() -> None:
    trades = [PathPoint(10, 1, True), PathPoint(10, 2, True), PathPoint(10, 3, False), PathPoint(11, 4, True)]
    assert thinned(trades, 5) == [PathPoint(10, 3, True), PathPoint(10, 3, False), PathPoint(11, 4, True)]


def _heard(symbol: str, time_ms: int, price: int) -> HeardTrade:
    return HeardTrade(symbol, time_ms, PathPoint(price, 1, True))


def test_steps_come_in_the_order_heard_and_time_never_goes_back() -> None:
    play = LivePlay(1_000)
    assert play.next_step(60) is None
    play.hear_trades(
        [_heard("BTCUSDT", 5_000, 10), _heard("BTCUSDT", 5_010, 11), _heard("ETHUSDT", 5_005, 7)]
    )
    play.hear_marks(4_000, {"BTCUSDT": MarkPoint(Decimal(10), Decimal(11))})
    first, second, third = play.next_step(60), play.next_step(60), play.next_step(60)
    assert first is not None
    assert second is not None
    assert third is not None
    assert {symbol: point.price for symbol, point in first.points.items()} == {"BTCUSDT": 10, "ETHUSDT": 7}
    assert {symbol: point.price for symbol, point in second.points.items()} == {"BTCUSDT": 11}
    assert third.marks == {"BTCUSDT": MarkPoint(Decimal(10), Decimal(11))}
    assert [one.time_ms for one in (first, second, third)] == [5_010, 5_010, 5_010]
    assert play.next_step(60) is None
    assert play.next_time_ms() == 5_010 + LONGEST_EXTENSION_MS + 1
    assert not play.finished


@pytest.mark.parametrize(("now", "stale"), [(9.9, set()), (10.0, set()), (10.1, {"ETHUSDT"})])
def test_stale_is_more_than_the_allowed_silence(now: float, stale: set[str]) -> None:
    freshness = Freshness(["BTCUSDT", "ETHUSDT"], 10.0, now=0.0)
    freshness.hear(["BTCUSDT", "UNKNOWN"], 5.0)
    assert freshness.stale(now) == stale
    assert freshness.age_seconds(now) == now


def test_the_bar_being_made_is_taken_over_and_goes_on() -> None:
    bars = {60_000: FeedBar(100, 110, 90, 105, 50), 120_000: FeedBar(105, 120, 104, 118, 7)}
    exchange = fresh(LiveSource({"BTCUSDT": bars}), 1)
    base = exchange.markets["BTCUSDT"].candles.base
    assert [bar.open_ms for bar in base.closed] == [60_000]
    exchange.advance(130_000, [Tick("BTCUSDT", 125, 3, taker_bought=True)])
    forming = base.forming
    assert forming is not None
    assert (forming.open, forming.high, forming.low, forming.close, forming.volume) == (
        105,
        125,
        104,
        125,
        10,
    )
