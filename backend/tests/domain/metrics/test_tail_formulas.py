"""Value at risk and expected shortfall beside the textbook's formulas, and claims that roll through a series."""

from math import erfc, log, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest

from app.domain.metrics.tail_risk import (
    TailMethod,
    coverage,
    excess_kurtosis,
    rolling_claims,
    rolling_coverage,
    skewness,
    tail_risk,
)

Series = npt.NDArray[np.float64]
SKEWED = np.random.default_rng(2).gamma(2.0, 0.01, 400) - 0.015
TEN = np.array([-4, -3, -1, 0, 0, 1, 1, 2, 2, 9]) / 100


def corrected(z: float | Series, skew: float, kurtosis: float) -> float | Series:
    """Cornish and Fisher, 1938."""
    return z + (z**2 - 1) / 6 * skew + (z**3 - 3 * z) / 24 * kurtosis - (2 * z**3 - 5 * z) / 36 * skew**2


def figures(returns: Series, method: TailMethod, level: float, horizon: int = 1) -> tuple[float, float]:
    found = tail_risk(returns, method, level, horizon)
    assert found is not None
    assert (found.method, found.confidence_level, found.horizon) == (method, level, horizon)
    return found.value_at_risk, found.expected_shortfall


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("level", [0.9, 0.975])
@pytest.mark.parametrize("method", [TailMethod.NORMAL, TailMethod.CORNISH_FISHER])
def test_shaped_methods_are_the_quantile_and_its_mean_over_the_tail(
    method: TailMethod, level: float, horizon: int
) -> None:
    """The mean is taken numerically, over a hundred thousand slices of the tail."""
    mean, spread = SKEWED.mean() * horizon, SKEWED.std(ddof=1) * sqrt(horizon)
    centred = (SKEWED - SKEWED.mean()) / SKEWED.std()
    skew = kurtosis = 0.0
    if method is TailMethod.CORNISH_FISHER:
        skew = float(np.mean(centred**3)) / sqrt(horizon)
        kurtosis = (float(np.mean(centred**4)) - 3) / horizon
    tail = 1 - level
    slices = (np.arange(100_000) + 0.5) / 100_000 * tail
    below = np.array([NormalDist().inv_cdf(one) for one in slices[::10]])
    at_risk, shortfall = figures(SKEWED, method, level, horizon)
    expected = -(mean + spread * corrected(NormalDist().inv_cdf(tail), skew, kurtosis))
    assert at_risk == pytest.approx(expected, rel=1e-12)
    assert shortfall == pytest.approx(-(mean + spread * np.mean(corrected(below, skew, kurtosis))), rel=1e-3)


def test_the_shape_of_a_sample_is_that_of_its_population() -> None:
    centred = TEN - TEN.mean()
    variance = np.mean(centred**2)
    assert skewness(TEN) == pytest.approx(np.mean(centred**3) / variance**1.5)
    assert excess_kurtosis(TEN) == pytest.approx(np.mean(centred**4) / variance**2 - 3)
    assert skewness(TEN[:3]) is not None
    assert skewness(TEN[:2]) is None
    assert excess_kurtosis(np.array([0.5, 0.5, 0.5 + 1e-14])) is None


def test_historical_is_the_quantile_and_the_mean_of_what_is_no_better() -> None:
    assert figures(TEN, TailMethod.HISTORICAL, 0.9) == pytest.approx((0.031, 0.04))
    assert figures(TEN, TailMethod.HISTORICAL, 0.7) == pytest.approx((0.003, 0.08 / 3))


def test_a_longer_horizon_compounds_overlapping_windows() -> None:
    twice = (1 + TEN[:-1]) * (1 + TEN[1:]) - 1
    assert figures(TEN, TailMethod.HISTORICAL, 0.7, 2) == pytest.approx(
        figures(twice, TailMethod.HISTORICAL, 0.7)
    )
    assert tail_risk(TEN, TailMethod.HISTORICAL, 0.7, 11) is None
    assert tail_risk(TEN, TailMethod.HISTORICAL, 0.9, 2) is None  # nine windows have no worst tenth
    assert tail_risk(TEN, TailMethod.NORMAL, 0.9, 2) is not None


@pytest.mark.parametrize("method", TailMethod)
@pytest.mark.parametrize(("window", "level"), [(20, 0.95), (50, 0.9)])
def test_a_claim_is_made_of_the_window_before_it(method: TailMethod, window: int, level: float) -> None:
    returns = SKEWED[:80]
    claims = rolling_claims(returns, method, level, window)
    expected = [figures(returns[at : at + window], method, level)[0] for at in range(80 - window)]
    assert claims == pytest.approx(expected, rel=1e-9)


def test_claims_need_a_window_with_such_a_tail_and_a_return_after_it() -> None:
    assert rolling_claims(SKEWED[:21], TailMethod.NORMAL, 0.95, 20).size == 1
    assert rolling_claims(SKEWED[:20], TailMethod.NORMAL, 0.95, 20).size == 0
    assert rolling_claims(SKEWED[:40], TailMethod.NORMAL, 0.95, 19).size == 0
    assert rolling_claims(SKEWED[:251], TailMethod.NORMAL).size == 1
    assert rolling_claims(SKEWED[:250], TailMethod.NORMAL).size == 0


def test_a_window_without_variation_makes_no_claim() -> None:
    returns = np.concatenate((np.full(25, 0.01), SKEWED[:20]))
    claims = rolling_claims(returns, TailMethod.CORNISH_FISHER, 0.95, 20)
    assert np.isnan(claims).tolist() == [True] * 6 + [False] * 19
    nothing = rolling_claims(np.zeros(22), TailMethod.NORMAL, 0.95, 20)
    assert np.isnan(nothing).tolist() == [True, True]
    little = np.full(21, 0.01) + 1e-12 * np.array([1, -1] * 10 + [0])
    assert rolling_claims(little, TailMethod.NORMAL, 0.95, 20) == pytest.approx([-0.01])
    judged = rolling_coverage(returns, TailMethod.CORNISH_FISHER, 0.95, 20)
    assert judged is not None
    assert judged.observations == 19
    assert rolling_coverage(returns[:20], TailMethod.NORMAL, 0.95, 20) is None


def test_a_method_is_judged_over_windows_of_two_hundred_and_fifty() -> None:
    judged = rolling_coverage(SKEWED[:253], TailMethod.NORMAL)
    assert judged is not None
    assert judged.observations == 3
    assert judged.expected == pytest.approx(0.15)


def test_each_claim_is_judged_by_the_return_that_follows() -> None:
    returns = np.concatenate((SKEWED[:50], [-0.5], SKEWED[50:60]))
    judged = rolling_coverage(returns, TailMethod.HISTORICAL, 0.9, 50)
    assert judged is not None
    claims = rolling_claims(returns, TailMethod.HISTORICAL, 0.9, 50)
    assert judged.observations == 11
    assert judged.exceptions == int(np.sum(-returns[50:] > claims)) >= 1


@pytest.mark.parametrize(("exceptions", "count"), [(0, 100), (3, 100), (13, 100), (100, 100)])
def test_kupiecs_test_is_a_ratio_of_likelihoods(exceptions: int, count: int) -> None:
    def likelihood(share: float) -> float:
        held = (count - exceptions) * log(1 - share) if exceptions < count else 0.0
        return held + (exceptions * log(share) if exceptions else 0.0)

    returns = np.where(np.arange(count) < exceptions, -0.2, 0.0)
    found = coverage(returns, np.full(count, 0.1), 0.95)
    assert found is not None
    ratio = 2 * (likelihood(exceptions / count) - likelihood(0.05))
    assert found.p_value == pytest.approx(erfc(sqrt(ratio / 2)), rel=1e-9)
    assert (found.observations, found.exceptions) == (count, exceptions)
    assert found.expected == pytest.approx(5)


def test_a_loss_that_is_as_large_as_claimed_is_no_exception() -> None:
    found = coverage(np.array([-0.1, -0.11]), np.full(2, 0.1), 0.95)
    assert found is not None
    assert found.exceptions == 1
    assert found.is_rejected(found.p_value) is False
    assert found.is_rejected(found.p_value * 1.01)
    assert coverage(np.empty(0), np.empty(0), 0.95) is None
