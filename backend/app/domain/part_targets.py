"""The one price that stands for all targets of an entry: where its parts leave, weighed by their sizes.

What is left in parts (`scale_out`) leaves a part at each of its targets, and all that is still there at the target
of the trade, whichever the price reaches first. One text for columns and for single elements: prices in float64,
quote currency, NaN where there is none; quantities in units.
"""

from typing import Final, overload

import numpy as np

from app.domain.elementwise import (
    float_where,
    greater,
    holds_somewhere,
    is_missing,
    lower_price,
    maximum,
    rounded,
    where,
)
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn, units_to_floats
from app.domain.scale_out import TARGETS_R

_FIRST, _SECOND, _LAST = (float(target) for target in TARGETS_R)
_TICK_PLACES: Final = (
    6  # of a tick: what is nearer to a whole one is one, so that float noise takes none away
)


def average_target(
    *,
    in_parts: BoolColumn,
    sign: FloatColumn,
    entry: FloatColumn,
    stop: FloatColumn,
    target: FloatColumn,
    tick: FloatColumn,
    quantity: IntColumn,
    step: IntColumn,
    min_quantity: IntColumn,
) -> FloatColumn:
    """Return the average price at which the whole leaves when every target is reached: `target` itself where it is
    not left in parts; NaN where there is neither. Parts are those of `scale_out.scale_out_plan`; a quantity that is
    not known, or is none, is one part. Without a stop on the losing side there is no R, and no part."""
    risk = sign * (entry - stop)
    known = in_parts & (risk > 0) & (tick > 0)
    if not holds_somewhere(known):
        return target
    step = maximum(step, 1)
    quantity = maximum(quantity, 0)
    third, half = quantity // (3 * step) * step, quantity // (2 * step) * step
    in_three = (third > 0) & (third >= min_quantity)
    in_two = half >= min_quantity
    share = _share(where(in_three, third, where(in_two, half, 0)), quantity)
    second_share = float_where(in_three, share, 0.0)
    first, second, last = [
        _leaves_at(sign, entry, risk, r_multiple, target, tick) - entry
        for r_multiple in (_FIRST, _SECOND, _LAST)
    ]
    average = entry + (share * first + second_share * second + (1.0 - share - second_share) * last)
    return float_where(known, average, target)


def _share(part: IntColumn, whole: IntColumn) -> FloatColumn:
    return units_to_floats(part) / units_to_floats(maximum(whole, 1))


def _leaves_at(
    sign: FloatColumn,
    entry: FloatColumn,
    risk: FloatColumn,
    r_multiple: float,
    target: FloatColumn,
    tick: FloatColumn,
) -> FloatColumn:
    """Return where a part leaves: at its own price, on a tick, rounded toward the entry and never below zero, or at
    the trade's target where that is nearer."""
    ticks = (entry + sign * risk * r_multiple) / float_where(tick > 0, tick, 1.0)
    price = greater(sign * _rounded_down(sign * ticks) * tick, 0.0)
    return sign * lower_price(sign * price, sign * target)


@overload
def _rounded_down(value: float) -> float: ...
@overload
def _rounded_down(value: FloatColumn) -> FloatColumn: ...
def _rounded_down(value: FloatColumn | float) -> FloatColumn | float:
    if isinstance(value, float):
        return value if is_missing(value) else float(np.floor(rounded(value, _TICK_PLACES)))
    return np.floor(rounded(value, _TICK_PLACES))
