"""What one unit of a trade loses at its stop and wins at its target, costs included.

Functions in float64 of columns or of single elements: prices in quote currency, rates as fractions, results
in quote currency per base unit. Both fees are taker fees, since stop and target are left at market; the slippage
allowance is on the leaving order, whose price nobody promises.
"""

import math
from typing import Final, overload

import numpy as np

from app.domain.fixed_point import FloatColumn, IntColumn, floats_to_units

_MOST_RAISED: Final = 12  # places by which what one unit costs is raised, at most


def loss_per_unit(
    entry: FloatColumn, stop: FloatColumn, fee_rate: FloatColumn, slippage: FloatColumn
) -> FloatColumn:
    """Return the loss of one unit when the stop fills: distance + fee x (entry + stop) + slippage x stop."""
    return abs(entry - stop) + fee_rate * (entry + stop) + slippage * stop


def reward_per_unit(
    sign: FloatColumn, entry: FloatColumn, target: FloatColumn, fee_rate: FloatColumn, slippage: FloatColumn
) -> FloatColumn:
    """Return the gain of one unit at the target, costs taken off; negative when costs exceed it, NaN
    without a target. `sign` is +1 for long, -1 for short."""
    return sign * (target - entry) - fee_rate * (entry + target) - slippage * target


@overload
def comparable_units(reward: float, risk: float) -> tuple[int, int]: ...
@overload
def comparable_units(reward: FloatColumn, risk: FloatColumn) -> tuple[IntColumn, IntColumn]: ...
def comparable_units(
    reward: FloatColumn | float, risk: FloatColumn | float
) -> tuple[IntColumn, IntColumn] | tuple[int, int]:
    """Return reward and risk per unit in fixed point, both raised by one power of ten per row so that a
    coin of a hundredth of a cent is compared as finely as one of a hundred thousand."""
    if isinstance(reward, float) or isinstance(risk, float):
        # The last bit of a logarithm and a power is numpy's own.
        magnitude = float(np.floor(np.log10(risk if risk > 0 else 1.0)))
        factor = _FACTORS[int(min(max(3 - magnitude, 0), _MOST_RAISED))]
        return floats_to_units(float(reward) * factor), floats_to_units(float(risk) * factor)
    factors = _powers(np.where(risk > 0, risk, 1.0))
    return floats_to_units(reward * factors), floats_to_units(risk * factors)


def _powers(risk: FloatColumn) -> FloatColumn:
    magnitude = np.floor(np.log10(risk))
    return np.asarray(np.power(10.0, np.minimum(np.maximum(3 - magnitude, 0), _MOST_RAISED)))


_FACTORS: Final[list[float]] = np.power(10.0, np.arange(_MOST_RAISED + 1.0)).tolist()


def reward_to_risk(reward: float, risk: float) -> float:
    """Return the ratio, NaN where there is no target or no risk."""
    return reward / risk if math.isfinite(reward) and risk > 0 else math.nan
