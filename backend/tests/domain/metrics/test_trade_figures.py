"""Figures of closed trades, and returns in the presence of flows."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.metrics.flows import money_weighted_return, time_weighted_returns
from app.domain.metrics.trade_figures import Excursions, excursions, longest_run, trade_figures

START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


def test_figures_of_a_few_trades() -> None:
    found = trade_figures(
        np.array([10.0, -5, 20, 0, -5, -10]), np.array([2.0, -1, np.nan, 0, -1, -1]), np.array([60.0] * 6)
    )
    assert (found.count, found.won, found.lost, found.net_pnl) == (6, 2, 3, 10)
    assert found.win_rate == pytest.approx(2 / 6)
    assert found.profit_factor == 1.5
    assert found.payoff_ratio == pytest.approx(15 / (20 / 3))
    assert found.expectancy == pytest.approx(10 / 6)
    assert found.expectancy_r == pytest.approx(-0.2)
    assert (found.largest_win, found.largest_loss) == (20, 10)
    assert (found.longest_winning_streak, found.longest_losing_streak) == (1, 2)
    assert found.median_holding_seconds == 60


def test_no_trades_have_no_figures() -> None:
    found = trade_figures(np.array([]))
    assert (found.count, found.win_rate, found.expectancy, found.profit_factor) == (0, None, None, None)
    assert (found.expectancy_r, found.largest_win, found.largest_loss) == (None, None, None)
    assert (found.payoff_ratio, found.median_holding_seconds) == (None, None)
    assert (found.longest_winning_streak, found.longest_losing_streak, found.net_pnl) == (0, 0, 0)
    unrisked = trade_figures(np.array([1.0, -2.0]), np.array([np.nan, np.nan]))
    assert (unrisked.expectancy_r, unrisked.largest_win, unrisked.largest_loss) == (None, 1, 2)


def test_without_a_loss_there_is_no_profit_factor() -> None:
    found = trade_figures(np.array([1.0, 2.0]))
    assert found.profit_factor is None
    assert found.payoff_ratio is None
    assert found.win_rate == 1


@pytest.mark.parametrize(("count", "few"), [(29, True), (30, False), (31, False)])
def test_thirty_trades_are_no_longer_few(count: int, few: bool) -> None:
    assert trade_figures(np.ones(count)).is_few is few


@given(st.lists(st.booleans(), max_size=50))
def test_the_longest_run_is_that_of_a_walk(held: list[bool]) -> None:
    longest = run = 0
    for one in held:
        run = run + 1 if one else 0
        longest = max(longest, run)
    assert longest_run(np.array(held, dtype=np.bool_)) == longest


@pytest.mark.parametrize(
    ("sign", "found"),
    [(1, Excursions(adverse=10, favourable=15)), (-1, Excursions(adverse=15, favourable=10))],
)
def test_excursions_are_measured_from_the_entry(sign: int, found: Excursions) -> None:
    assert excursions(sign, 100, np.array([110.0, 115]), np.array([95.0, 90])) == found


def test_a_price_that_never_came_back_has_no_adverse_excursion() -> None:
    assert excursions(1, 100, np.array([110.0]), np.array([101.0])) == Excursions(0, 10)
    assert excursions(1, 100, np.array([99.5]), np.array([98.0])) == Excursions(2, 0)
    assert excursions(-1, 100, np.array([100.25]), np.array([100.25])) == Excursions(0.25, 0)
    assert excursions(1, 100, np.array([]), np.array([])) is None


def test_the_holding_time_is_that_of_the_trade_in_the_middle() -> None:
    def held(*seconds: float) -> float | None:
        return trade_figures(np.ones(len(seconds)), None, np.array(seconds)).median_holding_seconds

    assert held() is None
    assert held(60.0) == 60
    assert held(60.0, 600.0, 90.0) == 90


def test_a_deposit_is_no_return() -> None:
    equity, flows = np.array([100.0, 210, 189]), np.array([100.0, 100, 0])
    assert time_weighted_returns(equity, flows) == pytest.approx([0.10, -0.10])


def test_an_interval_without_equity_has_no_return() -> None:
    assert np.isnan(time_weighted_returns(np.array([0.0, 10]), np.array([0.0, 10]))).all()
    assert np.isnan(time_weighted_returns(np.array([0.0, 10]), np.array([0.0, 0]))).all()
    assert np.isnan(time_weighted_returns(np.array([-1.0, 10]), np.array([0.0, 0]))).all()
    assert time_weighted_returns(np.array([0.5, 0.55]), np.zeros(2)) == pytest.approx([0.1])


def test_unequal_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="3 equities"):
        time_weighted_returns(np.zeros(3), np.zeros(2))


def test_money_weighted_return_weighs_by_what_was_in() -> None:
    moments = [START, START + YEAR, START + 2 * YEAR]
    assert money_weighted_return(moments, [100, 0], 121) == pytest.approx(0.10)
    found = money_weighted_return(moments, [100, 1_000], 1_110)
    assert found is not None
    assert 100 * (1 + found) ** 2 + 1_000 * (1 + found) == pytest.approx(1_110)


@pytest.mark.parametrize(
    ("moments", "flows", "end"),
    [
        ([START, START], [100], 110),
        ([START, START], [100], 100),
        ([START], [], 0),
        ([START, START + YEAR], [-100], 50),
        ([START, START + YEAR], [-1e-7], 0.5),
        ([START, START + YEAR], [1], 1_000_002),  # above the most
        ([START, START + 60 * YEAR, START + 120 * YEAR], [100, -100], 50),  # beyond what a float holds
    ],
)
def test_a_rate_that_does_not_exist_is_none(moments: list[datetime], flows: list[float], end: float) -> None:
    with np.errstate(all="ignore"):
        assert money_weighted_return(moments, flows, end) is None


def test_the_largest_rate_is_a_million() -> None:
    assert money_weighted_return([START, START + YEAR], [1], 1_000_001) == 1_000_000


def test_a_rate_is_found_to_the_last_digit() -> None:
    assert money_weighted_return([START, START + YEAR], [1], 1.5) == 0.5
    assert money_weighted_return([START, START + YEAR], [1], 1) == 0


def test_money_that_came_at_the_very_end_counts_for_no_rate() -> None:
    moments = [START, START + YEAR, START + YEAR]
    assert money_weighted_return(moments, [100, 50], 160) == pytest.approx(0.10)


def test_a_lost_account_is_minus_everything() -> None:
    assert money_weighted_return([START, START + YEAR], [100], 0) == -1


@pytest.mark.parametrize(
    ("years", "flows", "end", "rate"),
    [
        ([0, 1], [100.0], 110.0, 0.10),
        ([0, 2], [100.0], 121.0, 0.10),
        ([0, 0.5, 1], [100.0, 100.0], 100 * 1.21 + 100 * 1.1, 0.21),
        ([0, 1, 2], [100.0, -60.0], 100 * 1.44 - 60 * 1.2, 0.20),
        ([0, 1], [100.0], 50.0, -0.5),
    ],
)
def test_the_money_grows_at_the_rate_that_it_was_made_of(
    years: list[float], flows: list[float], end: float, rate: float
) -> None:
    moments = [START + year * YEAR for year in years]
    assert money_weighted_return(moments, flows, end) == pytest.approx(rate, abs=1e-9)


def test_no_moment_has_no_return_and_no_time_no_rate() -> None:
    assert time_weighted_returns(np.empty(0), np.empty(0)).tolist() == []
    assert time_weighted_returns(np.array([5.0]), np.zeros(1)).tolist() == []
    assert money_weighted_return([START], [], 1.0) is None
    assert money_weighted_return([START, START], [100.0], 110.0) is None
    with pytest.raises(ValueError, match="need 2 moments"):
        money_weighted_return([START], [100.0], 110.0)
