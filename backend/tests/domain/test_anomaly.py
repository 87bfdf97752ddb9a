"""Unusual activity: found where it was planted, hardly ever where nothing changed, never judged without history."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.anomaly import (
    ALARM_BELOW,
    LEAST_HOURS,
    ActivityHistory,
    ActivityHour,
    UnusualKind,
    judge,
    judge_sign_in,
    tail_probability,
)
from tests.soak.anomaly import remembered

SYMBOLS = ("BTC", "ETH", "SOL")
DAYTIME = range(8, 20)


def an_hour(random: np.random.Generator, hour_of_day: int) -> ActivityHour:
    """Of a wallet that trades by day, in clusters, three symbols, sizes around 1,000."""
    orders = int(random.negative_binomial(0.6, 0.3)) if hour_of_day in DAYTIME else 0
    return ActivityHour(
        orders=orders,
        refusals=int(random.binomial(orders, 0.2)),
        notionals=tuple(random.lognormal(np.log(1_000), 0.3, orders).tolist()),
        symbols=tuple(random.choice(SYMBOLS, orders).tolist()),
        hour_of_day=hour_of_day,
    )


@pytest.fixture(scope="module")
def month() -> ActivityHistory:
    random = np.random.default_rng(5)
    return remembered([an_hour(random, number % 24) for number in range(30 * 24)])


QUIET = ActivityHour(orders=1, refusals=0, notionals=(1_000.0,), symbols=("BTC",), hour_of_day=12)


def test_an_ordinary_hour_raises_nothing(month: ActivityHistory) -> None:
    found = judge(month, QUIET)
    assert found is not None
    assert not found.is_alarm
    assert found.score < 40


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        (replace(QUIET, orders=40), UnusualKind.ORDER_RATE),
        (replace(QUIET, refusals=15), UnusualKind.REFUSAL_RATE),
        (replace(QUIET, notionals=(12_000.0,)), UnusualKind.ORDER_SIZE),
        (replace(QUIET, symbols=("DOGE", "PEPE")), UnusualKind.SYMBOL),
        (replace(QUIET, hour_of_day=3, orders=2), UnusualKind.HOUR),
    ],
)
def test_what_was_planted_is_found_and_named(
    month: ActivityHistory, planted: ActivityHour, kind: UnusualKind
) -> None:
    found = judge(month, planted)
    assert found is not None
    assert [oddity.kind for oddity in found.oddities] == [kind]
    assert found.score >= 40
    assert found.oddities[0].sentence


@pytest.mark.parametrize(("hours", "judged"), [(LEAST_HOURS - 1, False), (LEAST_HOURS, True)])
def test_a_wallet_without_a_week_of_history_is_not_judged(hours: int, judged: bool) -> None:
    random = np.random.default_rng(6)
    history = remembered([an_hour(random, number % 24) for number in range(hours)])
    assert (judge(history, QUIET) is not None) is judged


def test_a_wallet_that_never_traded_is_told_of_its_first_order_but_not_alarmed() -> None:
    history = remembered([ActivityHour(0, 0, (), (), number % 24) for number in range(LEAST_HOURS)])
    found = judge(history, QUIET)
    assert found is not None
    assert not found.is_alarm


def test_stationary_wallets_have_less_than_one_false_alarm_a_month() -> None:
    random = np.random.default_rng(7)
    wallets, alarms = 12, 0
    for _ in range(wallets):
        hours = [an_hour(random, number % 24) for number in range(60 * 24)]
        history = remembered(hours[: 30 * 24])
        alarms += sum(judged.is_alarm for hour in hours[30 * 24 :] if (judged := judge(history, hour)))
    assert alarms <= wallets


def test_planted_anomalies_are_found(month: ActivityHistory) -> None:
    random = np.random.default_rng(8)
    found = 0
    for number in range(200):
        hour = an_hour(random, int(random.choice(DAYTIME)))
        planted = (
            replace(hour, orders=hour.orders + 35),
            replace(hour, refusals=hour.refusals + 15),
            replace(hour, notionals=(*hour.notionals, 1_000 * random.uniform(10, 50))),
            replace(hour, symbols=(*hour.symbols, "DOGE", "PEPE")),
        )[number % 4]
        judged = judge(month, planted)
        found += judged is not None and judged.is_alarm
    assert found >= 190


def test_a_sign_in_from_a_new_place_is_odd_and_the_first_ever_is_not() -> None:
    assert judge_sign_in({}, "DE") is None
    assert judge_sign_in({"DE": 40}, "DE") is None
    odd = judge_sign_in({"DE": 40}, "BR")
    assert odd is not None
    assert odd.kind is UnusualKind.SIGN_IN
    assert odd.probability < 0.02


@given(st.floats(0.01, 20), st.floats(1, 5), st.integers(0, 60))
def test_a_larger_count_is_never_more_probable(mean: float, spread: float, count: int) -> None:
    here = tail_probability(mean, mean * spread, count)
    assert 0 <= tail_probability(mean, mean * spread, count + 1) <= here <= 1


def test_the_tail_is_that_of_the_law() -> None:
    random = np.random.default_rng(9)
    drawn = random.negative_binomial(2, 0.4, 400_000)
    assert tail_probability(3.0, 7.5, 9) == pytest.approx((drawn >= 9).mean(), rel=0.05)
    drawn = random.poisson(3, 400_000)
    assert tail_probability(3.0, 3.0, 8) == pytest.approx((drawn >= 8).mean(), rel=0.05)


def test_the_alarm_is_strict(month: ActivityHistory) -> None:
    found = judge(month, replace(QUIET, orders=12))
    assert found is not None
    assert all(oddity.probability < ALARM_BELOW for oddity in found.oddities)
