"""What adding to a position comes to: the stop that must stand first, and the plan of the larger position.

Every part of a position was planned at its own price, with its own loss at the stop that stood then. What is held is
their sum, and the figures of the trade are quantity-weighted averages of them: the loss at any one stop, reckoned from
the averages, is the sum of the parts' losses. Averages are rounded so that it is never understated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from app.domain.fixed_point import UNIT
from app.domain.stops import on_tick
from app.domain.types import Instrument, Side

_PRICE: Final = Decimal("1e-10")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFigures:
    """What a quantity was planned at: base units > 0, expected entry price, notional and loss at `stop_price`, costs
    included, both quote currency and >= 0."""

    quantity: Decimal
    entry_price: Decimal
    notional: Decimal
    risk_amount: Decimal
    stop_price: Decimal

    def part(self, quantity: Decimal) -> "PlanFigures":
        """The same plan for another quantity, prices as they are; exact."""
        share = quantity / self.quantity
        return PlanFigures(
            quantity=quantity,
            entry_price=self.entry_price,
            notional=self.notional * share,
            risk_amount=self.risk_amount * share,
            stop_price=self.stop_price,
        )


def enlarged(side: Side, before: PlanFigures, parts: Sequence[tuple[PlanFigures, Decimal]]) -> PlanFigures:
    """Return the plan of `before` and what was filled of each part (plan, filled quantity >= 0) together.

    Without anything filled it is `before` itself. Amounts are rounded up to 1e-8, prices to 1e-10 on the side on
    which the loss is larger.
    """
    filled = [plan.part(quantity) for plan, quantity in parts if quantity > 0]
    if not filled:
        return before
    held = [before, *filled]
    quantity = sum((one.quantity for one in held), Decimal(0))
    entry = sum((one.entry_price * one.quantity for one in held), Decimal(0)) / quantity
    stop = sum((one.stop_price * one.quantity for one in held), Decimal(0)) / quantity
    is_long = side is Side.LONG
    return PlanFigures(
        quantity=quantity,
        entry_price=entry.quantize(_PRICE, ROUND_FLOOR if is_long else ROUND_CEILING),
        notional=sum((one.notional for one in held), Decimal(0)).quantize(UNIT, ROUND_CEILING),
        risk_amount=sum((one.risk_amount for one in held), Decimal(0)).quantize(UNIT, ROUND_CEILING),
        stop_price=stop.quantize(_PRICE, ROUND_CEILING if is_long else ROUND_FLOOR),
    )


def still_adding(plan: PlanFigures, filled: Decimal) -> tuple[Decimal, Decimal]:
    """Return (notional, risk) that an addition of that plan may still take after `filled` base units, rounded up."""
    left = plan.part(max(plan.quantity - filled, Decimal(0)))
    return left.notional.quantize(UNIT, ROUND_CEILING), left.risk_amount.quantize(UNIT, ROUND_CEILING)


def riskless_stop(
    *, side: Side, entry_price: Decimal, slippage_fraction: Decimal, instrument: Instrument
) -> Decimal:
    """Return the stop at which a position risks nothing (`exposure.open_risk` is zero): both fees f and the slippage
    s of the stop paid, entry x (1 + f) / (1 - f - s) for a long and entry x (1 - f) / (1 + f + s) for a short, on a
    tick, rounded to the winning side."""
    fee, slip = instrument.taker_fee_rate, slippage_fraction
    up = side is Side.LONG
    factor = (1 + fee) / (1 - fee - slip) if up else (1 - fee) / (1 + fee + slip)
    return on_tick(entry_price * factor, instrument.price_tick, up=up)


def may_stand(side: Side, stop_price: Decimal, mark_price: Decimal, instrument: Instrument) -> bool:
    """Whether the venue takes a stop there now: on the losing side of the mark, by more than its least distance."""
    nearest = instrument.min_trigger_distance_fraction
    least = instrument.price_tick if nearest is None else max(mark_price * nearest, instrument.price_tick)
    return side.sign * (mark_price - stop_price) > least
