"""What sizes depend on, as columns or as the elements of one row: prices in float64, amounts and limits in units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Final, cast

import numpy as np

from app.domain import fixed_point as fp
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.records import Record
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.risk_limits import RiskLimits
from app.domain.sizing_methods import ZERO, MethodProposal
from app.domain.trade_costs import loss_per_unit
from app.domain.types import Instrument, Side, SizingMethod


class SizingInputs(Record, frozen=True, kw_only=True):
    """What a size depends on. `limits` are the merged per-trade limits; `leverage` is the venue's setting
    of the wallet; `notional_used` is open plus reserved notional of the wallet; `position_*` is what an order adds
    to; `scales_out` says that it is left in parts."""

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
    position_quantity: Decimal = ZERO
    position_risk: Decimal = ZERO
    planned_quantity: Decimal | None = None
    scales_out: bool = False


_FLOATS: Final = {
    "sign": "side.sign",
    "entry": "entry_price",
    "stop": "stop_price",
    "target": "take_profit_price",
    "fee_rate": "instrument.taker_fee_rate",
    "slippage": "slippage_allowance_fraction",
    "tick": "instrument.price_tick",
    "contract_size": "instrument.contract_size",
    "lot_size": "instrument.lot_size",
    "leverage": "leverage",
}
_UNITS: Final = {
    "step": "instrument.quantity_step",
    "min_quantity": "instrument.min_quantity",
    "min_notional": "instrument.min_notional",
    "equity": "equity",
    "free_margin": "free_margin",
    "notional_used": "notional_used",
    "held": "position_notional",
    "held_risk": "position_risk",
}
_LIMITS: Final = {
    "planned": "planned_quantity",
    "most_usd": "limits.max_position_size_usd",
    "most_fraction": "limits.max_position_size_fraction",
    "most_lots": "limits.max_position_size_lots",
    "most_risk": "limits.max_risk_per_trade_fraction",
    "most_order": "limits.max_order_notional_usd",
    "most_leverage": "limits.max_leverage",
}
_NAMES: Final = (*_FLOATS, *_UNITS, *_LIMITS)
_of_row: Final = attrgetter(*_FLOATS.values(), *_UNITS.values(), *_LIMITS.values())


def _max_quantity(row: SizingInputs) -> Decimal:
    """One stop and one exit have to carry the whole position."""
    return max(row.instrument.max_quantity - row.position_quantity, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingColumns:
    """One element per row. `price` is one contract's, `loss` one contract's at the stop with costs; `held` and
    `held_risk` are the notional and the risk that an order adds to; `asked` and `risk`, `volatility` are the method's
    own; `by_amount` says that it names an amount. Of one row the fields hold Python's own numbers, not columns."""

    sign: FloatColumn
    entry: FloatColumn
    stop: FloatColumn
    target: FloatColumn
    tick: FloatColumn
    price: FloatColumn
    loss: FloatColumn
    fee_rate: FloatColumn
    slippage: FloatColumn
    contract_size: FloatColumn
    lot_size: FloatColumn
    leverage: FloatColumn
    risk: FloatColumn
    volatility: FloatColumn
    step: IntColumn
    min_quantity: IntColumn
    min_notional: IntColumn
    max_quantity: IntColumn
    equity: IntColumn
    free_margin: IntColumn
    notional_used: IntColumn
    held: IntColumn
    held_risk: IntColumn
    asked: IntColumn
    planned: IntColumn
    most_usd: IntColumn
    most_fraction: IntColumn
    most_lots: IntColumn
    most_risk: IntColumn
    most_order: IntColumn
    most_leverage: IntColumn
    by_amount: BoolColumn
    scales_out: BoolColumn

    @staticmethod
    def of(rows: Sequence[SizingInputs], proposals: Sequence[MethodProposal]) -> "SizingColumns":
        """Return the columns of the rows."""
        held = dict(zip(_NAMES, zip(*map(_of_row, rows), strict=True), strict=True))
        floats = {name: fp.decimals_to_floats(held[name]) for name in _FLOATS}
        floats["risk"] = fp.decimals_to_floats([proposal.risk_fraction for proposal in proposals])
        floats["volatility"] = fp.decimals_to_floats([proposal.volatility for proposal in proposals])
        units = {name: fp.decimals_to_units(held[name]) for name in _UNITS}
        units["asked"] = fp.decimals_to_units([proposal.amount for proposal in proposals])
        units["max_quantity"] = fp.decimals_to_units([_max_quantity(row) for row in rows])
        units |= {name: fp.optional_limit(held[name]) for name in _LIMITS}
        by_amount = np.array(
            [proposal.amount is not None for _, proposal in zip(rows, proposals, strict=True)]
        )
        scales_out = np.array([row.scales_out for row in rows])
        return _columns(floats, units, by_amount, scales_out)

    @staticmethod
    def of_one(row: SizingInputs, proposal: MethodProposal) -> "SizingColumns":
        """Return the elements of one row."""
        held = dict(zip(_NAMES, _of_row(row), strict=True))
        floats = {name: _float(held[name]) for name in _FLOATS}
        floats |= {"risk": _float(proposal.risk_fraction), "volatility": _float(proposal.volatility)}
        units = {name: fp.column_unit(held[name]) for name in _UNITS}
        units |= {
            "asked": fp.column_unit(proposal.amount),
            "max_quantity": fp.column_unit(_max_quantity(row)),
        }
        units |= {name: fp.limit_unit(held[name]) for name in _LIMITS}
        return _columns(
            cast(dict[str, FloatColumn], floats),
            cast(dict[str, IntColumn], units),
            cast(BoolColumn, proposal.amount is not None),
            cast(BoolColumn, row.scales_out),
        )


def _columns(
    floats: dict[str, FloatColumn],
    units: dict[str, IntColumn],
    by_amount: BoolColumn,
    scales_out: BoolColumn,
) -> SizingColumns:
    entry, stop, slippage = floats["entry"], floats["stop"], floats["slippage"]
    fee_rate, contract_size = floats["fee_rate"], floats["contract_size"]
    return SizingColumns(
        sign=floats["sign"],
        entry=entry,
        stop=stop,
        target=floats["target"],
        tick=floats["tick"],
        fee_rate=fee_rate,
        slippage=slippage,
        contract_size=contract_size,
        lot_size=floats["lot_size"],
        leverage=floats["leverage"],
        risk=floats["risk"],
        volatility=floats["volatility"],
        step=units["step"],
        min_quantity=units["min_quantity"],
        min_notional=units["min_notional"],
        max_quantity=units["max_quantity"],
        equity=units["equity"],
        free_margin=units["free_margin"],
        notional_used=units["notional_used"],
        held=units["held"],
        held_risk=units["held_risk"],
        asked=units["asked"],
        planned=units["planned"],
        most_usd=units["most_usd"],
        most_fraction=units["most_fraction"],
        most_lots=units["most_lots"],
        most_risk=units["most_risk"],
        most_order=units["most_order"],
        most_leverage=units["most_leverage"],
        price=entry * contract_size,
        loss=loss_per_unit(entry, stop, fee_rate, slippage) * contract_size,
        by_amount=by_amount,
        scales_out=scales_out,
    )


def _float(value: Decimal | int | None) -> float:
    return math.nan if value is None else float(value)
