"""What takes columns takes single elements too, and both come to the same."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import elementwise as ew
from app.domain import fixed_point as fp
from app.domain.trade_costs import comparable_units

_MARKS = st.sampled_from([fp.UNKNOWN, fp.OUT_OF_RANGE, fp.NO_LIMIT, fp.MAX_UNITS, -fp.MAX_UNITS, 0])
_UNITS = st.one_of(_MARKS, st.integers(-fp.MAX_UNITS, fp.MAX_UNITS), st.integers(-(10**12), 10**12))
_NO_NUMBERS = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])
_FLOATS = st.one_of(_NO_NUMBERS, st.floats(-1e290, 1e290), st.floats(-1e11, 1e11), st.floats(-1.0, 1.0))
_TWO_AMOUNTS: list[Callable[..., object]] = [
    fp.multiply_floor,
    fp.multiply_ceil,
    fp.scaled_limit,
    fp.scaled_limit_ceil,
    ew.maximum,
    ew.minimum,
]
_TWO_FLOATS: list[Callable[..., object]] = [ew.lesser, ew.greater, ew.lower_price, ew.higher_price]


def _ints(value: int) -> fp.IntColumn:
    return np.array([value], dtype=np.int64)


def _floats(value: float) -> fp.FloatColumn:
    return np.array([value], dtype=np.float64)


def _alike(element: object, column: object) -> bool:
    """Whether an element is a plain number and what the column holds, NaN being NaN."""
    assert isinstance(column, np.ndarray)
    assert type(element) in (bool, int, float)
    (held,) = column.tolist()
    both_missing = isinstance(element, float) and math.isnan(element) and math.isnan(held)
    return held == element or both_missing


@pytest.mark.parametrize("function", _TWO_AMOUNTS)
@given(one=_UNITS, other=_UNITS)
def test_two_amounts(function: Callable[..., object], one: int, other: int) -> None:
    assert _alike(function(one, other), function(_ints(one), _ints(other)))


@pytest.mark.parametrize("function", _TWO_FLOATS)
@given(one=_FLOATS, other=_FLOATS)
def test_two_prices(function: Callable[..., object], one: float, other: float) -> None:
    assert _alike(function(one, other), function(_floats(one), _floats(other)))


@given(value=_FLOATS)
def test_a_float_in_units_and_what_is_missing(value: float) -> None:
    assert _alike(fp.floats_to_units(value), fp.floats_to_units(_floats(value)))
    assert _alike(ew.is_missing(value), ew.is_missing(_floats(value)))


@given(units=_UNITS)
def test_units_as_a_float_and_what_is_known(units: int) -> None:
    assert _alike(fp.units_to_floats(units), fp.units_to_floats(_ints(units)))
    assert _alike(fp.is_known(units), fp.is_known(_ints(units)))


@given(value=st.floats(-1e15, 1e15))
def test_a_float_rounded(value: float) -> None:
    assert _alike(ew.rounded(value, 6), ew.rounded(_floats(value), 6))
    assert _alike(ew.whole(value), ew.whole(_floats(value)))


@given(condition=st.booleans(), one=_UNITS, other=_UNITS)
def test_choosing_and_negating(condition: bool, one: int, other: int) -> None:
    column = np.array([condition])
    assert _alike(ew.where(condition, one, other), ew.where(column, _ints(one), _ints(other)))
    assert _alike(ew.negated(condition), ew.negated(column))
    assert ew.holds_somewhere(condition) == ew.holds_somewhere(column)
    assert ew.holds_everywhere(condition) == ew.holds_everywhere(column)


@given(reward=st.floats(-1e9, 1e9), risk=st.floats(-1e9, 1e9))
def test_reward_and_risk_in_units(reward: float, risk: float) -> None:
    elements, columns = comparable_units(reward, risk), comparable_units(_floats(reward), _floats(risk))
    assert all(_alike(element, column) for element, column in zip(elements, columns, strict=True))


@given(amounts=st.lists(_UNITS, min_size=1, max_size=5))
def test_any_of_several_amounts(amounts: list[int]) -> None:
    columns = ew.any_equals([_ints(amount) for amount in amounts], fp.OUT_OF_RANGE)
    assert _alike(ew.any_equals(amounts, fp.OUT_OF_RANGE), columns)


def test_each_element_of_a_column_is_chosen_by_itself() -> None:
    amounts, prices = np.array([1, 5, 3]), np.array([1.0, 5.0, math.nan])
    assert ew.maximum(amounts, 3).tolist() == [3, 5, 3]
    assert ew.minimum(amounts, 3).tolist() == [1, 3, 3]
    for choose, chosen in (
        (ew.lower_price, [1.0, 2.0, 2.0]),
        (ew.higher_price, [2.0, 5.0, 2.0]),
        (ew.lesser, [1.0, 2.0, math.nan]),
        (ew.greater, [2.0, 5.0, math.nan]),
    ):
        assert np.array_equal(choose(prices, 2.0), chosen, equal_nan=True)


def test_what_has_no_digits_is_rounded_to_itself() -> None:
    for value in (math.inf, -math.inf, math.nan):
        assert _alike(ew.rounded(value, 6), ew.rounded(_floats(value), 6))
