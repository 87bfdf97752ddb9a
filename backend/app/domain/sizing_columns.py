"""What sizes depend on, as columns or as the elements of one row: prices in float64, amounts and limits in units."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

import numpy as np

from app.domain import fixed_point as fp
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.risk_limits import RiskLimits
from app.domain.sizing_methods import ZERO, MethodProposal
from app.domain.trade_costs import loss_per_unit
from app.domain.types import Instrument, Side, SizingMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingInputs:
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


_Asked = tuple[SizingInputs, MethodProposal]
_FLOATS: Final[dict[str, Callable[[_Asked], Decimal | int | None]]] = {
    "sign": lambda asked: asked[0].side.sign,
    "entry": lambda asked: asked[0].entry_price,
    "stop": lambda asked: asked[0].stop_price,
    "target": lambda asked: asked[0].take_profit_price,
    "fee_rate": lambda asked: asked[0].instrument.taker_fee_rate,
    "slippage": lambda asked: asked[0].slippage_allowance_fraction,
    "tick": lambda asked: asked[0].instrument.price_tick,
    "contract_size": lambda asked: asked[0].instrument.contract_size,
    "lot_size": lambda asked: asked[0].instrument.lot_size,
    "leverage": lambda asked: asked[0].leverage,
    "risk": lambda asked: asked[1].risk_fraction,
    "volatility": lambda asked: asked[1].volatility,
}
_UNITS: Final[dict[str, Callable[[_Asked], Decimal | None]]] = {
    "step": lambda asked: asked[0].instrument.quantity_step,
    "min_quantity": lambda asked: asked[0].instrument.min_quantity,
    "min_notional": lambda asked: asked[0].instrument.min_notional,
    # One stop and one exit have to carry the whole position.
    "max_quantity": lambda asked: max(asked[0].instrument.max_quantity - asked[0].position_quantity, ZERO),
    "equity": lambda asked: asked[0].equity,
    "free_margin": lambda asked: asked[0].free_margin,
    "notional_used": lambda asked: asked[0].notional_used,
    "held": lambda asked: asked[0].position_notional,
    "held_risk": lambda asked: asked[0].position_risk,
    "asked": lambda asked: asked[1].amount,
}
_LIMITS: Final[dict[str, Callable[[_Asked], Decimal | int | None]]] = {
    "planned": lambda asked: asked[0].planned_quantity,
    "most_usd": lambda asked: asked[0].limits.max_position_size_usd,
    "most_fraction": lambda asked: asked[0].limits.max_position_size_fraction,
    "most_lots": lambda asked: asked[0].limits.max_position_size_lots,
    "most_risk": lambda asked: asked[0].limits.max_risk_per_trade_fraction,
    "most_order": lambda asked: asked[0].limits.max_order_notional_usd,
    "most_leverage": lambda asked: asked[0].limits.max_leverage,
}


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
        asked = list(zip(rows, proposals, strict=True))
        floats = {name: fp.decimals_to_floats([read(one) for one in asked]) for name, read in _FLOATS.items()}
        units = {name: fp.decimals_to_units([read(one) for one in asked]) for name, read in _UNITS.items()}
        limits = {name: fp.optional_limit([read(one) for one in asked]) for name, read in _LIMITS.items()}
        by_amount = np.array([proposal.amount is not None for proposal in proposals])
        scales_out = np.array([row.scales_out for row in rows])
        return _columns(floats, units | limits, by_amount, scales_out)

    @staticmethod
    def of_one(row: SizingInputs, proposal: MethodProposal) -> "SizingColumns":
        """Return the elements of one row."""
        asked = (row, proposal)
        floats = {name: _float(read(asked)) for name, read in _FLOATS.items()}
        units = {name: fp.column_unit(read(asked)) for name, read in _UNITS.items()}
        units |= {name: fp.limit_unit(read(asked)) for name, read in _LIMITS.items()}
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
