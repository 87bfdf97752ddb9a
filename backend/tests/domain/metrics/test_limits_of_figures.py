"""Where a figure of returns begins to be one: spread beside rounding, growth beside what a float holds, tails."""

from math import sqrt

import numpy as np
import numpy.typing as npt
import pytest

from app.domain.metrics.drawdowns import drawdown_curve
from app.domain.metrics.figure_columns import figure_columns, series_figures
from app.domain.metrics.returns import (
    SeriesError,
    annual_return,
    annual_turnover,
    correlation,
    mean_exposure,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)
from app.domain.metrics.tail_risk import TailMethod, skewness, tail_risk

Series = npt.NDArray[np.float64]


@pytest.mark.parametrize(
    ("loss", "defined"), [(1.9e-12, False), (2e-12, False), (2.1e-12, True), (0.1, True)]
)
def test_a_downside_of_a_million_millionth_of_the_largest_return_is_rounding(
    loss: float, defined: bool
) -> None:
    """One loss among four intervals has half of it for a downside deviation; the largest return is 1."""
    returns = np.array([1.0, 0.0, 0.0, -loss])
    assert (sortino_ratio(returns, 365) is not None) is defined
    assert (series_figures(returns, 365).sortino_ratio is not None) is defined


@pytest.mark.parametrize(("half", "defined"), [(4_999, False), (5_000, False), (5_001, True)])
def test_a_spread_of_a_million_millionth_of_the_largest_return_is_rounding(half: int, defined: bool) -> None:
    """Two returns have the root of two of half their distance for a deviation, which is counted in 2^-52 here."""
    largest = 1.570092458683775
    assert sqrt(2) * 5_000 * 2.0**-52 == pytest.approx(1e-12 * largest, rel=1e-15)
    returns = np.array([largest, largest - half * 2.0**-51])
    assert (sharpe_ratio(returns, 365) is not None) is defined
    assert (series_figures(returns, 365).sharpe_ratio is not None) is defined


@pytest.mark.parametrize("one", [-0.1 / 3, 0.1 / 3, -7e-9])
def test_constant_returns_of_any_sign_and_size_have_no_sharpe(one: float) -> None:
    returns = np.full(2_520, one)
    assert sharpe_ratio(returns, 365) is None
    assert series_figures(returns, 365).sharpe_ratio is None


def test_one_loss_alone_has_no_ratio() -> None:
    found = series_figures(np.array([-0.1]), 365)
    assert (found.volatility, found.sharpe_ratio, found.sortino_ratio) == (None, None, None)
    assert found.max_drawdown == pytest.approx(0.1)
    assert found.omega_ratio == 0


def test_a_growth_that_no_float_holds_is_undefined() -> None:
    """Eight times as much in a day would be 8^365 in a year; 1e200 twice is beyond any float at once."""
    assert annual_return(np.array([7.0]), 365) is None
    found = series_figures(np.array([7.0]), 365)
    assert (found.total_return, found.annual_return) == (7.0, None)
    with np.errstate(all="ignore"):
        beyond = np.array([1e200, 1e200])
        assert total_return(beyond) is None
        assert annual_return(beyond, 365) is None
        found = series_figures(beyond, 365)
    assert (found.total_return, found.annual_return) == (None, None)


@pytest.mark.parametrize(
    ("count", "level", "defined"),
    [
        (19, 0.95, False),
        (20, 0.95, True),
        (21, 0.95, True),
        (20, 0.95 + 1e-11, True),  # a level that was rounded
        (20, 0.9501, False),
        (100, 0.99, True),
        (99, 0.99, False),
    ],
)
def test_a_tail_needs_one_return_in_it(count: int, level: float, defined: bool) -> None:
    returns = np.linspace(-0.03, 0.04, count)
    for method in TailMethod:
        assert (tail_risk(returns, method, level) is not None) is defined
    assert (series_figures(returns, 365, level).value_at_risk is not None) is defined


def test_the_shortfall_is_the_mean_of_what_lies_at_or_below_the_quantile() -> None:
    """Of 21 returns the second worst is the twentieth part's end, and of 41 the third."""
    for count, worst in ((21, 2), (41, 3)):
        returns = np.arange(count) / 100 - 0.1
        expected = 0.1 - 0.01 * (worst - 1), 0.1 - 0.01 * (worst - 1) / 2
        found = tail_risk(returns, TailMethod.HISTORICAL, 0.95)
        assert found is not None
        assert (found.value_at_risk, found.expected_shortfall) == pytest.approx(expected)
        shown = series_figures(returns, 365)
        assert (shown.value_at_risk, shown.expected_shortfall) == pytest.approx(expected)


def test_the_tail_is_that_of_the_sorted_returns_however_they_stand() -> None:
    random = np.random.default_rng(6)
    for _ in range(400):
        returns = random.normal(0, 0.02, int(random.integers(400, 2_000)))
        worst = np.sort(returns)
        below = int((returns.size - 1) * (1 - 0.95))
        found = series_figures(returns, 365)
        assert found.value_at_risk == pytest.approx(-np.quantile(worst, 1 - 0.95), rel=1e-12)
        assert found.expected_shortfall == pytest.approx(-worst[: below + 1].mean(), rel=1e-12)


def test_the_usual_level_is_ninety_five_percent() -> None:
    returns = np.random.default_rng(7).normal(0, 0.02, 50)
    asked, usual = figure_columns(returns[None], 365, 0.95), figure_columns(returns[None], 365)
    assert usual.value_at_risk.tolist() == asked.value_at_risk.tolist()
    assert series_figures(returns, 365) == series_figures(returns, 365, 0.95)


def test_returns_without_variation_have_no_shape_and_a_little_is_some() -> None:
    assert skewness(np.zeros(30)) is None
    assert skewness(np.full(30, -0.01)) is None
    little = np.full(30, 0.01) + 1e-12 * np.array([2, -1, -1] * 10)
    assert skewness(little) == pytest.approx(0.7071, abs=1e-3)  # of 2, -1, -1


def test_a_correlation_is_never_beyond_one_however_it_rounds() -> None:
    for seed in range(200):
        returns = np.random.default_rng(seed).normal(0, 0.01, 20)
        for factor in (3.0, -3.0):
            found = correlation(returns, factor * returns)
            assert found == pytest.approx(factor / 3)
            assert found is not None
            assert abs(found) <= 1
    with pytest.raises(SeriesError, match="20 returns cannot be compared with 1"):
        correlation(returns, returns[:1])


def test_exposure_and_turnover_of_a_small_account() -> None:
    assert mean_exposure(np.array([1.0, 0.25]), np.array([0.5, 0.5])) == pytest.approx(1.25)
    assert mean_exposure(np.array([1.0, 1.0]), np.array([2.0, 0.0])) is None
    assert annual_turnover(1.0, 0.5, 1.0) == 2


def test_an_account_that_begins_with_nothing_has_no_drawdown() -> None:
    assert drawdown_curve(np.array([0.0, -5.0, 0.0, 10.0, 5.0])).tolist() == [0, 0, 0, 0, 0.5]
