"""The figures of a refusal: which limit, which value, in the unit that a person reads."""

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np

from app.domain import fixed_point as fp
from app.domain.breaches import Breach, BreachDetail, breach_detail
from app.domain.fixed_point import FloatColumn, IntColumn
from app.domain.limit_checks import Check, day_base, day_loss, entry_slippage, order_amounts
from app.domain.position_size import SizeRefusal
from app.domain.review_columns import LimitColumns, ReviewColumns, ScopeColumns
from app.domain.risk_facts import OrderIntent
from app.domain.trade_costs import loss_per_unit, reward_per_unit, reward_to_risk
from app.domain.types import RiskLevel

Figures = tuple[Decimal | None, Decimal | None]  # limit, value
_NONE: Final[Figures] = (None, None)
_SHOWN: Final = Decimal("1e-8")
_LIMIT_FIELD: Final = {
    Breach.SIGNAL_CONFIDENCE: ("min_signal_confidence", 1),
    Breach.RISK_REWARD: ("min_risk_reward_ratio", 1),
    Breach.RISK_REWARD_UNKNOWN: ("min_risk_reward_ratio", 1),
    Breach.MAX_ORDER_NOTIONAL: ("max_order_notional_usd", 1),
    Breach.MAX_POSITION_SIZE_USD: ("max_position_size_usd", 1),
    Breach.MAX_POSITION_SIZE_PERCENT: ("max_position_size_fraction", 100),
    Breach.MAX_LEVERAGE: ("max_leverage", 1),
    Breach.MAX_OPEN_POSITIONS: ("max_open_positions", 1),
    Breach.PORTFOLIO_HEAT: ("max_portfolio_heat_fraction", 100),
    Breach.OPEN_RISK: ("max_open_risk_fraction", 100),
    Breach.SINGLE_ASSET_EXPOSURE: ("max_single_asset_exposure_fraction", 100),
    Breach.DAILY_LOSS_USD: ("max_daily_loss_usd", 1),
    Breach.DAILY_LOSS_PERCENT: ("max_daily_loss_fraction", 100),
    Breach.PRICE_STALE: ("max_price_age_seconds", 1),
    Breach.PRICE_MOVED: ("max_entry_slippage_fraction", 10_000),
    Breach.BALANCE_STALE: ("max_balance_age_seconds", 1),
}


def describe(check: Check, intent: OrderIntent, columns: ReviewColumns, index: int) -> BreachDetail:
    """Return the breach of one row with its sentence and figures."""
    code, scope = check
    row = columns.take(np.array([index]))
    if scope is None:
        limit, value = _order_figures(code, row, intent)
        held = row.per_trade
    else:
        facts = row.user if scope is RiskLevel.USER else row.wallet
        limit, value = None, _scope_value(code, facts, row)
        held = facts.limits
    if code in _LIMIT_FIELD:
        limit = _limit(held, *_LIMIT_FIELD[code])
    return breach_detail(code, intent.symbol, limit=limit, value=value, scope=scope, note=_note(intent))


def _limit(limits: LimitColumns, field: str, factor: int) -> Decimal | None:
    units = int(getattr(limits, field)[0])
    return None if units == fp.NO_LIMIT else _shown(fp.from_units(units) * factor)


def _shown(figure: Decimal) -> Decimal:
    return figure.quantize(_SHOWN, ROUND_HALF_EVEN)


def _amount(column: IntColumn) -> Decimal | None:
    return fp.from_column(int(column[0]))


def _price(column: FloatColumn) -> Decimal | None:
    price = float(column[0])
    return None if math.isnan(price) else Decimal(repr(price))


def _ratio(part: Decimal | None, whole: Decimal | None, factor: int = 1) -> Decimal | None:
    """Return part / whole x factor; None where it is not defined."""
    if part is None or whole is None or whole == 0:
        return None
    return _shown(part / whole * factor)


def _total(*columns: IntColumn) -> Decimal | None:
    total = Decimal(0)
    for column in columns:
        amount = _amount(column)
        if amount is None:
            return None
        total += amount
    return total


def _order_figures(code: Breach, row: ReviewColumns, intent: OrderIntent) -> Figures:
    """Return limit (only where it is no RiskLimits field) and value of a per-trade breach."""
    amounts = order_amounts(row)
    wallet = row.wallet
    values: dict[Breach, Figures] = {
        Breach.SIGNAL_EXPIRED: (None, Decimal(int(row.market_ms[0] - row.expires_at_ms[0])) / 1000),
        Breach.SIGNAL_CONFIDENCE: (None, intent.signal_confidence),
        Breach.STOP_WRONG_SIDE: (_nearest(row, winning=False), intent.stop_price),
        Breach.TARGET_WRONG_SIDE: (_nearest(row, winning=True), intent.take_profit_price),
        Breach.RISK_REWARD: (None, _risk_reward(row)),
        Breach.QUANTITY_ZERO: (None, intent.size.quantity),
        Breach.QUANTITY_UNDER_STEP: (_amount(row.quantity_step), intent.size.quantity),
        Breach.MAX_ORDER_NOTIONAL: (None, _amount(amounts.notional)),
        Breach.MAX_POSITION_SIZE_USD: (None, _amount(amounts.notional)),
        Breach.MAX_POSITION_SIZE_PERCENT: (
            None,
            _ratio(_amount(amounts.notional), _amount(wallet.equity), 100),
        ),
        Breach.MAX_LEVERAGE: (
            None,
            _ratio(
                _total(wallet.notional, wallet.reserved_notional, amounts.notional), _amount(wallet.equity)
            ),
        ),
        Breach.PRICE_STALE: (None, _amount(row.price_age_seconds)),
        Breach.PRICE_MOVED: (None, _ratio(_amount(entry_slippage(row)), Decimal(1), 10_000)),
        Breach.BALANCE_STALE: (None, _amount(row.balance_age_seconds)),
        Breach.MARGIN_INSUFFICIENT: (
            _amount(row.free_margin),
            _total(amounts.margin, row.reserved_margin),
        ),
    }
    return values.get(code, _NONE)


def _risk_reward(row: ReviewColumns) -> Decimal | None:
    """Return reward-to-risk net of costs, as the check sees it."""
    costs = (row.fee_rate, row.slippage_allowance)
    reward = reward_per_unit(row.sign, row.entry_price, row.target_price, *costs)
    ratio = _price(reward_to_risk(reward, loss_per_unit(row.entry_price, row.stop_price, *costs)))
    return None if ratio is None else _shown(ratio)


def _nearest(row: ReviewColumns, *, winning: bool) -> Decimal | None:
    """Return the price that a stop must stay behind, or that a target must be beyond."""
    choose = np.fmax if winning else np.fmin
    return _price(row.sign * choose(row.sign * row.entry_price, row.sign * row.mark_price))


def _scope_value(code: Breach, facts: ScopeColumns, row: ReviewColumns) -> Decimal | None:
    equity = _amount(facts.equity)
    amounts = order_amounts(row)
    match code:
        case Breach.MAX_OPEN_POSITIONS:
            return _amount(facts.positions)
        case Breach.PORTFOLIO_HEAT:
            return _ratio(_total(facts.notional, facts.reserved_notional, amounts.notional), equity, 100)
        case Breach.OPEN_RISK:
            return _ratio(_total(facts.open_risk, facts.reserved_risk, amounts.risk), equity, 100)
        case Breach.SINGLE_ASSET_EXPOSURE:
            return _ratio(_total(facts.asset_notional, amounts.notional), equity, 100)
        case Breach.DAILY_LOSS_USD:
            return _amount(day_loss(facts))
        case Breach.DAILY_LOSS_PERCENT:
            return _ratio(_amount(day_loss(facts)), _amount(day_base(facts)), 100)
        case Breach.EQUITY_UNKNOWN:
            return equity
        case _:
            return None


_SIZE_REFUSALS: Final = {
    SizeRefusal.CONFIDENCE_UNKNOWN: "the signal's confidence is not known",
    SizeRefusal.VOLATILITY_UNKNOWN: "the symbol's volatility is not known",
    SizeRefusal.INSTRUMENT_UNKNOWN: "the venue has no such instrument",
    SizeRefusal.EQUITY_UNKNOWN: "equity is not known or not above zero",
    SizeRefusal.FREE_MARGIN_UNKNOWN: "free margin is not known",
    SizeRefusal.STOP_WRONG_SIDE: "the stop is not on the losing side of the entry",
    SizeRefusal.FIXED_AMOUNT_MISSING: "the fixed amount is not set",
    SizeRefusal.NEGATIVE_EDGE: "the strategy's edge is proven negative",
    SizeRefusal.EDGE_NOT_PROVEN: "the strategy's edge is not proven",
    SizeRefusal.CAPPED_TO_ZERO: "a cap leaves nothing",
    SizeRefusal.UNDER_MIN_QUANTITY: "less than the venue's smallest quantity",
    SizeRefusal.UNDER_MIN_NOTIONAL: "less than the venue's smallest notional",
}


def _note(intent: OrderIntent) -> str:
    size = intent.size
    if size.refusal is None:
        return "nothing was asked for"
    reason = _SIZE_REFUSALS[size.refusal]
    return reason if size.binding_cap is None else f"{reason}; {size.binding_cap.value} bound"
