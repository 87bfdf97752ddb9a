"""Every figure in one pass equals the one-at-a-time functions, row by row, and is undefined where they are."""

from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.domain.metrics.drawdowns import max_drawdown, ulcer_index
from app.domain.metrics.figure_columns import NAMES, figure_columns, series_figures
from app.domain.metrics.returns import (
    SeriesError,
    annual_return,
    calmar_ratio,
    omega_ratio,
    sharpe_ratio,
    sortino_ratio,
    total_return,
    volatility,
)
from app.domain.metrics.tail_risk import TailMethod, tail_risk

Series = npt.NDArray[np.float64]
MATRIX = np.random.default_rng(1).standard_t(4, (11, 300)) * 0.01
series = arrays(np.float64, st.integers(1, 80), elements=st.floats(-0.5, 0.5, width=32))


def one_at_a_time(returns: Series, periods: float, level: float) -> dict[str, float | None]:
    tail = tail_risk(returns, TailMethod.HISTORICAL, level)
    return {
        "total_return": total_return(returns),
        "annual_return": annual_return(returns, periods),
        "volatility": volatility(returns, periods),
        "sharpe_ratio": sharpe_ratio(returns, periods),
        "sortino_ratio": sortino_ratio(returns, periods),
        "calmar_ratio": calmar_ratio(returns, periods),
        "omega_ratio": omega_ratio(returns),
        "max_drawdown": max_drawdown(returns),
        "ulcer_index": ulcer_index(returns),
        "value_at_risk": None if tail is None else tail.value_at_risk,
        "expected_shortfall": None if tail is None else tail.expected_shortfall,
    }


def condition(name: str, returns: Series) -> float:
    """How much larger than in the returns rounding is in a ratio: its divisor is a difference of numbers that are
    nearly alike. A drawdown of 2e-12 is the difference of two growths near one, of which four digits are left; a
    spread is that of returns about their mean."""
    with np.errstate(all="ignore"):
        if name == "calmar_ratio":
            return 1 / (max_drawdown(returns) or 1.0)
        if name == "sharpe_ratio":
            return float(np.abs(returns).max() / np.std(returns)) if np.std(returns) else 1.0
    return 1.0


def assert_same(found: float | None, expected: float | None, name: str, returns: Series) -> None:
    """Two ways of adding up round differently: by the last bit of each step, times the figure's condition."""
    assert (found is None) == (expected is None), name
    if expected is not None:
        rounding = returns.size * np.finfo(np.float64).eps * condition(name, returns)
        assert found == pytest.approx(expected, rel=1e-10 + 4 * rounding, abs=1e-12), name


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_rows_are_what_each_function_says(level: float) -> None:
    columns = figure_columns(MATRIX, 365, level)
    for place, row in enumerate(MATRIX):
        for name, expected in one_at_a_time(row, 365, level).items():
            assert_same(float(getattr(columns, name)[place]), expected, name, row)


@given(series)
@example(np.array([0.5, -1.8e-12]))
def test_any_series_has_the_figures_of_each_function(returns: Series) -> None:
    found = asdict(series_figures(returns, 252))
    assert found.pop("count") == returns.size
    for name, expected in one_at_a_time(returns, 252, 0.95).items():
        assert_same(found[name], expected, name, returns)


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(1, 80)),
        elements=st.floats(-1.5, 0.5, width=32),
    )
)
def test_any_rows_have_the_figures_of_each_function(rows: Series) -> None:
    columns = figure_columns(rows, 252)
    for place, row in enumerate(rows):
        for name, expected in one_at_a_time(row, 252, 0.95).items():
            found = float(getattr(columns, name)[place])
            assert_same(None if np.isnan(found) else found, expected, name, row)


@pytest.mark.parametrize("count", [1, 11, 12, 13, 251])
def test_of_very_many_rows_each_has_its_own_figures(count: int) -> None:
    rows = np.random.default_rng(count).standard_t(3, (37, count)) * 0.02
    columns = figure_columns(rows, 365)
    for place, row in enumerate(rows):
        for name, expected in one_at_a_time(row, 365, 0.95).items():
            found = float(getattr(columns, name)[place])
            assert_same(None if np.isnan(found) else found, expected, name, row)


@pytest.mark.parametrize(
    "returns",
    [
        np.array([-0.9] + [0.01] * 99),
        np.array([-0.03] * 30 + [0.01] * 70),
        np.array([0.5] * 90 + [0.0] * 10),
        np.linspace(-0.2, 0.2, 101),
    ],
    ids=["one crash", "a third alike", "tail at zero", "even"],
)
@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_the_tail_is_that_of_every_value_however_they_are_spread(returns: Series, level: float) -> None:
    found = series_figures(returns, 365, level)
    worst = np.sort(returns)[: int((returns.size - 1) * (1 - level)) + 1]
    assert found.value_at_risk == pytest.approx(-np.quantile(returns, 1 - level), rel=1e-10, abs=1e-12)
    assert found.expected_shortfall == pytest.approx(-worst.mean(), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    "returns",
    [
        np.full(50, 0.001),
        np.full(50, 0.0),
        np.array([0.1]),
        np.array([0.1, -1.0, 0.2]),
        np.array([-2.0, 0.5]),
    ],
    ids=["constant", "zero", "one", "ruin", "below ruin"],
)
def test_undefined_is_none_in_both(returns: Series) -> None:
    found = asdict(series_figures(returns, 365))
    for name, expected in one_at_a_time(returns, 365, 0.95).items():
        assert_same(found[name], expected, name, returns)


def test_an_empty_series_has_no_figure() -> None:
    found = series_figures(np.empty(0), 365)
    assert found.count == 0
    assert all(getattr(found, name) is None for name in NAMES)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_an_error(value: float) -> None:
    spoiled = MATRIX.copy()
    spoiled[3, 7] = value
    with pytest.raises(SeriesError, match="finite"):
        figure_columns(spoiled, 365)


@pytest.mark.parametrize("shape", [(0,), (5, 0), (2, 2, 2)])
def test_no_matrix_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(SeriesError):
        figure_columns(np.zeros(shape), 365)
