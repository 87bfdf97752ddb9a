"""Position sizing: a method proposes a size, every cap trims it, and the answer names what bound.

Sizes are notional (quantity x price x contract size). Float64 proposes; whole steps, caps and the risk
budget are then decided in fixed point. Quantities round toward zero: rounding up would spend risk that
nobody granted. The same text serves one wallet and a column of wallets.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal
from typing import Final

import numpy as np

from app.domain import fixed_point as fp
from app.domain.fixed_point import (
    UNIT,
    FloatColumn,
    IntColumn,
    optional_limit,
    scaled_limit,
    scaled_limit_ceil,
)
from app.domain.position_size import CapStep, PositionSize, SizeCap, SizeRefusal, SizeSteps
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.risk_limits import RiskLimits
from app.domain.sizing_methods import ZERO, MethodProposal, is_above_zero, method_proposal
from app.domain.trade_costs import loss_per_unit, reward_per_unit, reward_to_risk
from app.domain.types import Instrument, Side, SizingMethod

_NUDGE: Final = 1e-9  # brings 2.9999999999999996 steps back to 3; fixed point then decides


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingInputs:
    """What a size depends on. `limits` are the merged per-trade limits; `leverage` is the venue's setting
    of the wallet; `notional_used` is open plus reserved notional of the wallet."""

    method: SizingMethod
    side: Side
    entry_price: Decimal
    stop_price: Decimal
    take_profit_price: Decimal | None
    instrument: Instrument
    equity: Decimal | None
    free_margin: Decimal | None
    notional_used: Decimal
    leverage: int
    limits: RiskLimits
    risk_per_trade_fraction: Decimal
    slippage_allowance_fraction: Decimal
    fixed_amount_usd: Decimal | None = None
    kelly_fraction: Decimal = Decimal("0.25")
    statistics: ClosedTradeStatistics | None = None
    signal_confidence: Decimal | None = None
    daily_volatility: Decimal | None = None
    position_notional: Decimal = ZERO
    planned_quantity: Decimal | None = None


def propose_size(inputs: SizingInputs) -> PositionSize:
    """Return the size of one order: what the method proposes, trimmed by every cap, in whole steps."""
    return propose_sizes((inputs,))[0]


def propose_sizes(rows: Sequence[SizingInputs]) -> list[PositionSize]:
    """Return the size of every row; the arithmetic runs over columns."""
    proposals = [_proposal(row) for row in rows]
    sound = [index for index, proposal in enumerate(proposals) if proposal.refusal is None]
    sizes = [_nothing(row, proposal.refusal) for row, proposal in zip(rows, proposals, strict=True)]
    if sound:
        sized = _sized([rows[index] for index in sound], [proposals[index] for index in sound])
        for index, size in zip(sound, sized, strict=True):
            sizes[index] = size
    return sizes


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
    """Return the sizes of rows whose facts and prices are all there."""
    columns = _Columns.of(rows)
    proposed, budget, amount = _proposed_quantity(columns, proposals)
    caps = np.maximum(_caps(columns, rows), 0)
    tightest, cap = caps.argmin(axis=0), caps.min(axis=0)
    unit_price = fp.floats_to_units(columns.entry * columns.contract_size)
    allowed = np.minimum(proposed, cap / fp.SCALE / (columns.entry * columns.contract_size))
    quantity = _whole_steps(columns, allowed, unit_price, np.minimum(cap, amount), budget)
    notional = fp.multiply_floor(quantity, unit_price)
    trimmed = proposed * columns.entry * columns.contract_size * fp.SCALE > cap.astype(np.float64) + 0.5
    sizes = []
    for index, (row, proposal) in enumerate(zip(rows, proposals, strict=True)):
        units = int(quantity[index])
        steps = SizeSteps(
            risk_fraction=proposal.risk_fraction,
            confidence_factor=proposal.confidence_factor,
            budget=fp.from_column(int(budget[index])),
            proposed_quantity=_figure(proposed[index]),
            proposed_notional=_figure(proposed[index] * columns.entry[index] * columns.contract_size[index]),
            caps=_cap_steps(caps[:, index]),
            capped_quantity=_figure(allowed[index]),
            rounded_off=max(_figure(allowed[index]) - fp.from_units(units), ZERO),
        )
        binding = tuple(SizeCap)[int(tightest[index])] if trimmed[index] else None
        refusal = _shortfall(columns, index, units, int(notional[index]), int(cap[index]))
        sizes.append(_position_size(row, columns, index, units, binding, refusal, steps))
    return sizes


def _figure(value: float) -> Decimal:
    """Return a proposal of the method as eight decimals, the largest amount where it is beyond that."""
    return fp.from_units(round(min(float(value) * fp.SCALE, float(fp.MAX_UNITS))))


def _cap_steps(caps: IntColumn) -> tuple[CapStep, ...]:
    return tuple(
        CapStep(cap, fp.from_units(min(units, fp.MAX_UNITS)))
        for cap, units in zip(SizeCap, caps.tolist(), strict=True)
        if units != fp.NO_LIMIT
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """Prices and rates in float64, amounts and steps in units."""

    entry: FloatColumn
    stop: FloatColumn
    loss: FloatColumn
    reward: FloatColumn
    fee_rate: FloatColumn
    contract_size: FloatColumn
    step: IntColumn
    min_quantity: IntColumn
    max_quantity: IntColumn
    min_notional: IntColumn
    planned: IntColumn
    equity: IntColumn
    free_margin: IntColumn
    notional_used: IntColumn

    @staticmethod
    def of(rows: Sequence[SizingInputs]) -> "_Columns":
        sign = _floats([row.side.sign for row in rows])
        entry = _floats([row.entry_price for row in rows])
        stop = _floats([row.stop_price for row in rows])
        target = _floats([row.take_profit_price for row in rows])
        fee_rate = _floats([row.instrument.taker_fee_rate for row in rows])
        slippage = _floats([row.slippage_allowance_fraction for row in rows])
        contract_size = _floats([row.instrument.contract_size for row in rows])
        reward = reward_per_unit(sign, entry, target, fee_rate, slippage)
        return _Columns(
            entry=entry,
            stop=stop,
            loss=loss_per_unit(entry, stop, fee_rate, slippage) * contract_size,
            reward=reward * contract_size,
            fee_rate=fee_rate,
            contract_size=contract_size,
            step=fp.decimals_to_units([row.instrument.quantity_step for row in rows]),
            min_quantity=fp.decimals_to_units([row.instrument.min_quantity for row in rows]),
            max_quantity=fp.decimals_to_units([row.instrument.max_quantity for row in rows]),
            min_notional=fp.decimals_to_units([row.instrument.min_notional for row in rows]),
            planned=optional_limit([row.planned_quantity for row in rows]),
            equity=fp.decimals_to_units([row.equity for row in rows]),
            free_margin=fp.decimals_to_units([row.free_margin for row in rows]),
            notional_used=fp.decimals_to_units([row.notional_used for row in rows]),
        )


def _floats(values: Sequence[Decimal | int | None]) -> FloatColumn:
    return np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)


def _proposed_quantity(
    columns: _Columns, proposals: Sequence[MethodProposal]
) -> tuple[FloatColumn, IntColumn, IntColumn]:
    """Return the method's own quantity, and in units the risk budget and the amount that it must not exceed
    (NO_LIMIT where the method has no such bound)."""
    asked = fp.decimals_to_units([proposal.amount for proposal in proposals])
    by_amount = np.array([proposal.amount is not None for proposal in proposals])
    amount = np.where(fp.is_known(asked), asked, 0)
    risk = _floats([proposal.risk_fraction for proposal in proposals])
    budget = fp.units_to_floats(columns.equity) * np.where(by_amount, 0.0, risk)
    price = columns.entry * columns.contract_size
    quantity = np.where(by_amount, amount / fp.SCALE / price, budget / columns.loss)
    volatility = _floats([proposal.volatility for proposal in proposals])
    parity = ~np.isnan(volatility)
    swing = np.where(parity, volatility, 1.0) * price
    quantity = np.where(parity, np.minimum(quantity, budget / swing), quantity)
    return (
        np.maximum(quantity, 0.0),
        np.where(by_amount, fp.NO_LIMIT, fp.floats_to_units(budget)),
        np.where(by_amount, amount, fp.NO_LIMIT),
    )


def _caps(columns: _Columns, rows: Sequence[SizingInputs]) -> IntColumn:
    """Return the caps in the order of SizeCap, one row each, as notional in units; NO_LIMIT where none."""
    limits = [row.limits for row in rows]
    unit_price = fp.floats_to_units(columns.entry * columns.contract_size)
    lot_price = fp.floats_to_units(columns.entry * _floats([row.instrument.lot_size for row in rows]))
    held = fp.decimals_to_units([row.position_notional for row in rows])
    used = np.where(fp.is_known(columns.notional_used), columns.notional_used, fp.MAX_UNITS)
    fractions = scaled_limit(
        np.stack([columns.equity] * 3),
        np.stack(
            [
                optional_limit([limit.max_position_size_fraction for limit in limits]),
                optional_limit([limit.max_risk_per_trade_fraction for limit in limits]),
                optional_limit([limit.max_leverage for limit in limits]),
            ]
        ),
    )
    lots = scaled_limit(lot_price, optional_limit([limit.max_position_size_lots for limit in limits]))
    leverage = _floats([row.leverage for row in rows])
    free = np.nan_to_num(fp.units_to_floats(columns.free_margin))  # out of range counts as none
    by_margin = np.maximum(free, 0.0) / (1.0 / leverage + columns.fee_rate)
    planned = optional_limit(
        [row.planned_quantity for row in rows]
    )  # exact in `_whole_steps`; here rounded up
    return np.stack(
        [
            _less(optional_limit([limit.max_position_size_usd for limit in limits]), held),
            _less(fractions[0], held),
            _less(lots, held),
            _risk_cap(columns, fractions[1]),
            optional_limit([limit.max_order_notional_usd for limit in limits]),
            _less(fractions[2], used),
            np.floor(np.minimum(by_margin * fp.SCALE, float(fp.MAX_UNITS))).astype(np.int64),
            scaled_limit(columns.max_quantity, unit_price),
            scaled_limit_ceil(unit_price, planned),
        ]
    )


def _less(cap: IntColumn, used: IntColumn) -> IntColumn:
    """Return what a cap leaves beside what is used of it; NO_LIMIT where there is no cap."""
    return np.where(cap == fp.NO_LIMIT, fp.NO_LIMIT, cap - np.where(fp.is_known(used), used, fp.MAX_UNITS))


def _risk_cap(columns: _Columns, risk: IntColumn) -> IntColumn:
    """Return the notional whose loss at the stop is `risk`, rounded down; NO_LIMIT where none is set."""
    notional = fp.units_to_floats(risk) / columns.loss * columns.entry * columns.contract_size
    units = np.floor(np.minimum(np.nan_to_num(notional) * fp.SCALE, float(fp.MAX_UNITS))).astype(np.int64)
    return np.where(risk == fp.NO_LIMIT, fp.NO_LIMIT, units)


def _whole_steps(
    columns: _Columns, allowed: FloatColumn, unit_price: IntColumn, cap: IntColumn, budget: IntColumn
) -> IntColumn:
    """Return the quantity in units: whole steps, toward zero, within cap, budget and venue maximum."""
    steps = np.floor(np.minimum(allowed * fp.SCALE, float(fp.MAX_UNITS)) / columns.step + _NUDGE)
    most = np.maximum(np.minimum(columns.max_quantity, columns.planned), 0)
    steps = np.minimum(steps.astype(np.int64), most // columns.step)
    for fewer in (1, 1, 1, fp.MAX_UNITS):  # float noise is a step or two at most; more is not trusted at all
        quantity = steps * columns.step
        notional = fp.multiply_ceil(quantity, unit_price)
        risk = fp.floats_to_units(quantity / fp.SCALE * columns.loss)
        over = (notional > cap) | (notional < 0) | (risk > budget) | (risk < 0)
        steps = np.where(over, np.maximum(steps - fewer, 0), steps)
    return np.asarray(steps * columns.step, dtype=np.int64)


def _shortfall(columns: _Columns, index: int, quantity: int, notional: int, cap: int) -> SizeRefusal | None:
    """Return why what is left after the caps cannot be sent, or None."""
    if quantity == 0 and cap == 0:
        return SizeRefusal.CAPPED_TO_ZERO
    if quantity == 0 or quantity < columns.min_quantity[index]:
        return SizeRefusal.UNDER_MIN_QUANTITY
    if notional < columns.min_notional[index]:
        return SizeRefusal.UNDER_MIN_NOTIONAL
    return None


def _position_size(
    row: SizingInputs,
    columns: _Columns,
    index: int,
    quantity: int,
    binding: SizeCap | None,
    refusal: SizeRefusal | None,
    steps: SizeSteps,
) -> PositionSize:
    ratio = float(reward_to_risk(columns.reward[index : index + 1], columns.loss[index : index + 1])[0])
    risk_reward = None if math.isnan(ratio) else Decimal(repr(round(ratio, 8)))
    if refusal is not None:
        return PositionSize(ZERO, ZERO, ZERO, ZERO, risk_reward, binding, row.method, refusal, None, steps)
    held = fp.from_units(quantity)
    notional = (held * row.entry_price * row.instrument.contract_size).quantize(UNIT, ROUND_HALF_EVEN)
    margin = (notional / row.leverage).quantize(UNIT, ROUND_UP)
    risk = fp.from_units(fp.float_to_units(quantity / fp.SCALE * float(columns.loss[index])))
    one_r = ZERO if row.equity is None else row.equity * row.risk_per_trade_fraction
    risk_r = (risk / one_r).quantize(UNIT, ROUND_HALF_EVEN) if one_r > 0 else None
    return PositionSize(held, notional, margin, risk, risk_reward, binding, row.method, None, risk_r, steps)
