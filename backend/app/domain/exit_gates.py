"""Gates: between which prices nothing happens to an open position, for columns of positions.

The exact rules are `exit_rules.react`. A price inside a position's gates, before its due time, makes `react` say
nothing new; so a tick asks only the positions whose gate it reaches. Gates are float64 and stand a billionth of
the price too near rather than too far: the worst that an inexact gate causes is a needless question.

All prices here are signed: the price itself for longs, its negative for shorts. So "up" is in favour for both,
and one text serves both sides. Rows of one side of one market are kept together and share sign and tick.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.scale_out import TARGETS_R
from app.domain.types import Instrument

NEVER_MS: Final = 2**63 - 1
WIDENING: Final = 1e-9
SLACK: Final = 1e-6  # of a tick, so that a rounding of floats never puts a gate a tick too far
ROW: Final = np.dtype(
    [
        ("trade", "V16"),  # the id's bytes
        ("entry", "f8"),
        ("risk", "f8"),  # entry less initial stop; not above zero where R is not defined
        ("stop", "f8"),  # as wanted at the venue
        ("target", "f8"),  # inf without one
        ("ladder", "f8"),  # where the next step of the ladder is bought; -inf without one
        ("activation", "f8"),  # price from which it trails; inf where it does not
        ("trail_fraction", "f8"),  # NaN where it does not trail, or trails by a distance
        ("trail_distance", "f8"),  # NaN where it does not trail, or trails by a fraction
        ("volatility_multiple", "f8"),  # of the ATR; NaN without a volatility stop
        ("volatility_distance", "f8"),  # NaN where the ATR is not known either
        ("best", "f8"),  # most favourable mark since the entry, as far as it was taken in
        ("kept", "f8"),  # the best that is written down
        ("asked_high", "f8"),  # up to this price and best it was asked, and nothing came of it
        ("asked_low", "f8"),  # down to this price, with the best that it still has
        ("timeframe_ms", "i8"),  # of the ATR
        ("time_ms", "i8"),  # time exit, session close or leaving before funding, market time
        ("next_move_ms", "i8"),  # wall time before which the venue's stop is not moved again
        ("parts", "i1"),  # 0 where it is not left in parts
        ("parts_taken", "i1"),
        ("shard", "i2"),
        ("armed", "?"),
        ("live_stop", "?"),
        ("quiet", "?"),  # being left, or being decided about
    ]
)
Rows = NDArray[np.void]
_PART_R: Final = np.full((4, 4), np.inf)
_PART_R[3, :3] = [float(r) for r in TARGETS_R]
_PART_R[2, :2] = [float(TARGETS_R[0]), float(TARGETS_R[-1])]
_PART_R[1, :1] = [float(TARGETS_R[-1])]


@dataclass(frozen=True, slots=True)
class Gates:
    """At or below `low`, at or above `high` (signed prices), or from `due_ms` on (market time) the position
    is asked; `wake_ms` is the wall time at which the gates are to be computed again, NEVER_MS for never."""

    low: FloatColumn
    high: FloatColumn
    due_ms: IntColumn
    wake_ms: IntColumn


def parts_of(quantity: FloatColumn, instrument: Instrument) -> NDArray[np.int8]:
    """Return in how many parts `scale_out_plan` may leave each quantity: 1, 2 or 3; 0 for no quantity.

    A gate, not the decision: steps are counted in float64, and the plan counts them in decimals, downward. The
    quotient of two floats is off by less than 2**-51 of itself, so that below 2**50 steps its nearest whole number is
    the count of a quantity of whole steps, and never less than the plan's of any other. More steps are never fewer
    parts, and more parts are never a farther gate: where the two differ, a position is asked needlessly."""
    steps = np.rint(quantity / float(instrument.quantity_step)).astype(np.int64)
    least = max(1, -int(-instrument.min_quantity // instrument.quantity_step))
    parts = np.where(steps // 3 >= least, 3, np.where(steps // 2 >= least, 2, 1))
    return np.where(steps > 0, parts, 0).astype(np.int8)


def signed_rows(read: Rows, sign: float, instrument: Instrument | None) -> Rows:
    """Return rows for one side of one market from columns as they are read: prices unsigned, NaN for no target, no
    ladder, no activation, no fraction, no distance and no multiple; `parts` 1 where it is left in parts, and
    `quantity` all that was entered."""
    rows = np.zeros(len(read), ROW)
    for name in set(ROW.names or ()) & set(read.dtype.names or ()):
        rows[name] = read[name]
    for name in ("entry", "risk", "stop", "target", "activation", "best", "ladder"):
        rows[name] *= sign
    for name in ("target", "activation"):
        rows[name] = np.where(np.isnan(rows[name]), np.inf, rows[name])
    rows["ladder"] = np.where(np.isnan(rows["ladder"]), -np.inf, rows["ladder"])
    rows["kept"], rows["volatility_distance"] = rows["best"], np.nan
    rows["asked_high"], rows["asked_low"] = -np.inf, np.inf
    rows["parts"] *= 0 if instrument is None else parts_of(read["quantity"], instrument)
    return rows


def standing_stops(rows: Rows, tick: float) -> FloatColumn:
    """Return each position's tightest stop: wanted, trailed or by volatility."""
    best = rows["best"]
    fraction = np.where(rows["armed"], rows["trail_fraction"], np.nan)
    distance = np.where(rows["armed"], rows["trail_distance"], np.nan)
    nearest = np.fmin(np.fmin(np.abs(best) * fraction, distance), rows["volatility_distance"])
    followed = np.ceil((best - nearest) / tick + SLACK) * tick
    return np.asarray(np.fmax(rows["stop"], followed))


def gates(rows: Rows, sign: float, tick: float, wall_ms: int, step_r_fraction: float) -> Gates:
    """Return the gates of rows of one side of one market. A tick that is NaN (not known) lets no stop be
    trailed; targets and times stand."""
    with np.errstate(invalid="ignore"):
        own = standing_stops(rows, tick)
        monitored = (own > rows["stop"]) | ~rows["live_stop"]
        low = np.fmax(np.where(monitored, own, -np.inf), rows["ladder"])
        move = _move_gate(rows, sign, tick, step_r_fraction)
        waits = rows["next_move_ms"] > wall_ms
        arming = np.where(rows["armed"], np.inf, rows["activation"])
        part = rows["entry"] + rows["risk"] * _PART_R[rows["parts"], rows["parts_taken"]]
        part = np.where((rows["risk"] > 0) & np.isfinite(part), part - tick, np.inf)
        high = np.fmin(np.fmin(rows["target"], arming), part)
        high = np.where(waits, high, np.fmin(high, move))
        near = 1 - sign * WIDENING
        overdue = (rows["best"] >= arming * near) | (~waits & (rows["best"] >= move * near))
        overdue &= rows["best"] > rows["asked_high"]
    due = np.where(overdue, 0, rows["time_ms"])
    wake = np.where(waits & np.isfinite(move), rows["next_move_ms"], NEVER_MS)
    quiet = rows["quiet"]
    return Gates(
        low=np.where(quiet, -np.inf, np.minimum(low * (1 + sign * WIDENING), _below(rows["asked_low"]))),
        high=np.where(quiet, np.inf, np.maximum(high * near, _above(rows["asked_high"]))),
        due_ms=np.where(quiet, NEVER_MS, due),
        wake_ms=np.where(quiet, NEVER_MS, wake),
    )


def _move_gate(rows: Rows, sign: float, tick: float, step_r_fraction: float) -> FloatColumn:
    """Return the best price from which the stop has improved by a step, inf where nothing follows the price."""
    step = np.fmax(np.abs(rows["risk"]) * step_r_fraction, tick)
    wanted = (np.ceil((rows["stop"] + step) / tick - SLACK) - 1) * tick  # what is above it rounds to a step
    by_fraction = wanted / (1 - sign * rows["trail_fraction"])
    by_trail = np.fmin(by_fraction, wanted + rows["trail_distance"])
    by_trail = np.where(rows["armed"], by_trail, np.nan)
    found = np.fmin(by_trail, wanted + rows["volatility_distance"])
    return np.where(np.isnan(found), np.inf, found)


def _below(price: FloatColumn) -> FloatColumn:
    return np.asarray(np.nextafter(price, -np.inf))


def _above(price: FloatColumn) -> FloatColumn:
    return np.asarray(np.nextafter(price, np.inf))


def follows(rows: Rows) -> BoolColumn:
    """Return which rows have a stop that follows the price now."""
    trails = rows["armed"] & ~(np.isnan(rows["trail_fraction"]) & np.isnan(rows["trail_distance"]))
    return np.asarray(trails | ~np.isnan(rows["volatility_distance"]))


def nearest_follower(rows: Rows) -> tuple[float, float]:
    """Return the smallest fraction and the smallest distance at which any row's stop follows; inf for none.

    With them a new best price bounds from above where the stops of all rows may stand."""
    armed = rows["armed"]
    fraction = np.where(armed, rows["trail_fraction"], np.nan)
    distance = np.fmin(np.where(armed, rows["trail_distance"], np.nan), rows["volatility_distance"])
    return _smallest(fraction), _smallest(distance)


def _smallest(values: FloatColumn) -> float:
    return float(np.fmin.reduce(values, initial=np.inf))
