from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import fixed_point as fp

_units = st.integers(-fp.MAX_UNITS, fp.MAX_UNITS)
_small = st.integers(-(10**13), 10**13)


@given(_units)
def test_units_and_decimals_are_the_same_amount(units: int) -> None:
    assert fp.to_units(fp.from_units(units)) == units


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=8))
def test_a_decimal_of_eight_places_is_exact(value: Decimal) -> None:
    assert fp.from_units(fp.to_units(value)) == value


@pytest.mark.parametrize(
    ("value", "units"), [("0.000000005", 0), ("0.000000015", 2), ("0.000000025", 2), ("-0.000000015", -2)]
)
def test_more_places_round_half_to_even(value: str, units: int) -> None:
    assert fp.to_units(Decimal(value)) == units


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e11", "-1e11", "1e400"])
def test_what_has_no_fixed_point_value_is_an_error(value: str) -> None:
    with pytest.raises(fp.FixedPointOverflowError):
        fp.to_units(Decimal(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e11, -1e11])
def test_a_float_that_does_not_fit_is_an_error(value: float) -> None:
    with pytest.raises(fp.FixedPointOverflowError):
        fp.float_to_units(value)


def test_units_beyond_the_range_are_an_error() -> None:
    with pytest.raises(fp.FixedPointOverflowError):
        fp.from_units(fp.MAX_UNITS + 1)


@given(st.integers(-(2 * 10**15), 2 * 10**15))
def test_floats_below_twenty_million_are_exact(units: int) -> None:
    assert fp.float_to_units(float(fp.from_units(units))) == units
    assert fp.floats_to_units([float(fp.from_units(units))]).tolist() == [units]


def test_columns_mark_what_is_unknown_and_what_does_not_fit() -> None:
    decimals = fp.decimals_to_units([None, Decimal("NaN"), Decimal("1e12"), Decimal("1.5")])
    floats = fp.floats_to_units([float("nan"), float("inf"), 1e12, 1.5])
    assert decimals.tolist() == [fp.UNKNOWN, fp.UNKNOWN, fp.OUT_OF_RANGE, 150_000_000]
    assert floats.tolist() == [fp.UNKNOWN, fp.OUT_OF_RANGE, fp.OUT_OF_RANGE, 150_000_000]
    assert fp.is_known(decimals).tolist() == [False, False, False, True]
    assert np.isnan(fp.units_to_floats(decimals)).tolist() == [True, True, True, False]
    assert [fp.from_column(int(unit)) for unit in decimals] == [None, None, None, Decimal("1.5")]


@given(left=_small, right=_small)
def test_products_are_exact_to_the_unit(left: int, right: int) -> None:
    floor, rest = divmod(left * right, fp.SCALE)
    a, b = np.array([left]), np.array([right])
    assert fp.multiply_floor(a, b).tolist() == [floor]
    assert fp.multiply_ceil(a, b).tolist() == [floor + (rest > 0)]


_factors = st.one_of(_units, _small, st.sampled_from([fp.UNKNOWN, fp.OUT_OF_RANGE, fp.NO_LIMIT, 0, fp.SCALE]))


@given(st.lists(st.tuples(_factors, _factors), min_size=1, max_size=8))
def test_many_products_are_each_the_product_of_one(pairs: list[tuple[int, int]]) -> None:
    left = np.array([a for a, _ in pairs], dtype=np.int64)
    right = np.array([b for _, b in pairs], dtype=np.int64)
    for multiply in (fp.multiply_floor, fp.multiply_ceil):
        many = multiply(np.tile(left, 40), np.tile(right, 40))
        assert many.tolist() == multiply(left, right).tolist() * 40


@given(left=_units, right=_units)
def test_a_product_that_does_not_fit_is_out_of_range_and_never_wrong(left: int, right: int) -> None:
    product = fp.multiply_floor(np.array([left]), np.array([right])).tolist()
    exact = left * right // fp.SCALE
    assert product == ([exact] if abs(exact) <= fp.MAX_UNITS else [fp.OUT_OF_RANGE])


def test_a_product_with_an_unknown_factor_is_unknown() -> None:
    one = np.array([fp.SCALE])
    assert fp.multiply_floor(np.array([fp.UNKNOWN]), one).tolist() == [fp.UNKNOWN]
    assert fp.multiply_ceil(one, np.array([fp.OUT_OF_RANGE])).tolist() == [fp.OUT_OF_RANGE]


def test_limits_without_an_opinion_never_bind() -> None:
    limits = fp.optional_limit([None, Decimal("1e30"), 5])
    assert limits.tolist() == [fp.NO_LIMIT, fp.NO_LIMIT, 5 * fp.SCALE]
    base = np.full(3, 10 * fp.SCALE)
    assert fp.scaled_limit(base, limits).tolist() == [fp.NO_LIMIT, fp.NO_LIMIT, 50 * fp.SCALE]
    assert fp.scaled_limit_ceil(base, limits).tolist() == [fp.NO_LIMIT, fp.NO_LIMIT, 50 * fp.SCALE]
    huge = np.array([fp.MAX_UNITS])
    assert fp.scaled_limit(huge, np.array([125 * fp.SCALE])).tolist() == [fp.NO_LIMIT]


def test_a_sum_of_three_of_the_largest_amounts_stays_a_number_that_is_not_known() -> None:
    assert not fp.is_known(np.array([fp.MAX_UNITS]) * 3).any()


@pytest.mark.parametrize("units", [fp.MAX_UNITS, -fp.MAX_UNITS])
def test_the_largest_amount_is_known_and_one_unit_more_is_not(units: int) -> None:
    beyond = units + (1 if units > 0 else -1)
    assert fp.is_known(np.array([units, beyond, 2 * units])).tolist() == [True, False, False]
    assert fp.float_to_units(float(units) / fp.SCALE) == units
    assert fp.floats_to_units([float(units) / fp.SCALE]).tolist() == [units]


def test_whole_numbers_are_amounts_up_to_the_largest() -> None:
    most = fp.MAX_UNITS // fp.SCALE
    assert [fp.column_unit(count) for count in (most, -most)] == [most * fp.SCALE, -most * fp.SCALE]
    assert [fp.column_unit(count) for count in (most + 1, -most - 1)] == [fp.OUT_OF_RANGE] * 2
    with pytest.raises(fp.FixedPointOverflowError, match=f"range of ±{most}$"):
        fp.to_units(Decimal(most + 1))


def test_a_column_of_products_reaches_the_largest_amount() -> None:
    many = np.full(100, fp.MAX_UNITS)
    assert set(fp.multiply_floor(many, np.full(100, fp.SCALE)).tolist()) == {fp.MAX_UNITS}
    assert set(fp.multiply_floor(-many, np.full(100, fp.SCALE)).tolist()) == {-fp.MAX_UNITS}


def test_what_may_be_used_is_rounded_down_and_what_reaches_a_loss_up() -> None:
    base, third = np.array([10]), np.array([33_333_333])
    assert (fp.scaled_limit(base, third).tolist(), fp.scaled_limit_ceil(base, third).tolist()) == ([3], [4])


@pytest.mark.parametrize("factor", ["NaN", "-1e30"])
def test_a_factor_that_is_no_number_allows_nothing(factor: str) -> None:
    limit, base = fp.optional_limit([Decimal(factor)]), np.array([10 * fp.SCALE])
    assert fp.scaled_limit(base, limit).tolist() == [0]
    assert fp.scaled_limit_ceil(base, limit).tolist() == [0]


def test_the_largest_amount_is_an_amount_in_every_form() -> None:
    most = fp.MAX_UNITS / fp.SCALE
    for sign in (1, -1):
        assert fp.from_column(sign * fp.MAX_UNITS) == fp.from_units(sign * fp.MAX_UNITS)
        assert fp.from_column(sign * (fp.MAX_UNITS + 1)) is None
        assert fp.floats_to_units(sign * most) == sign * fp.MAX_UNITS
        assert fp.floats_to_units(sign * most * 1.0000001) == fp.OUT_OF_RANGE
        assert fp.floats_to_units([sign * most * 1.0000001]).tolist() == [fp.OUT_OF_RANGE]


@pytest.mark.parametrize("rows", [1, 100])
def test_the_least_remainder_is_rounded_down_or_up(rows: int) -> None:
    unit, one = np.full(rows, 1), np.full(rows, fp.SCALE)
    assert set(fp.multiply_floor(unit, unit).tolist()) == {0}
    assert set(fp.multiply_ceil(unit, unit).tolist()) == {1}
    assert set(fp.multiply_ceil(one, unit).tolist()) == {1}  # nothing remains
    assert set(fp.multiply_ceil(-unit, unit).tolist()) == {0}


@pytest.mark.parametrize("most", [2.0, 3.0])
def test_a_column_of_products_some_times_the_largest_amount_is_out_of_range(most: float) -> None:
    many = np.full(100, fp.MAX_UNITS)
    assert set(fp.multiply_ceil(many, np.full(100, round(most * fp.SCALE))).tolist()) == {fp.OUT_OF_RANGE}
