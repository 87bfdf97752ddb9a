"""How probable each kind of activity is, beside sums done by hand; a score is ten for each power of ten."""

from collections.abc import Mapping, Sequence
from math import comb, erfc, exp, factorial, log, log10, sqrt

import numpy as np
import pytest

from app.domain.anomaly import (
    ActivityHistory,
    ActivityHour,
    Oddity,
    UnusualKind,
    judge,
    judge_sign_in,
    tail_probability,
)

WEEK = 168
NOBODY = np.zeros(24, dtype=np.int64)


def history(
    orders: Sequence[int] = (2, 4),
    refusals: Sequence[int] = (0,),
    notionals: Sequence[float] = (),
    symbols: Mapping[str, int] | None = None,
    by_hour: Sequence[int] = (),
) -> ActivityHistory:
    hours = NOBODY.copy()
    hours[: len(by_hour)] = by_hour
    return ActivityHistory(
        np.resize(np.array(orders, dtype=np.int64), WEEK),
        np.resize(np.array(refusals, dtype=np.int64), WEEK),
        np.array(notionals, dtype=np.float64),
        symbols or {},
        hours,
    )


def hour(
    orders: int = 0,
    refusals: int = 0,
    notionals: Sequence[float] = (),
    symbols: Sequence[str] = (),
    hour_of_day: int = 0,
) -> ActivityHour:
    return ActivityHour(orders, refusals, notionals, symbols, hour_of_day)


def least(before: ActivityHistory, now: ActivityHour) -> float:
    """The least probability, out of the score."""
    found = judge(before, now)
    assert found is not None
    return float(10 ** (-found.score / 10))


def poisson_tail(mean: float, count: int) -> float:
    return 1 - sum(exp(-mean) * mean**k / factorial(k) for k in range(count))


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_counts_are_poisson_where_they_spread_no_more_and_negative_binomial_where_they_do(count: int) -> None:
    assert tail_probability(3.0, 3.0, count) == pytest.approx(poisson_tail(3, count))
    assert tail_probability(3.0, 0.5, count) == pytest.approx(poisson_tail(3, count))
    below = sum(comb(k + 1, k) * 0.4**2 * 0.6**k for k in range(count))
    assert tail_probability(3.0, 7.5, count) == pytest.approx(1 - below)


def test_a_spread_that_only_rounding_widens_is_poisson() -> None:
    assert tail_probability(3.0, 3.0 * (1 + 1e-9), 5) == pytest.approx(poisson_tail(3, 5), rel=1e-12)


def test_nothing_or_more_is_certain() -> None:
    assert tail_probability(3.0, 7.5, 0) == 1.0
    assert tail_probability(3.0, 3.0, 0) == 1.0
    assert tail_probability(0.001, 0.001, 60) == 0.0


@pytest.mark.parametrize(("orders", "mean"), [((2, 4), 3.0), ((0,), 1 / WEEK)])
def test_orders_of_an_hour_are_judged_by_the_wallets_own_rate(orders: Sequence[int], mean: float) -> None:
    assert least(history(orders), hour(orders=2)) == pytest.approx(poisson_tail(mean, 2), rel=1e-6)


def test_a_rate_that_stands_out_is_told_with_what_is_usual() -> None:
    found = judge(history(refusals=(0, 1)), hour(orders=14, refusals=9))
    assert found is not None
    kinds = [oddity.kind for oddity in found.oddities]
    assert kinds == [UnusualKind.REFUSAL_RATE, UnusualKind.ORDER_RATE]  # the least probable first
    refused, ordered = found.oddities
    assert (ordered.value, ordered.usual) == (14, 3.0)
    assert ordered.sentence == "14 orders in an hour; 3 are usual"
    assert refused.sentence == "9 refusals in an hour; 0.5 are usual"
    assert ordered.probability == pytest.approx(poisson_tail(3, 14), rel=1e-4)
    assert found.score == pytest.approx(-10 * log10(refused.probability))


def test_an_hour_without_anything_is_no_surprise() -> None:
    found = judge(history((0, 9)), hour())
    assert found is not None
    assert (found.score, found.oddities) == (0.0, ())


def test_what_cannot_be_scores_a_hundred() -> None:
    found = judge(history((0,)), hour(orders=200))
    assert found is not None
    assert found.score == 100


SIZES = [500.0, 2_000.0] * 15
SPREAD = 1.5 * 1.4826 * log(2)


@pytest.mark.parametrize(
    ("before", "now", "probability"),
    [
        (SIZES, [16_000.0], erfc(log(16) / SPREAD / sqrt(2)) / 2),
        (SIZES, [16_000.0, 10.0], erfc(log(16) / SPREAD / sqrt(2))),  # the larger of two
        (SIZES, [1_000.0], 0.5),
        (SIZES, [500.0, 500.0], 1.0),
        ([*SIZES, 0.0, 0.0], [16_000.0], erfc(log(16) / SPREAD / sqrt(2)) / 2),
        (
            [1_000.0] * 30,
            [1_000 * exp(0.3)],
            erfc(4 / sqrt(2)) / 2,
        ),  # never taken for sharper than it can be known
        (SIZES[:29], [16_000.0], 1.0),  # too few to judge by
        (SIZES, [0.0], 0.5),
        ([size / 1e6 for size in SIZES], [0.016], erfc(log(16) / SPREAD / sqrt(2)) / 2),  # cents of a coin
    ],
)
def test_sizes_are_judged_on_the_scale_of_their_logarithms(
    before: list[float], now: list[float], probability: float
) -> None:
    assert least(history(notionals=before), hour(notionals=now)) == pytest.approx(probability, rel=1e-6)


def test_a_size_that_stands_out_is_told_with_the_usual_one() -> None:
    found = judge(history(notionals=[1_000.0] * 30), hour(notionals=[3_000.0]))
    assert found is not None
    (oddity,) = found.oddities
    assert (oddity.kind, oddity.value) == (UnusualKind.ORDER_SIZE, 3_000.0)
    assert oddity.usual == pytest.approx(1_000)
    assert oddity.sentence == "an order of 3,000; 1,000 is usual"


@pytest.mark.parametrize(
    ("before", "now", "probability"),
    [
        ({"BTC": 20, "ETH": 10}, ["DOGE"], 0.5 / 30),
        ({"BTC": 20, "ETH": 10}, ["DOGE", "DOGE", "BTC"], 0.5 / 30),
        ({"BTC": 20, "ETH": 10}, ["DOGE", "PEPE"], (0.5 / 30) ** 2),
        ({"BTC": 28, "ETH": 1, "SOL": 1}, ["DOGE"], 2 / 30),
        ({"BTC": 20, "ETH": 10}, ["BTC"], 1.0),
        ({"BTC": 20, "ETH": 9}, ["DOGE"], 1.0),  # too few to judge by
    ],
)
def test_a_symbol_seen_for_the_first_time_is_as_probable_as_those_seen_once(
    before: Mapping[str, int], now: list[str], probability: float
) -> None:
    assert least(history(symbols=before), hour(symbols=now)) == pytest.approx(probability, rel=1e-6)


@pytest.mark.parametrize(("seen", "is_alarm"), [(4_999, False), (5_000, False), (5_001, True)])
def test_less_than_one_in_ten_thousand_is_an_alarm(seen: int, is_alarm: bool) -> None:
    found = judge(history(symbols={"BTC": seen}), hour(symbols=["DOGE"]))  # half a sighting in so many
    assert found is not None
    assert found.is_alarm is is_alarm
    assert found.score == pytest.approx(10 * log10(2 * seen))


def test_new_symbols_are_named() -> None:
    found = judge(history(symbols={"BTC": 200}), hour(symbols=["PEPE", "DOGE", "BTC"]))
    assert found is not None
    (oddity,) = found.oddities
    assert (oddity.kind, oddity.value, oddity.usual) == (UnusualKind.SYMBOL, 2, 0)
    assert oddity.sentence == "DOGE, PEPE traded for the first time"


BY_HOUR = (10, 19, 1)
"""Thirty orders; one hour of the day was seen once."""


@pytest.mark.parametrize(
    ("orders", "hour_of_day", "probability"),
    [
        (1, 3, 1 / 30),
        (2, 3, (1 / 30) ** 2),
        (3, 3, (1 / 30) ** 2),  # a third proves nothing more
        (1, 2, 2 / 30),
        (1, 0, 12 / 30),
        (1, 1, poisson_tail(3, 1)),
        (0, 3, 1.0),
    ],
)
def test_an_hour_of_the_day_is_as_probable_as_those_no_more_usual(
    orders: int, hour_of_day: int, probability: float
) -> None:
    found = least(history(by_hour=BY_HOUR), hour(orders=orders, hour_of_day=hour_of_day))
    assert found == pytest.approx(probability, rel=1e-6)


def test_the_most_usual_hour_of_the_day_is_certain() -> None:
    """Every order fell in an hour no more usual, and an unseen one would have its share beside: never above one."""
    assert least(history(orders=(60,), by_hour=BY_HOUR), hour(orders=1, hour_of_day=1)) == pytest.approx(1)


def test_a_rare_hour_of_the_day_is_told_with_its_share() -> None:
    found = judge(history(by_hour=(0, 400, 1)), hour(orders=2, hour_of_day=2))
    assert found is not None
    (oddity,) = found.oddities
    assert (oddity.kind, oddity.usual) == (UnusualKind.HOUR, 1 / 401)
    assert oddity.probability == pytest.approx((2 / 401) ** 2)
    assert oddity.sentence == "2 orders between 2:00 and 2:59; 0.2% of all fall there"


def test_an_hour_of_the_day_that_stands_out_is_named() -> None:
    found = judge(history(by_hour=(0, 400, 1)), hour(orders=2, hour_of_day=3))
    assert found is not None
    (oddity,) = found.oddities
    assert (oddity.kind, oddity.value, oddity.usual) == (UnusualKind.HOUR, 3, 0.0)
    assert oddity.sentence == "2 orders between 3:00 and 3:59; 0.0% of all fall there"
    few = least(history(by_hour=(10, 18, 1)), hour(orders=1, hour_of_day=3))
    assert few == pytest.approx(poisson_tail(3, 1), rel=1e-6)  # too few to judge by


def test_a_sign_in_is_as_probable_as_a_place_seen_once() -> None:
    assert judge_sign_in({"DE": 38, "FR": 1, "IT": 1}, "BR") == Oddity(
        UnusualKind.SIGN_IN, 1, 0, 2 / 40, "a sign-in from BR, never seen in 40 sign-ins"
    )
    first_time = judge_sign_in({"DE": 40}, "BR")
    assert first_time is not None
    assert first_time.probability == 0.5 / 40
    second = judge_sign_in({"DE": 1}, "BR")
    assert second is not None
    assert second.probability == 1  # one sign-in says nothing of where the next comes from
