"""Leaving in parts: thirds at 1R, 2R and 3R, and the stop at break-even after the first.

R is the distance from the entry to the initial stop. Prices are quote currency per base unit, quantities base
units. Every part is a whole number of the venue's steps and at least its smallest order; what does not divide
goes with the last part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from app.domain.stops import on_tick
from app.domain.types import Instrument, Side

TARGETS_R = (Decimal(1), Decimal(2), Decimal(3))


@dataclass(frozen=True, slots=True)
class ScaleOutStep:
    """`number` counts from 1; `price` is on a tick, rounded toward the entry so that it is reached."""

    number: int
    r_multiple: Decimal
    price: Decimal
    quantity: Decimal


def scale_out_plan(
    *, side: Side, quantity: Decimal, entry_price: Decimal, initial_stop: Decimal, instrument: Instrument
) -> tuple[ScaleOutStep, ...]:
    """Return the parts in the order in which they are reached; they add up to `quantity`.

    A quantity too small for three goes in two (1R and 3R), and one too small for two goes whole at 3R. Raises
    ValueError for a quantity that is not positive or a stop that is not on the losing side.
    """
    risk = side.sign * (entry_price - initial_stop)
    if not (quantity > 0 and risk > 0):
        raise ValueError(f"no parts of {quantity} with entry {entry_price} and stop {initial_stop}")
    targets = _reachable(quantity, instrument)
    each = _in_steps(quantity / len(targets), instrument)
    plan = []
    for number, target in enumerate(targets, start=1):
        part = each if number < len(targets) else quantity - each * (len(targets) - 1)
        price = _toward_entry(entry_price + side.sign * risk * target, side, instrument.price_tick)
        plan.append(ScaleOutStep(number, target, price, part))
    return tuple(plan)


def due_step(
    plan: Sequence[ScaleOutStep], taken: int, side: Side, mark_price: Decimal
) -> ScaleOutStep | None:
    """Return the part to leave now: all that the price has reached beyond those taken, as one.

    The result carries the number of the farthest part reached and the quantity of them all; None where the
    next part is not reached, or all are taken.
    """
    reached = [
        step
        for step in plan
        if step.number > taken and mark_price > 0 and side.sign * (mark_price - step.price) >= 0
    ]
    if not reached:
        return None
    last = max(reached, key=lambda step: step.number)
    whole = sum((step.quantity for step in reached), Decimal(0))
    return ScaleOutStep(last.number, last.r_multiple, last.price, whole)


def break_even_stop(
    *, side: Side, entry_price: Decimal, fee_rate: Decimal, instrument: Instrument
) -> Decimal:
    """Return the stop at which the rest leaves without a loss, both fees paid: entry x (1 + f) / (1 - f) for a
    long and the mirror of it for a short, on a tick, rounded to the winning side. `fee_rate` is a fraction."""
    up = side is Side.LONG
    factor = (1 + fee_rate) / (1 - fee_rate) if up else (1 - fee_rate) / (1 + fee_rate)
    return on_tick(entry_price * factor, instrument.price_tick, up=up)


def _reachable(quantity: Decimal, instrument: Instrument) -> tuple[Decimal, ...]:
    for targets in (TARGETS_R, (TARGETS_R[0], TARGETS_R[-1])):
        part = _in_steps(quantity / len(targets), instrument)
        if part >= instrument.min_quantity and part > 0:
            return targets
    return TARGETS_R[-1:]


def _in_steps(quantity: Decimal, instrument: Instrument) -> Decimal:
    step = instrument.quantity_step
    return (quantity / step).to_integral_value(ROUND_FLOOR) * step


def _toward_entry(price: Decimal, side: Side, tick: Decimal) -> Decimal:
    return on_tick(price, tick, up=side is Side.SHORT)
