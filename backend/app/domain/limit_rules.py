"""How each declared limit is measured: what is used, of which base, and what a person is shown.

One rule per refusal. A limit that is a fraction is multiplied by its base; the product meets what is used in
fixed point, so that a loss of exactly the limit is one.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.domain import fixed_point as fp
from app.domain import order_amounts as use
from app.domain.breaches import Breach
from app.domain.elementwise import float_where, negated, rounded, where
from app.domain.fixed_point import BoolColumn, IntColumn
from app.domain.limit_table import LIMITS, Aggregation, LimitDeclaration, Refuses
from app.domain.order_amounts import OrderAmounts
from app.domain.review_columns import WALLET, ReviewColumns, ScopeColumns, WindowColumns

Measure = Callable[[ReviewColumns, OrderAmounts], IntColumn]
Crosses = Callable[[IntColumn, IntColumn], BoolColumn]
"""(used, threshold) -> where the limit is crossed."""
Threshold = Callable[[IntColumn, IntColumn], IntColumn]
"""(base, fraction) -> the most that may be used, or the least that reaches a loss limit or a minimum."""
_WindowOf = Callable[[ScopeColumns], WindowColumns]
_CROSSES: Final[dict[Refuses, Crosses]] = {
    Refuses.ABOVE: operator.gt,
    Refuses.AT: operator.ge,
    Refuses.BELOW: operator.lt,
}


@dataclass(frozen=True, slots=True)
class LimitRule:
    """The rule of one refusal: per order, or per level and order for an aggregate. `base` is what a fraction
    is of, None for a limit that is an amount itself; `shown` replaces `used` in the sentence. Where the base
    must be above zero and is not, nothing is compared: the missing equity refuses by itself."""

    declared: LimitDeclaration
    breach: Breach
    refuses: Refuses
    used: Measure
    base: Measure | None = None
    shown: Measure | None = None
    is_aggregate: bool = field(init=False)
    crosses: Crosses = field(init=False)
    threshold: Threshold = field(init=False)

    def __post_init__(self) -> None:
        """Note what every order is asked with, so that it is looked up once."""
        object.__setattr__(self, "is_aggregate", self.declared.aggregation is Aggregation.AGGREGATE)
        object.__setattr__(self, "crosses", _CROSSES[self.refuses])
        is_usage = self.refuses is Refuses.ABOVE
        object.__setattr__(self, "threshold", fp.scaled_limit if is_usage else fp.scaled_limit_ceil)

    @property
    def base_unknown(self) -> Breach:
        """The refusal where the base is not there."""
        of_equity = self.base in (_equity, _wallet_equity)
        return Breach.EQUITY_UNKNOWN if of_equity else self.declared.unknown


def _equity(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    return use.positive(columns.scopes.equity)


def _wallet_equity(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    return use.positive(columns.level(WALLET).equity)


def _position_notional(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    """The position's notional with this order; what it adds to counts."""
    return where(columns.adds, use.total(columns.held.notional, amounts.notional), amounts.notional)


def _position_risk(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    return where(columns.adds, use.total(columns.held.risk, amounts.risk), amounts.risk)


def _position_lots(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    held = where(columns.adds, use.total(columns.held.quantity, columns.quantity), columns.quantity)
    lots = fp.units_to_floats(held) / fp.units_to_floats(use.positive(columns.instrument.lot_size))
    return where(fp.is_known(held), fp.floats_to_units(lots), held)


def _additions(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    """The position's additions with this one; an order that adds to nothing is none."""
    is_step = columns.ladder_step > 0
    return where(columns.adds & negated(is_step), _with_this(columns.held.additions), 0)


def _wallet_heat(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    wallet = columns.level(WALLET)
    return use.total(wallet.notional, wallet.reserved_notional, amounts.notional)


def _stop_ticks(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    tick = float_where(columns.instrument.price_tick > 0, columns.instrument.price_tick, math.nan)
    return fp.floats_to_units(rounded(use.stop_distance(columns.mark_price, columns.stop_price) / tick, 6))


def _stop_fraction(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    return fp.floats_to_units(use.stop_distance_fraction(columns.mark_price, columns.stop_price))


def _beyond_stop(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    """How far beyond the stop liquidation lies, of the entry price; below zero where it comes first."""
    known = (columns.entry_price > 0) & (columns.stop_price > 0) & (columns.liquidation_price >= 0)
    entry = float_where(known, columns.entry_price, math.nan)
    return fp.floats_to_units(columns.sign * (columns.stop_price - columns.liquidation_price) / entry)


def _peg_deviation(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    return fp.floats_to_units(abs(columns.quote_usd_price - 1.0))


def _reward(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    return use.reward_at_targets(columns)


def _loss_at_stop(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    return use.loss_at_stop(columns)


def _positions(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    return use.total(columns.scopes.positions, amounts.positions)


def _wallet_positions(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    """The wallet's positions with this order, at every level."""
    return columns.scopes.at_every_level(use.total(columns.level(WALLET).positions, amounts.positions))


def _positions_in_strategy(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    return use.total(columns.scopes.positions_in_strategy, amounts.positions)


def _positions_in_symbol(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    return use.total(columns.scopes.positions_in_symbol, amounts.positions)


def _with_this(counted: IntColumn) -> IntColumn:
    """One more."""
    return where(fp.is_known(counted), counted + fp.SCALE, fp.UNKNOWN)


def _day(scopes: ScopeColumns) -> WindowColumns:
    return scopes.day


def _week(scopes: ScopeColumns) -> WindowColumns:
    return scopes.week


def _month(scopes: ScopeColumns) -> WindowColumns:
    return scopes.month


def _loss(window: _WindowOf) -> Measure:
    return lambda columns, _amounts: use.window_loss_units(columns.scopes, window(columns.scopes))


def _loss_base(window: _WindowOf) -> Measure:
    return lambda columns, _amounts: use.window_base_units(window(columns.scopes))


def _loss_budget(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    """The day's loss if everything pending and this order were stopped out."""
    scopes = columns.scopes
    return use.total(use.window_loss_units(scopes, scopes.day), scopes.reserved_risk, amounts.risk)


_DAY_LOSS, _DAY_BASE = _loss(_day), _loss_base(_day)
_WEEK_LOSS, _WEEK_BASE = _loss(_week), _loss_base(_week)
_MONTH_LOSS, _MONTH_BASE = _loss(_month), _loss_base(_month)
_MEASURES: Final[dict[Breach, tuple[Measure, Measure | None]]] = {
    Breach.MAX_POSITION_SIZE_USD: (_position_notional, None),
    Breach.MAX_POSITION_SIZE_PERCENT: (_position_notional, _wallet_equity),
    Breach.MAX_POSITION_SIZE_LOTS: (_position_lots, None),
    Breach.MAX_RISK_PER_TRADE: (_position_risk, _wallet_equity),
    Breach.MAX_ORDER_NOTIONAL: (lambda _columns, amounts: amounts.notional, None),
    Breach.MAX_LEVERAGE: (_wallet_heat, _wallet_equity),
    Breach.MAX_ADDS_PER_TRADE: (_additions, None),
    Breach.MAX_DCA_STEPS: (lambda columns, _amounts: columns.ladder_step, None),
    Breach.SIGNAL_CONFIDENCE: (lambda columns, _amounts: columns.confidence, None),
    Breach.RISK_REWARD: (_reward, _loss_at_stop),
    Breach.PRICE_STALE: (lambda columns, _amounts: columns.price_age_seconds, None),
    Breach.BALANCE_STALE: (lambda columns, _amounts: columns.balance_age_seconds, None),
    Breach.PRICE_MOVED: (lambda columns, _amounts: use.entry_slippage(columns), None),
    Breach.STOP_TOO_NEAR: (_stop_ticks, None),
    Breach.STOP_TOO_FAR: (_stop_fraction, None),
    Breach.LIQUIDATION_NEAR: (_beyond_stop, None),
    Breach.PEG_BROKEN: (_peg_deviation, None),
    Breach.PORTFOLIO_HEAT: (use.heat, _equity),
    Breach.OPEN_RISK: (use.open_risk, _equity),
    Breach.MARGIN_UTILISATION: (use.margin_in_use, _equity),
    Breach.SINGLE_ASSET_EXPOSURE: (
        lambda columns, amounts: use.total(columns.scopes.asset_notional, amounts.notional),
        _equity,
    ),
    Breach.MAX_OPEN_POSITIONS: (_positions, None),
    Breach.MAX_POSITIONS_PER_WALLET: (_wallet_positions, None),
    Breach.MAX_POSITIONS_PER_STRATEGY: (_positions_in_strategy, None),
    Breach.MAX_POSITIONS_PER_SYMBOL: (_positions_in_symbol, None),
    Breach.CORRELATED_POSITIONS: (lambda columns, _amounts: columns.scopes.correlated, None),
    Breach.DAILY_LOSS_USD: (_DAY_LOSS, None),
    Breach.DAILY_LOSS_PERCENT: (_DAY_LOSS, _DAY_BASE),
    Breach.DAILY_LOSS_BUDGET_USD: (_loss_budget, None),
    Breach.DAILY_LOSS_BUDGET_PERCENT: (_loss_budget, _DAY_BASE),
    Breach.WEEKLY_LOSS_USD: (_WEEK_LOSS, None),
    Breach.WEEKLY_LOSS_PERCENT: (_WEEK_LOSS, _WEEK_BASE),
    Breach.MONTHLY_LOSS_USD: (_MONTH_LOSS, None),
    Breach.MONTHLY_LOSS_PERCENT: (_MONTH_LOSS, _MONTH_BASE),
    Breach.MAX_DRAWDOWN: (use.drawdown, lambda columns, _amounts: use.positive(columns.scopes.peak_equity)),
    Breach.CONSECUTIVE_LOSSES: (lambda columns, _amounts: columns.scopes.consecutive_losses, None),
    Breach.MAX_TRADES_PER_DAY: (
        lambda columns, _amounts: _with_this(columns.scopes.trades_today),
        None,
    ),
    Breach.ORDER_RATE: (
        lambda columns, _amounts: _with_this(columns.scopes.orders_last_minute),
        None,
    ),
    Breach.COOLDOWN_AFTER_EXIT: (lambda columns, _amounts: columns.scopes.exit_minutes, None),
    Breach.COOLDOWN_AFTER_LOSS: (lambda columns, _amounts: columns.scopes.loss_minutes, None),
}
# A count is shown as it stands before the order.
_SHOWN: Final[dict[Breach, Measure]] = {
    Breach.MAX_OPEN_POSITIONS: lambda columns, _amounts: columns.scopes.positions,
    Breach.MAX_POSITIONS_PER_WALLET: lambda columns, _amounts: columns.scopes.at_every_level(
        columns.level(WALLET).positions
    ),
    Breach.MAX_POSITIONS_PER_STRATEGY: lambda columns, _amounts: columns.scopes.positions_in_strategy,
    Breach.MAX_POSITIONS_PER_SYMBOL: lambda columns, _amounts: columns.scopes.positions_in_symbol,
}
# The budget is a usage: what may still be lost, up to the limit and not at it.
_BUDGETS: Final = frozenset({Breach.DAILY_LOSS_BUDGET_USD, Breach.DAILY_LOSS_BUDGET_PERCENT})


def _rule(declared: LimitDeclaration, breach: Breach) -> LimitRule:
    used, base = _MEASURES[breach]
    refuses = Refuses.ABOVE if breach in _BUDGETS else declared.refuses
    return LimitRule(declared, breach, refuses, used, base, _SHOWN.get(breach))


RULES: Final = tuple(
    _rule(declared, breach)
    for declared in LIMITS
    if declared.field != "max_correlation"  # the threshold of another limit
    for breach in declared.breaches
)
RULE_OF: Final = {rule.breach: rule for rule in RULES}
