"""Intervals by resampling: how often they hold the truth, and that running sums draw what a walk would draw."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from app.domain.metrics import uncertainty
from app.domain.metrics.drawdowns import max_drawdown
from app.domain.metrics.returns import omega_ratio, sharpe_ratio, sortino_ratio
from app.domain.metrics.trade_figures import trade_figures
from app.domain.metrics.uncertainty import (
    bootstrap_interval,
    in_cells,
    resampled_rows,
    resampled_sums,
    return_terms,
    serial_block,
    trade_block,
    trade_sample,
    trade_terms,
)

Series = npt.NDArray[np.float64]
RETURNS = np.random.default_rng(4).normal(0.001, 0.01, 250)
PNL = np.random.default_rng(5).normal(1.0, 10.0, 120)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(3)
    held = 0
    for _ in range(100):
        pnl = random.normal(1.0, 2.0, 100)
        found = bootstrap_interval(
            trade_terms(pnl, np.full(100, np.nan)), uncertainty.expectancy_of_sums, mean_block=1
        )
        assert found is not None
        held += found.low <= 1.0 <= found.high
    assert 87 <= held <= 100


def test_blocks_widen_the_interval_of_values_that_depend_on_their_neighbours() -> None:
    random = np.random.default_rng(6)
    walk = np.convolve(random.normal(0, 0.01, 600), np.ones(10) / 10, "valid")
    alone, blocks = (
        bootstrap_interval(return_terms(walk), uncertainty.sharpe_of_sums(365), mean_block=block)
        for block in (1, 20)
    )
    assert alone is not None
    assert blocks is not None
    assert blocks.high - blocks.low > 1.5 * (alone.high - alone.low)


@pytest.mark.parametrize("mean_block", [1.0, 3.7, 40.0])
def test_running_sums_draw_the_same_resamples_as_whole_rows(mean_block: float) -> None:
    sums = resampled_sums(return_terms(RETURNS), mean_block, draws=50)
    rows = resampled_rows(RETURNS, mean_block, draws=50)
    assert rows.shape == (50, 250)
    assert sums[:, 0] == pytest.approx(rows.sum(axis=1), abs=1e-12)
    sharpe = uncertainty.sharpe_of_sums(365)(sums, 250)
    sortino = uncertainty.sortino_of_sums(365)(sums, 250)
    omega = uncertainty.omega_of_sums(sums, 250)
    for place, row in enumerate(rows):
        assert sharpe[place] == pytest.approx(sharpe_ratio(row, 365), rel=1e-9, abs=1e-9)
        assert sortino[place] == pytest.approx(sortino_ratio(row, 365), rel=1e-9, abs=1e-9)
        assert omega[place] == pytest.approx(omega_ratio(row), rel=1e-9)


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        (uncertainty.win_rate_of_sums, "win_rate"),
        (uncertainty.expectancy_of_sums, "expectancy"),
        (uncertainty.expectancy_r_of_sums, "expectancy_r"),
        (uncertainty.profit_factor_of_sums, "profit_factor"),
        (uncertainty.payoff_ratio_of_sums, "payoff_ratio"),
    ],
)
def test_figures_of_sums_are_those_of_the_trades(figure: Callable[[Series, int], Series], name: str) -> None:
    r_multiples = np.where(np.arange(PNL.size) % 3 == 0, np.nan, PNL / 5)
    sums = trade_terms(PNL, r_multiples).sum(axis=0)[None, :]
    assert figure(sums, PNL.size)[0] == pytest.approx(getattr(trade_figures(PNL, r_multiples), name))


def test_the_same_sample_has_the_same_interval() -> None:
    terms, figure = return_terms(RETURNS), uncertainty.sharpe_of_sums(365)
    first = bootstrap_interval(terms, figure, mean_block=serial_block(250))
    assert first == bootstrap_interval(terms, figure, mean_block=serial_block(250))
    assert first is not None
    assert first.low < float(sharpe_ratio(RETURNS, 365) or 0) < first.high


@pytest.mark.parametrize(("count", "defined"), [(9, False), (10, True), (11, True)])
def test_ten_values_are_enough_for_an_interval(count: int, defined: bool) -> None:
    terms = trade_terms(PNL[:count], np.full(count, np.nan))
    found = bootstrap_interval(terms, uncertainty.win_rate_of_sums, mean_block=1)
    assert (found is not None) is defined


def test_a_figure_that_is_mostly_undefined_has_no_interval() -> None:
    terms = trade_terms(np.ones(20), np.full(20, np.nan))
    assert bootstrap_interval(terms, uncertainty.profit_factor_of_sums, mean_block=1) is None
    assert bootstrap_interval(terms, uncertainty.expectancy_r_of_sums, mean_block=1) is None
    assert bootstrap_interval(terms, uncertainty.win_rate_of_sums, mean_block=1) is not None


def test_drawdowns_of_resamples_spread_about_the_one_seen() -> None:
    rows = resampled_rows(RETURNS, serial_block(250), draws=200)
    falls = [fall for row in rows if (fall := max_drawdown(row)) is not None]
    assert min(falls) < float(max_drawdown(RETURNS) or 0) < max(falls)


@pytest.mark.parametrize(("size", "block"), [(1, 1.0), (300, 1.0), (301, 301 / 300), (90_000, 300.0)])
def test_trades_are_drawn_one_by_one_up_to_three_hundred(size: int, block: float) -> None:
    assert trade_block(size) == block


@pytest.mark.parametrize(("size", "cells"), [(1, 1), (2_000, 2_000), (2_001, 1_000), (90_000, 1_000)])
def test_a_long_sample_is_drawn_in_cells_that_hold_all_of_it(size: int, cells: int) -> None:
    terms = np.random.default_rng(9).normal(0, 1, (size, 3))
    found = in_cells(terms)
    assert found.shape == (cells, 3)
    assert found.sum(axis=0) == pytest.approx(terms.sum(axis=0), abs=1e-9)


def test_cells_give_the_interval_of_the_blocks_that_they_stand_for() -> None:
    pnl = np.random.default_rng(10).normal(1.0, 10.0, 20_000)
    terms = trade_terms(pnl, np.full(pnl.size, np.nan))
    whole = uncertainty.expectancy_of_sums(resampled_sums(terms, trade_block(20_000)), 20_000)
    cells, block = trade_sample(terms)
    drawn = uncertainty.expectancy_of_sums(resampled_sums(cells, block), 20_000)
    assert drawn.mean() == pytest.approx(whole.mean(), abs=0.02)
    assert drawn.std() == pytest.approx(whole.std(), rel=0.15)
