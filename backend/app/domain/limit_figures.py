"""The figures of a refusal: which limit, which value, in the unit that a person reads."""

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np

from app.domain import fixed_point as fp
from app.domain.breaches import Breach, BreachDetail, breach_detail
from app.domain.fixed_point import FloatColumn, IntColumn
from app.domain.hours_columns import HOURS_LEVELS
from app.domain.limit_checks import Check
from app.domain.limit_rules import RULE_OF, LimitRule
from app.domain.order_amounts import order_amounts, stop_distance_fraction, total
from app.domain.position_size import SizeRefusal
from app.domain.review_columns import LEVELS, WALLET, ReviewColumns
from app.domain.risk_facts import OrderIntent
from app.domain.trading_hours import moment
from app.domain.types import RiskLevel

Figures = tuple[Decimal | None, Decimal | None]  # limit, value
_SHOWN: Final = Decimal("1e-8")


def describe(check: Check, intent: OrderIntent, row: ReviewColumns) -> BreachDetail:
    """Return the breach of one row, whose columns are alone, with its sentence and figures."""
    code, level = check
    rule = RULE_OF.get(code)
    if rule is not None:
        limit, value = _limit_figures(rule, row, level)
    elif code is Breach.RISK_REWARD_UNKNOWN:  # its sentence names the minimum that cannot be met
        limit, value = _limit_figures(RULE_OF[Breach.RISK_REWARD], row, level)[0], None
    elif code is Breach.FUNDING_TOO_NEAR and level is not None:
        minutes = row.funding_minutes[:, 0]
        limit, value = (
            Decimal(int(minutes[HOURS_LEVELS.index(level)])),
            _shown(Decimal(int(minutes[-1])) / 60),
        )
    elif level is None:
        limit, value = _order_figures(code, row, intent)
    else:
        limit, value = None, _equity(row, level) if code is Breach.EQUITY_UNKNOWN else None
    return breach_detail(
        code,
        intent.symbol,
        limit=limit,
        value=value,
        scope=level,
        note=_note(intent) if level is None else _note_of_level(code, row, level),
        price_tick=_price(row.instrument.price_tick) if bool(row.instrument.known[0]) else None,
    )


def _note_of_level(code: Breach, row: ReviewColumns, level: RiskLevel) -> str:
    """What a sentence about one level adds: when trading opens again, or why it may be off."""
    match code:
        case Breach.OUTSIDE_TRADING_HOURS:
            return _opening(row, level)
        case Breach.TRADING_NOT_ACTIVE if level is RiskLevel.WALLET:
            return "it is switched off, halted, held back or (real money) not armed; its page says which"
        case Breach.TRADING_NOT_ACTIVE:
            return "it is halted or takes no entries; the breakers of the risk page say since when and why"
        case _:
            return ""


def _limit_figures(rule: LimitRule, row: ReviewColumns, level: RiskLevel | None) -> Figures:
    """Return the limit, and what is used of it, both as stored: a fraction of a base in percent."""
    declared, amounts = rule.declared, order_amounts(row)
    if level is None:
        at = None
        units = int(row.limits.per_trade(declared.field, row.limit_set)[0])
    else:
        at = LEVELS.index(level)
        units = int(row.limits.at_levels(declared.field, row.limit_set)[at, 0])
    used = _element((rule.shown or rule.used)(row, amounts), at)
    if rule.base is None:
        value = None if used is None else _shown(used * declared.shown_factor)
    else:
        value = _ratio(used, _element(rule.base(row, amounts), at), declared.shown_factor)
    limit = fp.from_column(units)
    return None if limit is None else _shown(limit * declared.shown_factor), value


def _element(column: IntColumn, at: int | None) -> Decimal | None:
    return fp.from_column(int(column[0] if at is None else column[at, 0]))


def _equity(row: ReviewColumns, level: RiskLevel) -> Decimal | None:
    return fp.from_column(int(row.scopes.equity[LEVELS.index(level), 0]))


def _shown(figure: Decimal) -> Decimal:
    return figure.quantize(_SHOWN, ROUND_HALF_EVEN)


def _amount(column: IntColumn) -> Decimal | None:
    return fp.from_column(int(column[0]))


def _price(column: FloatColumn) -> Decimal | None:
    price = float(column[0])
    return Decimal(repr(price)) if math.isfinite(price) else None


def _ratio(part: Decimal | None, whole: Decimal | None, factor: int) -> Decimal | None:
    """Return part / whole x factor; None where it is not defined."""
    if part is None or whole is None or whole == 0:
        return None
    return _shown(part / whole * factor)


def _order_figures(code: Breach, row: ReviewColumns, intent: OrderIntent) -> Figures:
    """Return limit and value of a breach that is no declared limit's."""
    match code:
        case Breach.SIGNAL_EXPIRED:
            return None, Decimal(int(row.market_ms[0] - row.expires_at_ms[0])) / 1000
        case Breach.STOP_WRONG_SIDE:
            return _nearest(row, winning=False), _finite(intent.stop_price)
        case Breach.TARGET_WRONG_SIDE:
            return _nearest(row, winning=True), _finite(intent.take_profit_price)
        case Breach.STOP_OFF_TICK:
            return _price(row.instrument.price_tick), _finite(intent.stop_price)
        case Breach.STOP_OUTSIDE_VENUE_BOUNDS:
            return _trigger_bound(row)
        case Breach.QUANTITY_ZERO:
            return None, _finite(intent.size.quantity)
        case Breach.QUANTITY_UNDER_STEP:
            return _amount(row.instrument.quantity_step), _finite(intent.size.quantity)
        case Breach.MARGIN_INSUFFICIENT:
            needed = total(order_amounts(row).margin, row.scopes.reserved_margin[WALLET])
            return _amount(row.free_margin), _amount(needed)
        case Breach.PYRAMIDING_NOT_IN_PROFIT:
            return _price(row.held.entry_price), _price(row.mark_price)
        case Breach.PYRAMIDING_STOP_AT_RISK:
            return None, _amount(row.held.risk)
        case _:
            return None, None


def _finite(figure: Decimal | None) -> Decimal | None:
    return figure if figure is not None and figure.is_finite() else None


def _nearest(row: ReviewColumns, *, winning: bool) -> Decimal | None:
    """Return the price that a stop must stay behind, or that a target must be beyond."""
    choose = np.fmax if winning else np.fmin
    return _price(row.sign * choose(row.sign * row.entry_price, row.sign * row.mark_price))


def _trigger_bound(row: ReviewColumns) -> Figures:
    """Return the venue's bound that the stop is outside of, and the stop's distance, in percent."""
    distance = stop_distance_fraction(row)
    near = bool((distance < row.instrument.nearest_trigger)[0])
    bound = _price(row.instrument.nearest_trigger if near else row.instrument.farthest_trigger)
    value = _price(distance)
    return (None if bound is None else _shown(bound * 100)), (None if value is None else _shown(value * 100))


_SIZE_REFUSALS: Final = {
    SizeRefusal.EQUITY_UNKNOWN: "equity is not known or not above zero",
    SizeRefusal.FREE_MARGIN_UNKNOWN: "free margin is not known",
    SizeRefusal.EXPOSURE_UNKNOWN: "what the wallet already holds is not known",
    SizeRefusal.STOP_WRONG_SIDE: "the stop is not on the losing side of the entry",
    SizeRefusal.FIXED_AMOUNT_MISSING: "the fixed amount is not set",
    SizeRefusal.CONFIDENCE_UNKNOWN: "the signal's confidence is not known",
    SizeRefusal.VOLATILITY_UNKNOWN: "the symbol's volatility is not known",
    SizeRefusal.NEGATIVE_EDGE: "the strategy's edge is proven negative",
    SizeRefusal.EDGE_NOT_PROVEN: "the strategy's edge is not proven",
    SizeRefusal.INSTRUMENT_UNKNOWN: "the venue has no such instrument",
    SizeRefusal.CAPPED_TO_ZERO: "a cap leaves nothing",
    SizeRefusal.UNDER_MIN_QUANTITY: "less than the venue's smallest quantity",
    SizeRefusal.UNDER_MIN_NOTIONAL: "less than the venue's smallest notional",
}


def _opening(row: ReviewColumns, level: RiskLevel) -> str:
    """Say when the level's trading hours open next."""
    opens = moment(int(row.opens_ms[HOURS_LEVELS.index(level), 0]) or None)
    return "no opening is known" if opens is None else f"they open at {opens:%Y-%m-%d %H:%M} UTC"


def _note(intent: OrderIntent) -> str:
    size = intent.size
    if size.refusal is None:
        return "nothing was asked for"
    reason = _SIZE_REFUSALS[size.refusal]
    return reason if size.binding_cap is None else f"{reason}; {size.binding_cap.value} bound"
