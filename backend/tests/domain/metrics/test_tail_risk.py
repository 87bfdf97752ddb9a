"""Value at risk and expected shortfall: examples, undefined cases, and Kupiec's coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.metrics.tail_risk import TailMethod, coverage, excess_kurtosis, skewness, tail_risk

HUNDRED = np.arange(-50, 50) / 1_000  # -5 % to 4.9 % in steps of a tenth
GAUSSIAN = np.random.default_rng(1).normal(0.001, 0.02, 200_000)


def test_historical_is_the_samples_own_quantile() -> None:
    found = tail_risk(HUNDRED, TailMethod.HISTORICAL, 0.95)
    assert found is not None
    assert found.value_at_risk == pytest.approx(0.04505)
    assert found.expected_shortfall == pytest.approx(np.mean([0.050, 0.049, 0.048, 0.047, 0.046]))


@pytest.mark.parametrize("method", TailMethod)
def test_on_gaussian_returns_all_methods_agree_with_the_theory(method: TailMethod) -> None:
    found = tail_risk(GAUSSIAN, method, 0.99)
    assert found is not None
    assert found.value_at_risk == pytest.approx(0.02 * 2.32635 - 0.001, rel=0.01)
    assert found.expected_shortfall == pytest.approx(0.02 * 2.66521 - 0.001, rel=0.01)


def test_a_fat_left_tail_raises_cornish_fisher_above_normal() -> None:
    crashes = np.concatenate((GAUSSIAN[:2_000], np.full(20, -0.12)))
    normal = tail_risk(crashes, TailMethod.NORMAL, 0.99)
    corrected = tail_risk(crashes, TailMethod.CORNISH_FISHER, 0.99)
    assert normal is not None
    assert corrected is not None
    assert corrected.value_at_risk > normal.value_at_risk
    assert corrected.expected_shortfall > normal.expected_shortfall


def test_a_longer_horizon_grows_with_the_root_of_time() -> None:
    day, week = (tail_risk(GAUSSIAN - GAUSSIAN.mean(), TailMethod.NORMAL, 0.95, days) for days in (1, 4))
    assert day is not None
    assert week is not None
    assert week.value_at_risk == pytest.approx(2 * day.value_at_risk, rel=1e-6)


@pytest.mark.parametrize(("count", "defined"), [(19, False), (20, True), (21, True)])
def test_a_sample_without_such_a_tail_has_no_figure(count: int, defined: bool) -> None:
    assert (tail_risk(GAUSSIAN[:count], TailMethod.HISTORICAL, 0.95) is not None) is defined


def test_returns_that_do_not_vary_have_no_shape() -> None:
    flat = np.full(100, 0.01)
    assert tail_risk(flat, TailMethod.NORMAL) is None
    assert skewness(flat) is None
    assert excess_kurtosis(flat) is None


@pytest.mark.parametrize(("level", "horizon"), [(0.5, 1), (1.0, 1), (-1.0, 1), (0.95, 0)])
def test_a_level_or_horizon_that_means_nothing_is_an_error(level: float, horizon: int) -> None:
    with pytest.raises(ValueError, match=r"confidence level|horizon"):
        tail_risk(HUNDRED, TailMethod.NORMAL, level, horizon)


def test_right_claims_pass_kupiecs_test_and_wrong_ones_do_not() -> None:
    returns = GAUSSIAN[:2_000]
    right, low = np.full(2_000, 0.02 * 1.64485 - 0.001), np.full(2_000, 0.02)
    passed, failed = coverage(returns, right, 0.95), coverage(returns, low, 0.95)
    assert passed is not None
    assert failed is not None
    assert not passed.is_rejected()
    assert failed.is_rejected()
    assert failed.exceptions > 2 * failed.expected


@pytest.mark.parametrize(("exceptions", "p_value"), [(0, 0.0014), (5, 1.0), (13, 0.0021)])
def test_kupiecs_p_value(exceptions: int, p_value: float) -> None:
    returns = np.where(np.arange(100) < exceptions, -0.2, 0.0)
    found = coverage(returns, np.full(100, 0.1), 0.95)
    assert found is not None
    assert found.p_value == pytest.approx(p_value, abs=2e-3)


@given(st.integers(20, 300), st.integers(0, 1_000), st.sampled_from([0.9, 0.95]))
def test_the_shortfall_is_never_below_the_value_at_risk(count: int, seed: int, level: float) -> None:
    returns = np.random.default_rng(seed).standard_t(4, count) * 0.02
    for method in (TailMethod.HISTORICAL, TailMethod.NORMAL):
        found = tail_risk(returns, method, level)
        assert found is not None
        assert found.expected_shortfall >= found.value_at_risk - 1e-12
