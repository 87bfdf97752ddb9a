"""The ladder of a position that is averaged down: where its steps lie, how large they are, and what they may take.

The entry and its steps lie at even distances between the entry price and the one stop, and are of one quantity. The
whole is sized at once: as one order at the average of its prices, in steps of so many quantity steps at once, so that
every cap and the risk budget hold for all of it together. What that proposes is then summed up exactly, rung by
rung, and made smaller where the sum is beyond the budget or a cap. A quantity too small to divide, or a stop too near,
has fewer steps.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_UP, Decimal
from typing import Final

from app.domain.adding import PlanFigures
from app.domain.fixed_point import UNIT
from app.domain.position_size import PositionSize, Rung, SizeRefusal
from app.domain.sizing import SizingInputs, propose_sizes
from app.domain.stops import on_tick
from app.domain.types import Instrument, Side

LEAST_SPACING_FRACTION: Final = Decimal("0.002")
"""Of the entry price: between two rungs, and between the last one and the stop, at least. Nearer together they would
cost more in fees than they average."""
_TOO_SMALL: Final = frozenset({SizeRefusal.UNDER_MIN_QUANTITY, SizeRefusal.UNDER_MIN_NOTIONAL})
_ZERO: Final = Decimal(0)


def rung_prices(
    side: Side, entry_price: Decimal, stop_price: Decimal, steps: int, tick: Decimal
) -> tuple[Decimal, ...]:
    """Return the entry price and that of each step, the entry's first: at most `steps` of them, at even distances to
    the stop, each on a tick toward the entry; fewer where they would lie too near together, the entry alone where
    not one has room."""
    sign, distance = side.sign, side.sign * (entry_price - stop_price)
    least = max(entry_price * LEAST_SPACING_FRACTION, tick)
    for count in range(steps, 0, -1):
        spacing = distance / (count + 1)
        if spacing >= least:
            levels = [entry_price - sign * spacing * number for number in range(1, count + 1)]
            return (entry_price, *[on_tick(level, tick, up=side is Side.LONG) for level in levels])
    return (entry_price,)


def ladder_sizes(rows: Sequence[SizingInputs], steps: Sequence[int]) -> list[PositionSize]:
    """Return the size of each whole ladder of at most so many steps; one without a step is an ordinary size."""
    found: dict[int, PositionSize] = {}
    waiting = [(at, _prices(row, most)) for at, (row, most) in enumerate(zip(rows, steps, strict=True))]
    while waiting:
        sizes = propose_sizes([_as_one_order(rows[at], prices) for at, prices in waiting])
        shorter = []
        for (at, prices), size in zip(waiting, sizes, strict=True):
            filled = size if len(prices) == 1 else _filled(rows[at], prices, size)
            if filled is None:
                shorter.append((at, _prices(rows[at], len(prices) - 2)))
            else:
                found[at] = filled
        waiting = shorter
    return [found[at] for at in range(len(rows))]


def loss_at_stop(
    quantity: Decimal, price: Decimal, stop_price: Decimal, instrument: Instrument, slippage_fraction: Decimal
) -> Decimal:
    """Return what that quantity loses when the stop fills, both fees and the slippage allowance included, in quote
    currency, rounded up (`trade_costs.loss_per_unit`, exactly)."""
    costs = instrument.taker_fee_rate * (price + stop_price) + slippage_fraction * stop_price
    loss = quantity * instrument.contract_size * (abs(price - stop_price) + costs)
    return loss.quantize(UNIT, ROUND_CEILING)


def carried(
    reserved: PlanFigures,
    *,
    price: Decimal,
    stop_price: Decimal,
    instrument: Instrument,
    slippage_fraction: Decimal,
) -> Decimal:
    """Return how much of a step may be bought at that price: never more than its quantity, and no more than its
    reserved notional and its reserved risk carry; in whole quantity steps, zero where nothing fits."""
    loss = loss_at_stop(Decimal(1), price, stop_price, instrument, slippage_fraction)
    by_notional = reserved.notional / (price * instrument.contract_size)
    fits = min(reserved.quantity, by_notional, reserved.risk_amount / loss)
    step = instrument.quantity_step
    return (fits / step).to_integral_value(ROUND_FLOOR) * step


def _prices(row: SizingInputs, steps: int) -> tuple[Decimal, ...]:
    if not (row.entry_price.is_finite() and row.stop_price.is_finite() and row.entry_price > 0):
        return (row.entry_price,)
    return rung_prices(row.side, row.entry_price, row.stop_price, steps, row.instrument.price_tick)


def _as_one_order(row: SizingInputs, prices: Sequence[Decimal]) -> SizingInputs:
    """The whole ladder as one order at its average price, whose quantity can be divided evenly."""
    count = len(prices)
    if count == 1:
        return row
    instrument = replace(row.instrument, quantity_step=row.instrument.quantity_step * count)
    return replace(row, entry_price=sum(prices, _ZERO) / count, instrument=instrument)


def _filled(row: SizingInputs, prices: Sequence[Decimal], size: PositionSize) -> PositionSize | None:
    """Return the ladder's size, exactly; None where the venue would not take one of its orders."""
    steps, instrument = size.steps, row.instrument
    if steps is None or size.refusal is not None:
        return None if size.refusal in _TOO_SMALL else size
    budget, caps = steps.budget, [one.notional for one in steps.caps]
    if budget is None:  # the method named an amount
        caps.append(steps.proposed_notional)
    cap = min(caps)
    quantity = size.quantity / len(prices)
    while quantity >= instrument.min_quantity:
        rungs = _rungs(row, prices, quantity)
        notional, _, risk = summed(rungs)
        if notional <= cap and (budget is None or risk <= budget):
            break
        quantity -= instrument.quantity_step
    else:
        return None
    if min(rung.notional for rung in rungs) < instrument.min_notional:
        return None
    of_entry = propose_sizes([row])[0].risk_reward  # no step is promised
    return _of_rungs(row, replace(size, risk_reward=of_entry), rungs)


def with_steps(row: SizingInputs, size: PositionSize, steps: tuple[Rung, ...] | None) -> PositionSize:
    """Return the size of an entry together with the steps that are reserved behind it; itself without them."""
    if not steps or size.quantity == 0:
        return size
    return _of_rungs(row, size, (*_rungs(row, [row.entry_price], size.quantity), *steps))


def summed(rungs: Sequence[Rung] | None) -> tuple[Decimal, Decimal, Decimal]:
    """Return notional, quantity and risk of some rungs together; zero of none."""
    held = rungs or ()
    return (
        sum((rung.notional for rung in held), _ZERO),
        sum((rung.quantity for rung in held), _ZERO),
        sum((rung.risk_amount for rung in held), _ZERO),
    )


def _of_rungs(row: SizingInputs, size: PositionSize, rungs: tuple[Rung, ...]) -> PositionSize:
    """The size with the sums of its rungs."""
    notional, quantity, risk = summed(rungs)
    risk_r = size.risk_r
    if risk_r is not None and size.risk_amount > 0:  # a crumb's loss rounds to nothing
        risk_r = (risk_r * risk / size.risk_amount).quantize(UNIT)
    return replace(
        size,
        quantity=quantity,
        notional=notional,
        margin=(notional / row.leverage).quantize(UNIT, ROUND_UP),
        risk_amount=risk,
        risk_r=risk_r,
        rungs=rungs,
    )


def _rungs(row: SizingInputs, prices: Sequence[Decimal], quantity: Decimal) -> tuple[Rung, ...]:
    instrument, slip = row.instrument, row.slippage_allowance_fraction
    return tuple(
        Rung(
            price=price,
            quantity=quantity,
            notional=(quantity * price * instrument.contract_size).quantize(UNIT, ROUND_CEILING),
            risk_amount=loss_at_stop(quantity, price, row.stop_price, instrument, slip),
        )
        for price in prices
    )
