"""The rows of a review as columns: amounts in fixed-point units, prices in float64, facts as masks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Final, Self, cast

import numpy as np

from app.domain import fixed_point as fp
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.risk_facts import ReviewRow, ScopeFacts
from app.domain.risk_limits import LimitLevels, RiskLimits
from app.domain.types import TradingState

STATE_UNKNOWN: Final = -1
_STATE_CODES: Final = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}


class _Taking:
    """Columns of which rows can be taken."""

    __slots__ = ()

    def take(self, rows: IntColumn | slice) -> Self:
        """Return the named rows of every column; a row may be taken more than once."""
        values = {}
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, field.name)
            values[field.name] = cast(_Taking, value).take(rows) if is_dataclass(value) else value[rows]
        return type(self)(**values)


@dataclass(frozen=True, slots=True)
class LimitColumns(_Taking):
    """Limits in units, counts as they are, NO_LIMIT where a level has no opinion."""

    max_position_size_usd: IntColumn
    max_position_size_fraction: IntColumn
    max_portfolio_heat_fraction: IntColumn
    max_open_risk_fraction: IntColumn
    max_single_asset_exposure_fraction: IntColumn
    max_open_positions: IntColumn
    max_leverage: IntColumn
    max_daily_loss_usd: IntColumn
    max_daily_loss_fraction: IntColumn
    min_risk_reward_ratio: IntColumn
    min_signal_confidence: IntColumn
    max_order_notional_usd: IntColumn
    max_price_age_seconds: IntColumn
    max_balance_age_seconds: IntColumn
    max_entry_slippage_fraction: IntColumn

    @staticmethod
    def of(limits: Sequence[RiskLimits]) -> "LimitColumns":
        flat = fp.optional_limit([getattr(limit, name) for name in _LIMIT_NAMES for limit in limits])
        rows = flat.reshape(len(_LIMIT_NAMES), len(limits))
        return LimitColumns(**dict(zip(_LIMIT_NAMES, rows, strict=True)))


_LIMIT_NAMES: Final = tuple(field.name for field in fields(LimitColumns))


@dataclass(frozen=True, slots=True)
class ScopeColumns(_Taking):
    """A scope's facts and the limits held against them. `positions` is open plus pending, in units of
    1e-8 of a position like every other limit."""

    state: IntColumn
    equity: IntColumn
    positions: IntColumn
    notional: IntColumn
    reserved_notional: IntColumn
    open_risk: IntColumn
    reserved_risk: IntColumn
    asset_notional: IntColumn
    day_start_equity: IntColumn
    day_deposits: IntColumn
    day_withdrawals: IntColumn
    day_tripped: BoolColumn
    limits: LimitColumns

    @staticmethod
    def of(facts: Sequence[ScopeFacts], limits: Sequence[RiskLimits]) -> "ScopeColumns":
        days = [fact.day for fact in facts]
        return ScopeColumns(
            state=_states([fact.trading_state for fact in facts]),
            equity=fp.decimals_to_units([fact.equity for fact in facts]),
            positions=fp.decimals_to_units([_positions(fact) for fact in facts]),
            notional=fp.decimals_to_units([fact.notional for fact in facts]),
            reserved_notional=fp.decimals_to_units([fact.reserved_notional for fact in facts]),
            open_risk=fp.decimals_to_units([fact.open_risk for fact in facts]),
            reserved_risk=fp.decimals_to_units([fact.reserved_risk for fact in facts]),
            asset_notional=fp.decimals_to_units([fact.asset_notional for fact in facts]),
            day_start_equity=fp.decimals_to_units([day.start_equity if day else None for day in days]),
            day_deposits=fp.decimals_to_units([day.deposits if day else None for day in days]),
            day_withdrawals=fp.decimals_to_units([day.withdrawals if day else None for day in days]),
            day_tripped=np.array([day is not None and day.tripped for day in days], dtype=np.bool_),
            limits=LimitColumns.of(limits),
        )


@dataclass(frozen=True, slots=True)
class ReviewColumns(_Taking):
    """Everything that `breach_masks` decides on, one element per order. `symbol_is_open` is 1, 0 or -1
    where it is not known; a price that is not there is NaN."""

    sign: FloatColumn
    signal_price: FloatColumn
    entry_price: FloatColumn
    stop_price: FloatColumn
    target_price: FloatColumn
    mark_price: FloatColumn
    price_age_seconds: IntColumn
    confidence: IntColumn
    expires_at_ms: IntColumn
    market_ms: IntColumn
    quantity: IntColumn
    notional: IntColumn
    margin: IntColumn
    risk_amount: IntColumn
    slippage_allowance: FloatColumn
    instrument_known: BoolColumn
    quantity_step: IntColumn
    min_quantity: IntColumn
    contract_size: FloatColumn
    fee_rate: FloatColumn
    platform_state: IntColumn
    venue_state: IntColumn
    free_margin: IntColumn
    reserved_margin: IntColumn
    balance_age_seconds: IntColumn
    symbol_is_open: IntColumn
    user: ScopeColumns
    wallet: ScopeColumns
    per_trade: LimitColumns

    @staticmethod
    def of(rows: Sequence[ReviewRow], limits: Sequence[LimitLevels]) -> "ReviewColumns":
        """Return the columns of the rows; limits that several rows share are merged once."""
        merged = {key: level.per_trade() for key, level in zip(map(id, limits), limits, strict=True)}
        of_user = {key: level.of_user() for key, level in zip(map(id, limits), limits, strict=True)}
        intents = [row.intent for row in rows]
        sizes = [row.intent.size for row in rows]
        markets = [row.market for row in rows]
        wallets = [row.wallet for row in rows]
        instruments = [market.instrument for market in markets]
        one = Decimal(1)
        return ReviewColumns(
            sign=_floats([intent.side.sign for intent in intents]),
            signal_price=_floats([intent.signal_price for intent in intents]),
            entry_price=_floats([intent.entry_price for intent in intents]),
            stop_price=_floats([intent.stop_price for intent in intents]),
            target_price=_floats([intent.take_profit_price for intent in intents]),
            mark_price=_floats([market.mark_price for market in markets]),
            price_age_seconds=fp.floats_to_units(_floats([market.price_age_seconds for market in markets])),
            confidence=fp.decimals_to_units([intent.signal_confidence for intent in intents]),
            expires_at_ms=np.array([intent.expires_at_ms for intent in intents], dtype=np.int64),
            market_ms=np.array([market.market_ms for market in markets], dtype=np.int64),
            quantity=fp.decimals_to_units([size.quantity for size in sizes]),
            notional=fp.decimals_to_units([size.notional for size in sizes]),
            margin=fp.decimals_to_units([size.margin for size in sizes]),
            risk_amount=fp.decimals_to_units([size.risk_amount for size in sizes]),
            slippage_allowance=_floats([intent.slippage_allowance_fraction for intent in intents]),
            instrument_known=np.array([held is not None for held in instruments], dtype=np.bool_),
            quantity_step=fp.decimals_to_units([held.quantity_step if held else one for held in instruments]),
            min_quantity=fp.decimals_to_units([held.min_quantity if held else one for held in instruments]),
            contract_size=_floats([held.contract_size if held else 1 for held in instruments]),
            fee_rate=_floats([held.taker_fee_rate if held else 0 for held in instruments]),
            platform_state=_states([market.platform_state for market in markets]),
            venue_state=_states([market.venue_state for market in markets]),
            free_margin=fp.decimals_to_units([wallet.free_margin for wallet in wallets]),
            reserved_margin=fp.decimals_to_units([wallet.reserved_margin for wallet in wallets]),
            balance_age_seconds=fp.floats_to_units(_floats([w.balance_age_seconds for w in wallets])),
            symbol_is_open=np.array([_tristate(w.symbol_is_open) for w in wallets], dtype=np.int64),
            user=ScopeColumns.of([row.user for row in rows], [of_user[id(level)] for level in limits]),
            wallet=ScopeColumns.of(wallets, [level.of_wallet() for level in limits]),
            per_trade=LimitColumns.of([merged[id(level)] for level in limits]),
        )


def _floats(values: Sequence[Decimal | float | None]) -> FloatColumn:
    return np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)


def _states(states: Sequence[TradingState | None]) -> IntColumn:
    codes = [STATE_UNKNOWN if state is None else _STATE_CODES[state] for state in states]
    return np.array(codes, dtype=np.int64)


def _positions(facts: ScopeFacts) -> Decimal | None:
    if facts.open_positions is None or facts.pending_entries is None:
        return None
    return Decimal(facts.open_positions + facts.pending_entries)


def _tristate(known: bool | None) -> int:
    return -1 if known is None else int(known)
