"""Choosing and comparing in rules: over columns, or over single elements as Python's own numbers.

Every function answers a column for columns and one plain number for plain numbers, equal to what a column of
that one element would hold.
"""

import math
from collections.abc import Sequence
from typing import overload

import numpy as np

from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn


@overload
def where(condition: bool, yes: int, no: int) -> int: ...
@overload
def where(condition: BoolColumn, yes: IntColumn | int, no: IntColumn | int) -> IntColumn: ...
def where(condition: BoolColumn | bool, yes: IntColumn | int, no: IntColumn | int) -> IntColumn | int:
    """Return `yes` where the condition holds, else `no`: amounts in units."""
    if isinstance(condition, bool):
        return yes if condition else no
    return np.where(condition, yes, no)


@overload
def float_where(condition: bool, yes: float, no: float) -> float: ...
@overload
def float_where(condition: BoolColumn, yes: FloatColumn | float, no: FloatColumn | float) -> FloatColumn: ...
def float_where(
    condition: BoolColumn | bool, yes: FloatColumn | float, no: FloatColumn | float
) -> FloatColumn | float:
    """Return `yes` where the condition holds, else `no`: prices and rates."""
    if isinstance(condition, bool):
        return yes if condition else no
    return np.where(condition, yes, no)


@overload
def negated(condition: bool) -> bool: ...
@overload
def negated(condition: BoolColumn) -> BoolColumn: ...
def negated(condition: BoolColumn | bool) -> BoolColumn | bool:
    """Return where the condition does not hold. (`~` of a plain bool is a number that is always true.)"""
    return not condition if isinstance(condition, bool) else ~condition


def holds_somewhere(condition: BoolColumn | bool) -> bool:
    """Whether the condition holds for any row."""
    return condition if isinstance(condition, bool) else bool(condition.any())


def holds_everywhere(condition: BoolColumn | bool) -> bool:
    """Whether the condition holds for every row."""
    return condition if isinstance(condition, bool) else bool(np.all(condition))


@overload
def maximum(one: int, other: int) -> int: ...
@overload
def maximum(one: IntColumn, other: IntColumn | int) -> IntColumn: ...
def maximum(one: IntColumn | int, other: IntColumn | int) -> IntColumn | int:
    """Return the larger of two amounts in units."""
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other)
    return np.maximum(one, other)


@overload
def minimum(one: int, other: int) -> int: ...
@overload
def minimum(one: IntColumn, other: IntColumn | int) -> IntColumn: ...
def minimum(one: IntColumn | int, other: IntColumn | int) -> IntColumn | int:
    """Return the smaller of two amounts in units."""
    if isinstance(one, int) and isinstance(other, int):
        return min(one, other)
    return np.minimum(one, other)


@overload
def is_missing(price: float) -> bool: ...
@overload
def is_missing(price: FloatColumn) -> BoolColumn: ...
def is_missing(price: FloatColumn | float) -> BoolColumn | bool:
    """True where a price is NaN: not there."""
    return math.isnan(price) if isinstance(price, float) else np.isnan(price)


@overload
def lower_price(one: float, other: float) -> float: ...
@overload
def lower_price(one: FloatColumn, other: FloatColumn | float) -> FloatColumn: ...
def lower_price(one: FloatColumn | float, other: FloatColumn | float) -> FloatColumn | float:
    """Return the lower of two prices; the other where one is NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return other if math.isnan(one) else one if math.isnan(other) else min(one, other)
    return np.fmin(one, other)


@overload
def higher_price(one: float, other: float) -> float: ...
@overload
def higher_price(one: FloatColumn, other: FloatColumn | float) -> FloatColumn: ...
def higher_price(one: FloatColumn | float, other: FloatColumn | float) -> FloatColumn | float:
    """Return the higher of two prices; the other where one is NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return other if math.isnan(one) else one if math.isnan(other) else max(one, other)
    return np.fmax(one, other)


@overload
def rounded(value: float, places: int) -> float: ...
@overload
def rounded(value: FloatColumn, places: int) -> FloatColumn: ...
def rounded(value: FloatColumn | float, places: int) -> FloatColumn | float:
    """Return the value to that many places, as numpy rounds: raised, to the nearest even whole number, and lowered
    again (Python's own round to places differs in the last digit)."""
    if isinstance(value, float):
        factor = 10.0**places
        raised = value * factor
        return round(raised) / factor if math.isfinite(raised) else raised
    return np.round(value, places)


def any_equals(amounts: Sequence[IntColumn] | Sequence[int], value: int) -> BoolColumn | bool:
    """Return where any of several amounts of one row is `value`."""
    if isinstance(amounts[0], int):
        return value in amounts
    return np.asarray(np.any(np.stack(amounts) == value, axis=0), dtype=np.bool_)


@overload
def lesser(one: float, other: float) -> float: ...
@overload
def lesser(one: FloatColumn, other: FloatColumn | float) -> FloatColumn: ...
def lesser(one: FloatColumn | float, other: FloatColumn | float) -> FloatColumn | float:
    """Return the smaller of two numbers; NaN where one is NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return math.nan if math.isnan(one) or math.isnan(other) else min(one, other)
    return np.minimum(one, other)


@overload
def greater(one: float, other: float) -> float: ...
@overload
def greater(one: FloatColumn, other: FloatColumn | float) -> FloatColumn: ...
def greater(one: FloatColumn | float, other: FloatColumn | float) -> FloatColumn | float:
    """Return the larger of two numbers; NaN where one is NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return math.nan if math.isnan(one) or math.isnan(other) else max(one, other)
    return np.maximum(one, other)


@overload
def whole(value: float) -> int: ...
@overload
def whole(value: FloatColumn) -> IntColumn: ...
def whole(value: FloatColumn | float) -> IntColumn | int:
    """Return the value rounded down. A single NaN or infinity is an error; in a column it has no meaning."""
    return math.floor(value) if isinstance(value, float) else np.floor(value).astype(np.int64)
