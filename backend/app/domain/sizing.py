"""Position sizing: a method proposes a size, every cap trims it, and the answer names what bound.

Sizes are notional (quantity x price x contract size). Float64 proposes; whole steps, caps and the risk
budget are then decided in fixed point. Quantities round toward zero: rounding up would spend risk that
nobody granted. The same text serves one wallet and a column of wallets.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal
from functools import lru_cache
from typing import Final, cast

import numpy as np

from app.domain import fixed_point as fp
from app.domain.elementwise import (
    float_where,
    greater,
    holds_somewhere,
    is_missing,
    lesser,
    maximum,
    minimum,
    negated,
    where,
    whole,
)
from app.domain.fixed_point import UNIT, BoolColumn, FloatColumn, IntColumn
from app.domain.part_targets import average_target
from app.domain.position_size import CapStep, PositionSize, SizeCap, SizeRefusal, SizeSteps
from app.domain.records import Record
from app.domain.sizing_columns import SizingColumns, SizingInputs
from app.domain.sizing_methods import ZERO, MethodProposal, is_above_zero, method_proposal
from app.domain.trade_costs import reward_per_unit, reward_to_risk

_ONE: Final = float(fp.SCALE)
_MOST: Final = float(fp.MAX_UNITS)
_CAPS: Final = tuple(SizeCap)
_NOTHING_BOUND: Final = -1
FEW: Final = 12  # so many are sized one by one, which is faster than columns of that length
_CAPS_KEPT: Final = 1024
_NUDGE: Final = 1e-9  # brings 2.9999999999999996 steps back to 3; fixed point then decides


class _Proposed(Record, frozen=True):
    """The method's own quantity, and in units the risk budget and the amount that it must not exceed (NO_LIMIT
    where the method has no such bound)."""

    quantity: FloatColumn
    budget: IntColumn
    amount: IntColumn


class _Sized(Record, frozen=True):
    """What the arithmetic came to for one row: quantities and prices as floats, amounts in units. `wanted` is
    the notional of what was proposed; `binding` is the place of the cap that trimmed, `_NOTHING_BOUND` where
    none did."""

    proposed: float
    wanted: float
    budget: int
    caps: list[int]
    binding: int
    allowed: float
    quantity: int
    notional: int
    loss: float
    reward: float


def propose_size(inputs: SizingInputs) -> PositionSize:
    """Return the size of one order: what the method proposes, trimmed by every cap, in whole steps."""
    return propose_sizes((inputs,))[0]


def propose_sizes(rows: Sequence[SizingInputs]) -> list[PositionSize]:
    """Return the size of every row; the arithmetic runs over columns."""
    proposals = [_proposal(row) for row in rows]
    sound = [index for index, proposal in enumerate(proposals) if proposal.refusal is None]
    sized = iter(_sized([rows[index] for index in sound], [proposals[index] for index in sound]))
    return [
        next(sized) if proposal.refusal is None else _nothing(row, proposal.refusal)
        for row, proposal in zip(rows, proposals, strict=True)
    ]


def _nothing(row: SizingInputs, refusal: SizeRefusal | None) -> PositionSize:
    return PositionSize(ZERO, ZERO, ZERO, ZERO, None, None, row.method, refusal)


def _proposal(row: SizingInputs) -> MethodProposal:
    """Return what the row's method asks for, or the refusal before any cap."""
    entry, stop = row.entry_price, row.stop_price
    if not (is_above_zero(entry) and is_above_zero(stop) and (entry - stop) * row.side.sign > 0):
        return MethodProposal(refusal=SizeRefusal.STOP_WRONG_SIDE)
    if not is_above_zero(row.equity):
        return MethodProposal(refusal=SizeRefusal.EQUITY_UNKNOWN)
    if row.free_margin is None or not row.free_margin.is_finite():
        return MethodProposal(refusal=SizeRefusal.FREE_MARGIN_UNKNOWN)
    return method_proposal(
        row.method,
        risk_per_trade_fraction=row.risk_per_trade_fraction,
        fixed_amount_usd=row.fixed_amount_usd,
        kelly_fraction=row.kelly_fraction,
        statistics=row.statistics,
        signal_confidence=row.signal_confidence,
        daily_volatility=row.daily_volatility,
    )


def _sized(rows: Sequence[SizingInputs], proposals: Sequence[MethodProposal]) -> list[PositionSize]:
    """Return the sizes of rows whose facts and prices are all there: few of them one by one, in elements."""
    if len(rows) <= FEW:
        return [_sized_one(row, proposal) for row, proposal in zip(rows, proposals, strict=True)]
    return _sized_columns(rows, proposals)


def _sized_columns(rows: Sequence[SizingInputs], proposals: Sequence[MethodProposal]) -> list[PositionSize]:
    columns = SizingColumns.of(rows, proposals)
    proposed = _proposed_quantity(columns)
    caps = np.maximum(np.stack(_caps(columns)), 0)
    allowed, quantity, notional, trimmed = _trimmed(columns, proposed, caps.min(axis=0))
    binding = np.where(trimmed, caps.argmin(axis=0), _NOTHING_BOUND)
    wanted = proposed.quantity * columns.entry * columns.contract_size
    held = [proposed.quantity, wanted, proposed.budget, caps.T, binding]
    held += [allowed, quantity, notional, columns.loss, _reward(columns, quantity, notional)]
    sized = [_Sized(*figures) for figures in zip(*(column.tolist() for column in held), strict=True)]
    return [_position_size(*one) for one in zip(rows, proposals, sized, strict=True)]


def _sized_one(row: SizingInputs, proposal: MethodProposal) -> PositionSize:
    """Return the size of one row, reckoned in elements by the same text."""
    try:
        column = SizingColumns.of_one(row, proposal)
        proposed = _proposed_quantity(column)
        caps = [max(int(cap), 0) for cap in _caps(column)]
        cap = min(caps)
        allowed, quantity, notional, trimmed = _trimmed(column, proposed, cast(IntColumn, cap))
    except (ZeroDivisionError, OverflowError, ValueError):  # columns hold infinities where elements cannot
        return _sized_columns([row], [proposal])[0]
    return _position_size(
        row,
        proposal,
        _Sized(
            proposed=float(proposed.quantity),
            wanted=float(proposed.quantity * column.entry * column.contract_size),
            budget=int(proposed.budget),
            caps=caps,
            binding=caps.index(cap) if trimmed else _NOTHING_BOUND,
            allowed=float(allowed),
            quantity=int(quantity),
            notional=int(notional),
            loss=float(column.loss),
            reward=float(_reward(column, quantity, notional)),
        ),
    )


def _trimmed(
    columns: SizingColumns, proposed: _Proposed, cap: IntColumn
) -> tuple[FloatColumn, IntColumn, IntColumn, BoolColumn]:
    """Return what the tightest cap allows, the quantity in whole steps, its notional, and whether the cap
    trimmed."""
    unit_price = fp.floats_to_units(columns.price)
    allowed = lesser(proposed.quantity, cap / _ONE / columns.price)
    quantity = _whole_steps(columns, allowed, unit_price, minimum(cap, proposed.amount), proposed.budget)
    notional = fp.multiply_floor(quantity, unit_price)
    wanted = proposed.quantity * columns.entry * columns.contract_size * fp.SCALE
    return allowed, quantity, notional, wanted > cap + 0.5


def _reward(columns: SizingColumns, quantity: IntColumn, notional: IntColumn) -> FloatColumn:
    """Return what one contract wins at the targets of that quantity, costs taken off; a quantity that the venue
    would not take is none, and one below its least is none of whose parts are taken."""
    is_sent = notional >= columns.min_notional
    target = average_target(
        in_parts=columns.scales_out,
        sign=columns.sign,
        entry=columns.entry,
        stop=columns.stop,
        target=columns.target,
        tick=columns.tick,
        quantity=where(is_sent, quantity, 0),
        step=columns.step,
        min_quantity=columns.min_quantity,
    )
    reward = reward_per_unit(columns.sign, columns.entry, target, columns.fee_rate, columns.slippage)
    return reward * columns.contract_size


def _figure(value: float) -> Decimal:
    """Return a proposal of the method as eight decimals, the largest amount where it is beyond that."""
    return fp.from_units(round(min(float(value) * fp.SCALE, float(fp.MAX_UNITS))))


@lru_cache(_CAPS_KEPT)
def _cap_step(place: int, units: int) -> CapStep:
    """One cap, by its place in `SizeCap`; many wallets stand under the same limits."""
    return CapStep(_CAPS[place], fp.from_units(min(units, fp.MAX_UNITS)))


def _cap_steps(caps: Sequence[int]) -> tuple[CapStep, ...]:
    return tuple([_cap_step(place, units) for place, units in enumerate(caps) if units != fp.NO_LIMIT])


def _proposed_quantity(columns: SizingColumns) -> _Proposed:
    by_amount = columns.by_amount
    amount = where(fp.is_known(columns.asked), columns.asked, 0)
    budget = fp.units_to_floats(columns.equity) * float_where(by_amount, 0.0, columns.risk)
    budget = greater(budget - fp.units_to_floats(columns.held_risk), 0.0)  # what is held risks a part of it
    quantity = float_where(by_amount, amount / _ONE / columns.price, budget / columns.loss)
    parity = negated(is_missing(columns.volatility))
    swing = float_where(parity, columns.volatility, 1.0) * columns.price
    quantity = float_where(parity, lesser(quantity, budget / swing), quantity)
    return _Proposed(
        greater(quantity, 0.0),
        where(by_amount, fp.NO_LIMIT, fp.floats_to_units(budget)),
        where(by_amount, amount, fp.NO_LIMIT),
    )


def _caps(columns: SizingColumns) -> list[IntColumn]:
    """Return the caps in the order of SizeCap as notional in units; NO_LIMIT where none."""
    unit_price, equity, held = fp.floats_to_units(columns.price), columns.equity, columns.held
    used = where(fp.is_known(columns.notional_used), columns.notional_used, fp.MAX_UNITS)
    lot_price = fp.floats_to_units(columns.entry * columns.lot_size)
    free = fp.units_to_floats(columns.free_margin)
    free = float_where(is_missing(free), 0.0, free)  # out of range counts as none
    by_margin = greater(free, 0.0) / (1.0 / columns.leverage + columns.fee_rate)
    return [
        _less(columns.most_usd, held),
        _less(fp.scaled_limit(equity, columns.most_fraction), held),
        _less(fp.scaled_limit(lot_price, columns.most_lots), held),
        _risk_cap(columns, _less(fp.scaled_limit(equity, columns.most_risk), columns.held_risk)),
        columns.most_order,
        _less(fp.scaled_limit(equity, columns.most_leverage), used),
        whole(lesser(by_margin * fp.SCALE, _MOST)),
        fp.scaled_limit(columns.max_quantity, unit_price),
        fp.scaled_limit_ceil(unit_price, columns.planned),  # exact in `_whole_steps`; here rounded up
    ]


def _less(cap: IntColumn, used: IntColumn) -> IntColumn:
    """Return what a cap leaves beside what is used of it; NO_LIMIT where there is no cap."""
    return where(cap == fp.NO_LIMIT, fp.NO_LIMIT, cap - where(fp.is_known(used), used, fp.MAX_UNITS))


def _risk_cap(columns: SizingColumns, risk: IntColumn) -> IntColumn:
    """Return the notional whose loss at the stop is `risk`, rounded down; NO_LIMIT where none is set."""
    notional = fp.units_to_floats(maximum(risk, 0)) / columns.loss * columns.entry * columns.contract_size
    notional = float_where(is_missing(notional), 0.0, notional)
    return where(risk == fp.NO_LIMIT, fp.NO_LIMIT, whole(lesser(notional * fp.SCALE, _MOST)))


def _whole_steps(
    columns: SizingColumns, allowed: FloatColumn, unit_price: IntColumn, cap: IntColumn, budget: IntColumn
) -> IntColumn:
    """Return the quantity in units: whole steps, toward zero, within cap, budget and venue maximum."""
    steps = whole(lesser(allowed * fp.SCALE, _MOST) / columns.step + _NUDGE)
    most = maximum(minimum(columns.max_quantity, columns.planned), 0)
    steps = minimum(steps, most // columns.step)
    for fewer in (1, 1, 1, fp.MAX_UNITS):  # float noise is a step or two at most; more is not trusted at all
        quantity = steps * columns.step
        notional = fp.multiply_ceil(quantity, unit_price)
        risk = fp.floats_to_units(quantity / _ONE * columns.loss)
        too_large = (notional > cap) | (notional < 0)
        over = too_large | (risk > budget) | (risk < 0)
        if not holds_somewhere(over):
            return quantity
        steps = where(over, maximum(steps - fewer, 0), steps)
    return steps * columns.step


def _shortfall(row: SizingInputs, sized: _Sized) -> SizeRefusal | None:
    """Return why what is left after the caps cannot be sent, or None."""
    if sized.quantity == 0 and min(sized.caps) == 0:
        return SizeRefusal.CAPPED_TO_ZERO
    if sized.quantity == 0 or sized.quantity < fp.column_unit(row.instrument.min_quantity):
        return SizeRefusal.UNDER_MIN_QUANTITY
    if sized.notional < fp.column_unit(row.instrument.min_notional):
        return SizeRefusal.UNDER_MIN_NOTIONAL
    return None


def _steps(proposal: MethodProposal, sized: _Sized) -> SizeSteps:
    capped = _figure(sized.allowed)
    return SizeSteps(
        risk_fraction=proposal.risk_fraction,
        confidence_factor=proposal.confidence_factor,
        budget=fp.from_column(sized.budget),
        proposed_quantity=_figure(sized.proposed),
        proposed_notional=_figure(sized.wanted),
        caps=_cap_steps(sized.caps),
        capped_quantity=capped,
        rounded_off=max(capped - fp.from_units(sized.quantity), ZERO),
    )


def _position_size(row: SizingInputs, proposal: MethodProposal, sized: _Sized) -> PositionSize:
    """Return the size with every step of it."""
    steps, binding = (
        _steps(proposal, sized),
        None if sized.binding == _NOTHING_BOUND else _CAPS[sized.binding],
    )
    ratio = reward_to_risk(sized.reward, sized.loss)
    risk_reward = None if math.isnan(ratio) else Decimal(repr(round(ratio, 8)))
    refusal = _shortfall(row, sized)
    if refusal is not None:
        return PositionSize(ZERO, ZERO, ZERO, ZERO, risk_reward, binding, row.method, refusal, None, steps)
    held = fp.from_units(sized.quantity)
    notional = (held * row.entry_price * row.instrument.contract_size).quantize(UNIT, ROUND_HALF_EVEN)
    margin = (notional / row.leverage).quantize(UNIT, ROUND_UP)
    risk = fp.from_units(fp.float_to_units(sized.quantity / fp.SCALE * sized.loss))
    one_r = ZERO if row.equity is None else row.equity * row.risk_per_trade_fraction
    risk_r = (risk / one_r).quantize(UNIT, ROUND_HALF_EVEN) if one_r > 0 else None
    return PositionSize(held, notional, margin, risk, risk_reward, binding, row.method, None, risk_r, steps)


__all__ = ["FEW", "SizingInputs", "propose_size", "propose_sizes"]
