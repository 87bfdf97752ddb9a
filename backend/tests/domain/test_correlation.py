"""Correlation of returns: known values, missing data, sides and groups."""

import math
from decimal import Decimal

import numpy as np
import pytest

from app.domain.correlation import (
    DAILY_RETURNS,
    HOURLY_RETURNS,
    MIN_DAILY_RETURNS,
    correlation,
    correlation_of_symbols,
    daily_volatility,
    log_returns,
    signed_correlation,
)
from app.domain.fixed_point import FloatColumn
from app.domain.types import Side

_RANDOM = np.random.default_rng(5)
BASE: FloatColumn = _RANDOM.normal(0, 0.02, 400)
NOISE: FloatColumn = _RANDOM.normal(0, 0.02, 400)


def test_returns_are_of_neighbouring_closes_and_missing_where_one_is() -> None:
    found = log_returns([100, 110, None, 0, 121, 121])
    assert found[0] == pytest.approx(math.log(1.1))
    assert np.isnan(found[1:4]).all()
    assert found[4] == 0


def test_correlation_is_pearsons() -> None:
    mixed = BASE + NOISE
    expected = float(np.corrcoef(BASE, mixed)[0, 1])
    found = correlation(BASE, mixed)
    assert found is not None
    assert float(found) == pytest.approx(expected, abs=1e-6)
    assert correlation(BASE, BASE * 3 + 1) == 1
    assert correlation(BASE, -BASE) == -1


def test_series_are_aligned_at_their_end() -> None:
    assert correlation(BASE[10:], BASE) == 1


def test_too_little_data_and_a_price_that_never_moves_are_not_known() -> None:
    few = BASE[: MIN_DAILY_RETURNS - 1]
    assert correlation(few, few) is None
    assert correlation(BASE[:MIN_DAILY_RETURNS], BASE[:MIN_DAILY_RETURNS]) == 1
    assert correlation(BASE, np.zeros(400)) is None
    assert correlation(BASE[:0], BASE) is None
    gappy = BASE.copy()
    gappy[MIN_DAILY_RETURNS - 1 :] = np.nan
    assert correlation(BASE, gappy) is None


def test_days_are_preferred_and_hours_stand_in_for_short_history() -> None:
    hours = (BASE[:HOURLY_RETURNS], -BASE[:HOURLY_RETURNS])
    assert correlation_of_symbols((BASE, BASE), hours) == 1
    assert correlation_of_symbols((BASE[:5], BASE[:5]), hours) == -1
    short = (BASE[: HOURLY_RETURNS // 2 - 1], BASE[: HOURLY_RETURNS // 2 - 1])
    assert correlation_of_symbols((BASE[:5], BASE[:5]), short) is None
    turned = np.concatenate([-BASE[:-DAILY_RETURNS], BASE[-DAILY_RETURNS:]])
    assert correlation_of_symbols((BASE, turned), hours) == 1


def test_a_hedge_is_not_concentration() -> None:
    close = Decimal("0.9")
    assert signed_correlation(close, Side.LONG, Side.LONG) == close
    assert signed_correlation(close, Side.SHORT, Side.SHORT) == close
    assert signed_correlation(close, Side.LONG, Side.SHORT) == -close
    assert signed_correlation(None, Side.LONG, Side.SHORT) is None


def test_volatility_is_the_sample_deviation() -> None:
    found = daily_volatility(BASE)
    assert found is not None
    assert float(found) == pytest.approx(float(np.std(BASE[-DAILY_RETURNS:], ddof=1)), abs=1e-8)
    assert daily_volatility(BASE[:19]) is None
    assert daily_volatility(BASE[:20]) is not None
    assert daily_volatility(np.zeros(50)) is None


def test_thirty_days_are_enough_and_one_fewer_is_not() -> None:
    assert correlation(BASE[:30], BASE[:30]) == 1
    assert correlation(BASE[:29], BASE[:29]) is None


def test_sixty_days_count_and_not_one_more() -> None:
    turned = np.concatenate([-BASE[:-60], BASE[-60:]])
    assert correlation_of_symbols((BASE, turned), (BASE[:0], BASE[:0])) == 1
    assert correlation_of_symbols((BASE[-70:], BASE[-70:]), (BASE[:0], BASE[:0])) == 1
    assert correlation_of_symbols((BASE, -BASE), (BASE[:0], BASE[:0])) == -1


def test_fourteen_days_of_hours_count_of_which_half_must_be_known() -> None:
    none = (BASE[:0], BASE[:0])
    turned = np.concatenate([-BASE[:-336], BASE[-336:]])
    assert correlation_of_symbols(none, (BASE, turned)) == 1
    assert correlation_of_symbols(none, (BASE[:168], BASE[:168])) == 1
    assert correlation_of_symbols(none, (BASE[:167], BASE[:167])) is None


def test_a_correlation_has_six_places() -> None:
    found = correlation(BASE, BASE + NOISE)
    assert found is not None
    assert found == round(found, 6)


def test_a_moment_that_only_one_series_knows_is_left_out() -> None:
    gappy = BASE.copy()
    gappy[7] = np.nan
    assert correlation(BASE, gappy) == 1
    assert correlation(gappy, BASE) == 1


def test_a_price_below_one_has_returns() -> None:
    assert log_returns([0.5, 1.0])[0] == pytest.approx(math.log(2))


def test_a_correlation_is_at_most_one_even_of_moves_too_small_to_be_squared() -> None:
    """The square of 2.7e-162 is told as the smallest number that there is, a third too small."""
    tiny, large = np.tile([2.7e-162, -2.7e-162], 20), np.tile([1e140, -1e140], 20)
    assert correlation(tiny, large) == 1
    assert correlation(tiny, -large) == -1


def test_volatility_has_eight_places() -> None:
    # Ten times one percent up and down, and once a third: the sample deviation of 21 returns.
    returns = np.array([0.01, -0.01] * 10 + [1 / 3])
    mean = (1 / 3) / 21
    exact = math.sqrt((20 * 0.01**2 + (1 / 3) ** 2 - 21 * mean**2) / 20)
    assert daily_volatility(returns) == Decimal(f"{exact:.8f}")
    assert f"{exact:.8f}" != f"{exact:.9f}".rstrip("0")
