"""Stops and targets: resolved to prices, quantised toward the entry, trailed without ever loosening."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

import numpy as np

from app.domain.fixed_point import BoolColumn, FloatColumn
from app.domain.types import Side


class PriceUnit(StrEnum):
    """The unit in which a stop or target is given."""

    PERCENT = "percent"
    ATR = "atr"
    PRICE = "price"
    R = "r"


@dataclass(frozen=True, slots=True)
class PriceSpec:
    """A stop or target as it was asked for: `value` percent 0-100 of the entry, ATR multiples, a price,
    or multiples of the initial risk (targets only)."""

    unit: PriceUnit
    value: Decimal


class StopSpecError(ValueError):
    """A stop or target that cannot be resolved to a price on its side of the entry."""


def resolve_stop(
    spec: PriceSpec, *, side: Side, entry_price: Decimal, tick: Decimal, atr: Decimal | None = None
) -> Decimal:
    """Return the stop price on a tick, rounded toward the entry (a tighter stop risks less than agreed)."""
    if spec.unit is PriceUnit.R:
        raise StopSpecError("a stop cannot be given in R: R is the distance to the stop")
    distance = _distance(spec, entry_price, atr, None)
    raw = spec.value if distance is None else entry_price - side.sign * distance
    price = on_tick(raw, tick, up=side is Side.LONG)
    if not price > 0 or (entry_price - price) * side.sign <= 0:
        raise StopSpecError(f"stop {price} is not on the losing side of entry {entry_price} ({side})")
    return price


def resolve_target(
    spec: PriceSpec,
    *,
    side: Side,
    entry_price: Decimal,
    tick: Decimal,
    stop_price: Decimal | None = None,
    atr: Decimal | None = None,
) -> Decimal:
    """Return the target price on a tick, rounded toward the entry (so that it is reached, not missed)."""
    risk = None if stop_price is None else abs(entry_price - stop_price)
    distance = _distance(spec, entry_price, atr, risk)
    raw = spec.value if distance is None else entry_price + side.sign * distance
    price = on_tick(raw, tick, up=side is Side.SHORT)
    if not price > 0 or (price - entry_price) * side.sign <= 0:
        raise StopSpecError(f"target {price} is not on the winning side of entry {entry_price} ({side})")
    return price


def _distance(
    spec: PriceSpec, entry_price: Decimal, atr: Decimal | None, risk: Decimal | None
) -> Decimal | None:
    """Return the distance from the entry, None where the spec is a price."""
    if not spec.value > 0:
        raise StopSpecError(f"{spec.unit} must be above zero, was {spec.value}")
    match spec.unit:
        case PriceUnit.PRICE:
            return None
        case PriceUnit.PERCENT:
            return entry_price * spec.value / 100
        case PriceUnit.ATR:
            if atr is None or not atr > 0:
                raise StopSpecError("the ATR is not known")
            return atr * spec.value
        case PriceUnit.R:
            if risk is None or not risk > 0:
                raise StopSpecError("R is not known without a stop")
            return risk * spec.value


def on_tick(price: Decimal, tick: Decimal, *, up: bool) -> Decimal:
    """Return the price on a tick, rounded up or down."""
    steps = (price / tick).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
    return (steps * tick).quantize(tick) if tick.as_tuple().exponent else steps * tick


def stop_toward_entry(price: Decimal, tick: Decimal, side: Side) -> Decimal:
    """Return a stop price on a tick, rounded toward the entry: up for a long, down for a short."""
    return on_tick(price, tick, up=side is Side.LONG)


@dataclass(frozen=True, slots=True)
class TrailingColumns:
    """Open positions with a trailing stop. `sign` +1 long, -1 short; `extreme` the best mark since entry;
    `stop` the live stop; `activation_fraction` and `trail_fraction` of price, NaN where there is no trailing
    stop; `tick` the price tick. All arrays of one length, float64, but `armed`."""

    sign: FloatColumn
    entry: FloatColumn
    extreme: FloatColumn
    stop: FloatColumn
    armed: BoolColumn
    activation_fraction: FloatColumn
    trail_fraction: FloatColumn
    tick: FloatColumn


@dataclass(frozen=True, slots=True)
class Trailed:
    """The next extreme, stop and armed of each position; `moved` where the stop is strictly tighter."""

    extreme: FloatColumn
    stop: FloatColumn
    armed: BoolColumn
    moved: BoolColumn


def trail(columns: TrailingColumns, mark: FloatColumn) -> Trailed:
    """Return the trailing stops after a mark price (one for all, or one per position).

    It arms once the extreme is `activation_fraction` of the entry in profit, stays armed, and then stands
    `trail_fraction` behind the extreme, on a tick, rounded toward the entry's winning side (tighter). It
    never loosens. A mark that is NaN, zero or below changes nothing.
    """
    usable = np.isfinite(mark) & (mark > 0)
    better = usable & (columns.sign * (mark - columns.extreme) > 0)
    extreme = np.where(better, mark, columns.extreme)
    gain = columns.sign * (extreme - columns.entry)
    reached = gain >= columns.entry * columns.activation_fraction * (1 - 1e-12)
    armed = columns.armed | (usable & reached)
    raw = extreme * (1 - columns.sign * columns.trail_fraction)
    steps = columns.sign * raw / columns.tick
    candidate = columns.sign * np.ceil(steps - 1e-7) * columns.tick
    tighter = usable & armed & (columns.sign * (candidate - columns.stop) > columns.tick / 2)
    return Trailed(extreme, np.where(tighter, candidate, columns.stop), armed, tighter)


def stop_hit(sign: FloatColumn, stop: FloatColumn, mark: FloatColumn) -> BoolColumn:
    """Return where the mark is at the stop or beyond; False for a mark or a stop that is not there."""
    return np.asarray((mark > 0) & (sign * (mark - stop) <= 0), dtype=np.bool_)


def target_hit(sign: FloatColumn, target: FloatColumn, mark: FloatColumn) -> BoolColumn:
    """Return where the mark is at the target or beyond; False for a mark or a target that is not there."""
    return np.asarray((mark > 0) & (sign * (mark - target) >= 0), dtype=np.bool_)


def worth_sending(
    sign: FloatColumn, sent_stop: FloatColumn, new_stop: FloatColumn, min_improvement_fraction: float
) -> BoolColumn:
    """Return where the stop improved, by at least that fraction of its price, on the one at the venue."""
    improvement = sign * (new_stop - sent_stop)
    return np.asarray(
        (improvement > 0) & (improvement >= sent_stop * min_improvement_fraction * (1 - 1e-12)),
        dtype=np.bool_,
    )
