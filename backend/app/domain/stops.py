"""Stops and targets: resolved to prices, quantised toward the entry."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from enum import StrEnum

from app.domain.types import Instrument, Side


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
    return (steps * tick).quantize(tick)


def is_off_tick(price: Decimal | None, instrument: Instrument | None) -> bool:
    """Whether a price is not a whole number of its instrument's ticks; decided in decimals, exactly. What is not known
    is not off."""
    if price is None or instrument is None or not price.is_finite():
        return False
    try:
        return price % instrument.price_tick != 0
    except InvalidOperation:  # no tick, or a price of more ticks than can be counted
        return True


def stop_toward_entry(price: Decimal, tick: Decimal, side: Side) -> Decimal:
    """Return a stop price on a tick, rounded toward the entry: up for a long, down for a short."""
    return on_tick(price, tick, up=side is Side.LONG)
