"""Figures of a return series: worked examples, where they are undefined, and what holds for every series."""

from itertools import pairwise
from math import isclose, sqrt

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.domain.metrics.drawdowns import (
    Drawdown,
    drawdown_curve,
    drawdowns,
    drawdowns_of_returns,
    max_drawdown,
    ulcer_index,
)
from app.domain.metrics.figure_columns import figure_columns, series_figures
from app.domain.metrics.returns import (
    SeriesError,
    annual_return,
    annual_turnover,
    beta,
    calmar_ratio,
    checked,
    correlation,
    mean_exposure,
    omega_ratio,
    sharpe_ratio,
    sortino_ratio,
    total_return,
    volatility,
)

RETURNS = np.array([0.10, -0.05, 0.02, -0.10, 0.08])
NONE = np.array([])
FLAT = np.full(50, 0.001)
series = arrays(np.float64, st.integers(2, 60), elements=st.floats(-0.5, 0.5, width=32))


def test_total_return_compounds() -> None:
    found = total_return(RETURNS)
    assert found is not None
    assert isclose(found, 1.10 * 0.95 * 1.02 * 0.90 * 1.08 - 1)


def test_annual_return_is_the_constant_rate_to_the_same_end() -> None:
    found = annual_return(RETURNS, 365)
    assert found is not None
    assert isclose((1 + found) ** (5 / 365), 1.10 * 0.95 * 1.02 * 0.90 * 1.08)


def test_volatility_is_the_sample_deviation_of_a_year() -> None:
    mean = sum(RETURNS) / 5
    variance = sum((one - mean) ** 2 for one in RETURNS) / 4
    assert volatility(RETURNS, 365) == pytest.approx(sqrt(variance * 365), rel=1e-12)


def test_sharpe_is_mean_over_deviation() -> None:
    assert sharpe_ratio(RETURNS, 1) == pytest.approx(np.mean(RETURNS) / np.std(RETURNS, ddof=1), rel=1e-12)
    assert sharpe_ratio(RETURNS, 1, 0.01) == pytest.approx(0.0, abs=1e-12)  # the mean is 0.01


def test_sortino_divides_by_the_downside_of_all_intervals() -> None:
    downside = sqrt((0.05**2 + 0.10**2) / 5)
    assert sortino_ratio(RETURNS, 1) == pytest.approx(0.01 / downside, rel=1e-12)


def test_omega_is_gains_over_shortfalls() -> None:
    assert omega_ratio(RETURNS) == pytest.approx(0.20 / 0.15, rel=1e-12)


def test_max_drawdown_counts_the_start_as_a_peak() -> None:
    assert max_drawdown(np.array([-0.2, 0.1])) == pytest.approx(0.2)
    assert max_drawdown(np.array([0.1, 0.1])) == 0


def test_drawdowns_say_from_when_to_when() -> None:
    equity = np.array([100.0, 110, 99, 110, 105, 120, 90, 80, 100])
    assert drawdowns(drawdown_curve(equity)) == [
        Drawdown(5, 7, None, 40 / 120),
        Drawdown(1, 2, 3, 11 / 110),
        Drawdown(3, 4, 5, 5 / 110),
    ]
    assert len(drawdowns(drawdown_curve(equity), 1)) == 1


def test_who_lost_more_than_all_begins_anew_with_what_is_paid_in() -> None:
    """100 fall to -20, stay there, 1,000 are paid in; of these a tenth is lost, then a fifth gained."""
    after = [np.nan, np.nan, -0.1, 0.2]
    returns = np.array([0.0, -1.2, *after])
    assert drawdowns_of_returns(returns) == pytest.approx([0, 0, 1.2, 1.2, 1.2, 0.1, 0])
    known = returns[np.isfinite(returns)]
    assert max_drawdown(known) == pytest.approx(1.2)
    assert series_figures(known, 365).max_drawdown == pytest.approx(1.2)
    assert ulcer_index(known) == pytest.approx(np.sqrt((1.2**2 + 0.1**2) / 4))
    assert figure_columns(known.reshape(1, -1), 365).ulcer_index[0] == pytest.approx(ulcer_index(known))


def test_ulcer_index_is_the_root_mean_square_drawdown() -> None:
    assert ulcer_index(np.array([-0.2, 0.25])) == pytest.approx(sqrt(0.2**2 / 2))


def test_calmar_is_growth_over_fall() -> None:
    growth, fall = annual_return(RETURNS, 365), max_drawdown(RETURNS)
    assert growth is not None
    assert fall is not None
    assert calmar_ratio(RETURNS, 365) == growth / fall


def test_beta_and_correlation_of_a_scaled_series() -> None:
    assert beta(2 * RETURNS + 0.01, RETURNS) == pytest.approx(2)
    assert correlation(-3 * RETURNS, RETURNS) == pytest.approx(-1)


def test_what_is_undefined_is_none() -> None:
    assert total_return(NONE) is None
    assert annual_return(np.array([-1.5]), 365) is None
    assert volatility(np.array([0.1]), 365) is None
    assert max_drawdown(NONE) is None
    assert omega_ratio(np.array([0.1, 0.2])) is None
    assert calmar_ratio(np.array([0.1, 0.2]), 365) is None
    assert sortino_ratio(np.array([0.1, 0.2]), 365) is None


def test_constant_returns_have_no_ratio_however_they_round() -> None:
    assert sharpe_ratio(FLAT, 365) is None
    assert sharpe_ratio(np.full(2_520, 0.1) / 3, 365) is None
    assert beta(RETURNS, np.full(5, 0.1)) is None
    assert correlation(np.full(5, 0.1), RETURNS) is None


def test_a_loss_of_everything_is_defined() -> None:
    ruin = np.array([0.1, -1.0, 0.5])
    assert total_return(ruin) == -1
    assert annual_return(ruin, 365) == -1
    assert max_drawdown(ruin) == 1


@pytest.mark.parametrize("wrong", [[np.nan], [0.1, np.inf], [[0.1], [0.2]]])
def test_a_series_without_finite_values_is_an_error(wrong: npt.ArrayLike) -> None:
    with pytest.raises(SeriesError):
        checked(wrong)


def test_pairs_of_unequal_length_are_an_error() -> None:
    with pytest.raises(SeriesError):
        beta(RETURNS, RETURNS[1:])


def test_exposure_and_turnover_need_positive_equity() -> None:
    assert mean_exposure(np.array([-50.0, 100]), np.array([100.0, 100])) == 0.75
    assert mean_exposure(np.array([50.0]), np.array([0.0])) is None
    assert annual_turnover(1_000, 100, 0.5) == 20
    assert annual_turnover(1_000, 0, 0.5) is None


@given(series)
def test_no_figure_is_ever_infinite_or_nan(returns: np.ndarray) -> None:
    found = [
        figure(returns, 365)
        for figure in (annual_return, volatility, sharpe_ratio, sortino_ratio, calmar_ratio)
    ]
    found += [figure(returns) for figure in (total_return, omega_ratio, max_drawdown, ulcer_index)]
    assert all(value is None or np.isfinite(value) for value in found)


@given(series, st.floats(0.1, 10))
def test_ratios_do_not_change_with_scale(returns: np.ndarray, factor: float) -> None:
    for ratio in (sharpe_ratio, sortino_ratio):
        found, scaled = ratio(returns, 365), ratio(returns * factor, 365)
        assert scaled == (None if found is None else pytest.approx(found, rel=1e-6, abs=1e-9))


@given(series)
def test_drawdowns_cover_the_deepest_fall_and_never_overlap(returns: np.ndarray) -> None:
    falls = drawdowns(drawdowns_of_returns(returns))
    assert max((fall.depth for fall in falls), default=0.0) == max_drawdown(returns)
    placed = sorted(falls, key=lambda fall: fall.peak)
    for before, after in pairwise(placed):
        assert before.recovery is not None
        assert before.recovery <= after.peak or before.recovery == after.peak + 1


def test_ratios_are_measured_against_the_return_that_was_wanted() -> None:
    returns = np.array([0.03, -0.01, 0.02, 0.0])
    excess = returns - 0.01
    assert sharpe_ratio(returns, 4, 0.01) == pytest.approx(excess.mean() / excess.std(ddof=1) * 2)
    assert sortino_ratio(returns, 4, 0.01) == pytest.approx(0)
    assert sortino_ratio(returns, 4, 0.005) == pytest.approx(0.005 / np.sqrt((0.015**2 + 0.005**2) / 4) * 2)
    assert sortino_ratio(returns, 4, 0.02) == pytest.approx(-0.01 / np.sqrt((0.03**2 + 0.02**2) / 4) * 2)
    assert omega_ratio(returns, 0.01) == pytest.approx(0.03 / 0.03)
    assert omega_ratio(returns, 0.02) == pytest.approx(0.01 / 0.05)


def test_two_returns_are_enough_and_one_is_not() -> None:
    two, one = np.array([0.01, -0.02]), np.array([0.01])
    assert beta(two, 2 * two) == pytest.approx(0.5)
    assert correlation(two, -two) == pytest.approx(-1)
    assert sharpe_ratio(two, 365) is not None
    assert sortino_ratio(two, 365) is not None
    assert volatility(two, 365) is not None
    for figure in (sharpe_ratio, sortino_ratio, volatility):
        assert figure(one, 365) is None
    assert beta(one, one) is None
    assert correlation(one, one) is None


def test_beta_is_the_slope_and_correlation_its_share_of_the_spread() -> None:
    random = np.random.default_rng(12)
    benchmark = random.normal(0.001, 0.01, 50)
    returns = 1.5 * benchmark + random.normal(0, 0.01, 50)
    slope = np.polyfit(benchmark, returns, 1)[0]
    assert beta(returns, benchmark) == pytest.approx(slope)
    assert correlation(returns, benchmark) == pytest.approx(np.corrcoef(returns, benchmark)[0, 1])


def test_exposure_and_turnover_are_shares_of_equity() -> None:
    assert mean_exposure(np.array([-50.0, 20.0]), np.array([100.0, 40.0])) == pytest.approx(0.5)
    assert mean_exposure(np.empty(0), np.empty(0)) is None
    assert annual_turnover(600.0, 100.0, 2.0) == pytest.approx(3)
    assert annual_turnover(600.0, 100.0, 0.0) is None
    assert annual_turnover(600.0, 0.0, 2.0) is None


def test_a_drawdown_is_a_part_of_the_peak_and_none_without_one() -> None:
    assert drawdown_curve(np.array([0.5, 0.25, 1.0, 0.75])).tolist() == [0, 0.5, 0, 0.25]
    assert drawdown_curve(np.array([-1.0, -2.0, 0.0])).tolist() == [0, 0, 0]
