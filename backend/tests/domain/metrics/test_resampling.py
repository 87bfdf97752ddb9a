"""How samples are drawn again: blocks of the right mean length, whole resamples, and what leaves a figure undefined."""

import numpy as np
import pytest

from app.domain.metrics import uncertainty
from app.domain.metrics.uncertainty import (
    bootstrap_interval,
    in_cells,
    interval_of,
    resampled_rows,
    resampled_sums,
    return_terms,
    serial_block,
    trade_sample,
    trade_terms,
)

RISING = np.arange(1.0, 101.0)


@pytest.mark.parametrize(("size", "block"), [(0, 1.0), (1, 1.0), (8, 2.0), (27, 3.0), (1_000, 10.0)])
def test_the_mean_block_of_a_series_is_the_cube_root_of_its_length(size: int, block: float) -> None:
    assert serial_block(size) == pytest.approx(block)


@pytest.mark.parametrize("mean_block", [1.0, 4.0, 25.0])
def test_a_resample_is_as_long_as_its_sample_and_goes_on_at_the_beginning(mean_block: float) -> None:
    rows = resampled_rows(RISING, mean_block, draws=200)
    assert rows.shape == (200, 100)
    assert set(np.unique(rows)) <= set(RISING)
    follows = (np.diff(rows, axis=1) == 1) | (np.diff(rows, axis=1) == -99)
    breaks = 99 - follows.sum(axis=1)
    # every value begins a block with the chance of one in the mean length, and then goes on by luck once in a hundred
    assert breaks.mean() == pytest.approx(99 / mean_block * 0.99, rel=0.06)


def test_blocks_of_one_are_drawn_one_by_one() -> None:
    rows = resampled_rows(RISING, 0.5, draws=400)
    assert rows.mean() == pytest.approx(50.5, abs=0.5)
    assert rows.mean(axis=1).std() == pytest.approx(RISING.std() / 10, rel=0.1)


def test_another_seed_draws_another_resample() -> None:
    terms = return_terms(RISING)
    assert (resampled_sums(terms, 3.0, draws=5, seed=1) != resampled_sums(terms, 3.0, draws=5, seed=2)).any()
    assert (resampled_rows(RISING, 3.0, draws=5) == resampled_rows(RISING, 3.0, draws=5)).all()


def test_trades_of_nothing_neither_won_nor_lost() -> None:
    terms = trade_terms(np.array([2.0, 0.0, -3.0]), np.array([1.0, np.nan, -1.5]))
    assert terms.tolist() == [[1, 0, 2, 0, 1, 1], [0, 0, 0, 0, 0, 0], [0, 1, 0, 3, -1.5, 1]]


def test_returns_are_drawn_with_their_squares_and_what_they_fell_short() -> None:
    assert return_terms(np.array([0.5, -2.0])).tolist() == [[0.5, 0.25, 0, 0], [-2, 4, 2, 4]]


def test_a_long_sample_of_trades_is_drawn_in_cells_of_blocks_of_ten() -> None:
    short, long = np.ones((2_000, 1)), np.ones((2_001, 1))
    held, block = trade_sample(short)
    assert held is short
    assert block == pytest.approx(2_000 / 300)
    cells, block = trade_sample(long)
    assert (cells.shape, block) == ((1_000, 1), 10.0)
    assert in_cells(short) is short


def test_an_interval_holds_its_share_of_the_draws_that_are_defined() -> None:
    drawn = np.arange(1_001.0)
    found = interval_of(drawn, 0.9)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((50.0, 950.0))
    assert found.level == 0.9
    drawn[:100] = np.nan
    assert interval_of(drawn) is not None
    drawn[:102] = np.inf
    assert interval_of(drawn) is None


@pytest.mark.parametrize(("undefined", "told"), [(99, True), (100, True), (101, False)])
def test_nine_draws_in_ten_must_be_defined(undefined: int, told: bool) -> None:
    drawn = np.arange(1_000.0)
    drawn[:undefined] = np.nan
    assert (interval_of(drawn) is not None) is told


def test_a_figure_without_a_divisor_is_undefined() -> None:
    nothing = np.zeros((1, 6))
    for figure in (
        uncertainty.expectancy_r_of_sums,
        uncertainty.profit_factor_of_sums,
        uncertainty.payoff_ratio_of_sums,
    ):
        assert np.isnan(figure(nothing, 3)).all()
    assert np.isnan(uncertainty.sharpe_of_sums(365)(np.zeros((1, 4)), 3)).all()
    assert np.isnan(uncertainty.sortino_of_sums(365)(np.zeros((1, 4)), 3)).all()
    assert np.isnan(uncertainty.omega_of_sums(np.zeros((1, 4)), 3)).all()


def test_a_ratio_to_nothing_is_undefined_however_much_stands_above() -> None:
    """Three returns of one: no spread, no shortfall. Three trades won: no loss but what running sums left of one."""
    constant = np.array([[3.0, 3.0, 0.0, 0.0]])
    assert np.isnan(uncertainty.sharpe_of_sums(365)(constant, 3)).all()
    assert np.isnan(uncertainty.sortino_of_sums(365)(constant, 3)).all()
    assert np.isnan(uncertainty.omega_of_sums(constant, 3)).all()
    won = np.array([[3.0, 1e-13, 5.0, 1e-13, 0.0, 0.0]])
    assert np.isnan(uncertainty.profit_factor_of_sums(won, 3)).all()
    assert np.isnan(uncertainty.payoff_ratio_of_sums(won, 3)).all()


def test_one_loss_is_enough_for_a_ratio_of_trades() -> None:
    """Two wins of 0.1 and one loss of 0.4."""
    sums = np.array([[2.0, 1.0, 0.2, 0.4, 0.0, 0.0]])
    assert uncertainty.profit_factor_of_sums(sums, 3) == pytest.approx(0.5)
    assert uncertainty.payoff_ratio_of_sums(sums, 3) == pytest.approx(0.25)


TWELVE = np.array([3.0, -1, 2, -2, 5, -1, 4, -3, 1, -1, 2, -4])
WAVES = np.sin(np.arange(400.0)) / 100 + 0.001


def test_what_was_told_of_a_sample_is_told_again() -> None:
    """The draws are seeded, so that a report made anew says the same: these figures were told."""
    alone = uncertainty.expectancy_of_sums(resampled_sums(trade_terms(TWELVE, TWELVE), 1.0), 12)
    assert (alone.mean(), alone.std()) == pytest.approx((0.41291666666666665, 0.765347483717908), rel=1e-12)
    pairs = uncertainty.expectancy_of_sums(resampled_sums(trade_terms(TWELVE, TWELVE), 2.0), 12)
    assert (pairs.mean(), pairs.std()) == pytest.approx((0.43033333333333335, 0.576598647240869), rel=1e-12)
    blocks = bootstrap_interval(return_terms(WAVES), uncertainty.sharpe_of_sums(365), mean_block=20.0)
    assert blocks is not None
    assert (blocks.low, blocks.high) == pytest.approx((2.1240170530120035, 3.553912846400091), rel=1e-12)


def test_the_interval_is_that_of_the_resamples() -> None:
    terms = return_terms(RISING)
    found = bootstrap_interval(terms, uncertainty.omega_of_sums, mean_block=2.0)
    assert found is None  # nothing fell short
    mixed = return_terms(np.concatenate((RISING, -RISING)))
    drawn = uncertainty.omega_of_sums(resampled_sums(mixed, 2.0), 200)
    assert bootstrap_interval(mixed, uncertainty.omega_of_sums, mean_block=2.0) == interval_of(drawn)
