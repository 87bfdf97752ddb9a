"""Fixed point: int64 counts of 1e-8, in which money meets a limit.

Float proposes, fixed point decides. A *unit* is 1e-8 of whatever is counted (quote currency, base
quantity, price, a ratio). Amounts up to `MAX_UNITS` (2**61, about 23 billion) are accepted, so that a
sum of four of them cannot leave int64. In a column an absent amount is `UNKNOWN` and one that does not
fit is `OUT_OF_RANGE`; both are negative numbers that no real amount can take.

What takes columns here takes single elements too, as Python's own numbers, and answers with one: a rule is one
text, and a single order is decided without the cost of columns of length one. Both are the same function, which
tests hold them to.
"""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation, Overflow
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

FloatColumn = NDArray[np.float64]
IntColumn = NDArray[np.int64]
BoolColumn = NDArray[np.bool_]

SCALE: Final = 100_000_000
MAX_UNITS: Final = 2**61
UNKNOWN: Final = -(2**63)
OUT_OF_RANGE: Final = UNKNOWN + 1
NO_LIMIT: Final = 2**63 - 1
UNIT: Final = Decimal("1e-8")
_PER_ONE: Final = Decimal(SCALE)
_NOTHING: Final = Decimal(0)
_FEW: Final = 32


class FixedPointOverflowError(ValueError):
    """An amount beyond the fixed-point range, or not a number at all."""


def to_units(value: Decimal) -> int:
    """Return `value` in units of 1e-8: exact up to eight decimals, else rounded half to even."""
    try:
        units = round(value * _PER_ONE)
    except (InvalidOperation, Overflow, OverflowError, ValueError) as error:
        raise FixedPointOverflowError(f"{value} has no fixed-point value") from error
    if not -MAX_UNITS <= units <= MAX_UNITS:
        raise FixedPointOverflowError(f"{value} is beyond the fixed-point range of ±{MAX_UNITS // SCALE}")
    return units


def from_units(units: int) -> Decimal:
    """Return the exact decimal of `units`, with eight places; zero has none."""
    if abs(units) > MAX_UNITS:
        raise FixedPointOverflowError(f"{units} units are beyond the fixed-point range")
    return Decimal(int(units)) * UNIT if units else _NOTHING


def from_column(units: int) -> Decimal | None:
    """Return the decimal of one element of a column, None where it is unknown or out of range."""
    return None if abs(int(units)) > MAX_UNITS else from_units(int(units))


def float_to_units(value: float) -> int:
    """Return `value` in units of 1e-8, to the nearest even; exact below about 20 million."""
    scaled = value * SCALE
    if not abs(scaled) <= MAX_UNITS:
        raise FixedPointOverflowError(f"{value} is not a number within the fixed-point range")
    return round(scaled)


def decimals_to_units(values: Iterable[Decimal | int | None]) -> IntColumn:
    """Return a column: None becomes UNKNOWN, what does not fit OUT_OF_RANGE. Rounds half to even."""
    held = list(values)
    if _is_one_object(held):  # what many orders of a batch have in common
        return np.full(len(held), column_unit(held[0]), dtype=np.int64)
    return np.array([column_unit(value) for value in held], dtype=np.int64)


def decimals_to_floats(values: Sequence[Decimal | float | None]) -> FloatColumn:
    """Return a column of floats: None becomes NaN."""
    if _is_one_object(values):
        return np.full(len(values), math.nan if values[0] is None else float(values[0]))
    return np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)


def _is_one_object(values: Sequence[object]) -> bool:
    return len(set(map(id, values))) == 1


def column_unit(value: Decimal | int | None) -> int:
    """Return one element of a column: None and NaN become UNKNOWN, what does not fit OUT_OF_RANGE."""
    if value is None:
        return UNKNOWN
    if not value:
        return 0
    if isinstance(value, int):
        return value * SCALE if abs(value) <= MAX_UNITS // SCALE else OUT_OF_RANGE
    try:
        return to_units(value)
    except FixedPointOverflowError:
        return UNKNOWN if value.is_nan() else OUT_OF_RANGE


@overload
def floats_to_units(values: float) -> int: ...
@overload
def floats_to_units(values: FloatColumn | Sequence[float]) -> IntColumn: ...
def floats_to_units(values: FloatColumn | Sequence[float] | float) -> IntColumn | int:
    """Return a column in units, to the nearest even: NaN becomes UNKNOWN, what does not fit OUT_OF_RANGE."""
    if isinstance(values, float):
        one = values * SCALE
        if abs(one) <= MAX_UNITS:
            return round(one)
        return UNKNOWN if math.isnan(one) else OUT_OF_RANGE
    scaled = np.rint(np.asarray(values, dtype=np.float64) * SCALE)
    fits = np.abs(scaled) <= MAX_UNITS
    units = np.where(fits, scaled, 0.0).astype(np.int64)
    return np.where(fits, units, np.where(np.isnan(scaled), UNKNOWN, OUT_OF_RANGE)).astype(np.int64)


@overload
def units_to_floats(units: int) -> float: ...
@overload
def units_to_floats(units: IntColumn) -> FloatColumn: ...
def units_to_floats(units: IntColumn | int) -> FloatColumn | float:
    """Return a column of floats: NaN where the amount is unknown or out of range."""
    if isinstance(units, int):
        return units / float(SCALE) if -MAX_UNITS <= units <= MAX_UNITS else math.nan
    return np.where(is_known(units), units / float(SCALE), np.nan)


@overload
def is_known(units: int) -> bool: ...
@overload
def is_known(units: IntColumn) -> BoolColumn: ...
def is_known(units: IntColumn | int) -> BoolColumn | bool:
    """True where an amount is there and within range."""
    if isinstance(units, int):
        return -MAX_UNITS <= units <= MAX_UNITS
    # One comparison: shifted by MAX_UNITS, what is within range is the low end of the unsigned numbers.
    return np.asarray((units + _SHIFT).view(np.uint64) <= _SPAN)


# Arrays without a dimension, since numpy takes twice as long over a short column and a plain number.
_SHIFT: Final = np.array(MAX_UNITS, dtype=np.int64)
_SPAN: Final = np.array(2 * MAX_UNITS, dtype=np.uint64)


@overload
def multiply_floor(left: int, right: int) -> int: ...
@overload
def multiply_floor(left: IntColumn, right: IntColumn) -> IntColumn: ...
def multiply_floor(left: IntColumn | int, right: IntColumn | int) -> IntColumn | int:
    """Return the product in units, rounded down; unknown stays UNKNOWN, too large is OUT_OF_RANGE."""
    if isinstance(left, int) or isinstance(right, int):
        return _one_product(int(left), int(right), up=False)
    return _product(left, right, up=False)


@overload
def multiply_ceil(left: int, right: int) -> int: ...
@overload
def multiply_ceil(left: IntColumn, right: IntColumn) -> IntColumn: ...
def multiply_ceil(left: IntColumn | int, right: IntColumn | int) -> IntColumn | int:
    """Return the product in units, rounded up; unknown stays UNKNOWN, too large is OUT_OF_RANGE."""
    if isinstance(left, int) or isinstance(right, int):
        return _one_product(int(left), int(right), up=True)
    return _product(left, right, up=True)


def _product(left: IntColumn, right: IntColumn, *, up: bool) -> IntColumn:
    """Return the exact product of two columns of one shape: in Python's integers where they are few, which
    is faster there, else in columns. Both are the same function, which a test holds them to."""
    if left.size > _FEW:
        return _column_product(left, right, up=up)
    pairs = zip(left.ravel().tolist(), right.ravel().tolist(), strict=True)
    return np.array([_one_product(a, b, up=up) for a, b in pairs], dtype=np.int64).reshape(left.shape)


def _one_product(left: int, right: int, *, up: bool) -> int:
    if UNKNOWN in (left, right):
        return UNKNOWN
    if abs(left) > MAX_UNITS or abs(right) > MAX_UNITS:
        return OUT_OF_RANGE
    product = -(-left * right // SCALE) if up else left * right // SCALE
    return product if abs(product) <= MAX_UNITS else OUT_OF_RANGE


def _column_product(left: IntColumn, right: IntColumn, *, up: bool) -> IntColumn:
    """Both factors are split at SCALE so that no partial product leaves int64; where the product itself
    would not fit, the partial products are taken of zero."""
    estimate = np.abs(left.astype(np.float64)) * np.abs(right.astype(np.float64)) / SCALE
    safe = is_known(left) & is_known(right) & (estimate <= 2.0 * MAX_UNITS)
    left_whole, left_rest = np.divmod(np.where(safe, left, 0), SCALE)
    right_whole, right_rest = np.divmod(np.where(safe, right, 0), SCALE)
    rest, dropped = np.divmod(left_rest * right_rest, SCALE)
    product = left_whole * right_whole * SCALE + left_whole * right_rest + left_rest * right_whole + rest
    if up:
        product += dropped > 0
    fits = safe & (np.abs(product) <= MAX_UNITS)
    absent = (left == UNKNOWN) | (right == UNKNOWN)
    return np.where(fits, product, np.where(absent, UNKNOWN, OUT_OF_RANGE))


def optional_limit(values: Sequence[Decimal | int | None]) -> IntColumn:
    """Return limits in units, as `limit_unit` does."""
    if _is_one_object(values):
        return np.full(len(values), limit_unit(values[0]), dtype=np.int64)
    return np.array([limit_unit(value) for value in values], dtype=np.int64)


def limit_unit(value: Decimal | int | None) -> int:
    """Return one limit in units: None and what is beyond every amount become NO_LIMIT, what is no number or
    negative without end UNKNOWN, which allows nothing."""
    if value is None:
        return NO_LIMIT
    units = column_unit(value)
    return NO_LIMIT if units == OUT_OF_RANGE and value > 0 else units


@overload
def scaled_limit(base: int, factor: int) -> int: ...
@overload
def scaled_limit(base: IntColumn, factor: IntColumn) -> IntColumn: ...
def scaled_limit(base: IntColumn | int, factor: IntColumn | int) -> IntColumn | int:
    """Return floor(base x factor) in units: the most that may be used. NO_LIMIT where there is no factor or
    the product is beyond every amount, zero where the factor is no number; a base that is not known must have
    been refused before."""
    if isinstance(base, int) or isinstance(factor, int):
        return _one_scaled(int(base), int(factor), up=False)
    return _scaled(multiply_floor(base, _finite(factor)), factor)


@overload
def scaled_limit_ceil(base: int, factor: int) -> int: ...
@overload
def scaled_limit_ceil(base: IntColumn, factor: IntColumn) -> IntColumn: ...
def scaled_limit_ceil(base: IntColumn | int, factor: IntColumn | int) -> IntColumn | int:
    """Return ceil(base x factor) in units, the least that reaches a loss limit; else like `scaled_limit`."""
    if isinstance(base, int) or isinstance(factor, int):
        return _one_scaled(int(base), int(factor), up=True)
    return _scaled(multiply_ceil(base, _finite(factor)), factor)


def _one_scaled(base: int, factor: int, *, up: bool) -> int:
    if factor == NO_LIMIT:
        return NO_LIMIT
    product = _one_product(base, 0 if factor <= OUT_OF_RANGE else factor, up=up)
    return NO_LIMIT if product <= OUT_OF_RANGE else product


def _finite(factor: IntColumn) -> IntColumn:
    return np.where((factor == NO_LIMIT) | (factor <= OUT_OF_RANGE), 0, factor)


def _scaled(product: IntColumn, factor: IntColumn) -> IntColumn:
    return np.where((factor == NO_LIMIT) | (product <= OUT_OF_RANGE), NO_LIMIT, product).astype(np.int64)
