"""The figures of a refusal: which limit, which value, in the unit that a person reads."""

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from app.domain import fixed_point as fp
from app.domain.breaches import Breach, BreachDetail, breach_detail
from app.domain.elementwise import higher_price, lower_price
from app.domain.fixed_point import FloatColumn, IntColumn
from app.domain.hours_columns import opening_of, seconds_until_funding, skipped_minutes_of
from app.domain.limit_checks import Check
from app.domain.limit_measures import ReviewedOrder
from app.domain.limit_rules import RULE_OF, LimitRule
from app.domain.order_amounts import OrderAmounts, stop_distance_fraction, total
from app.domain.position_size import SizeRefusal
from app.domain.review_columns import LEVELS, WALLET, ReviewColumns
from app.domain.risk_facts import OrderIntent, ReviewRow
from app.domain.trading_hours import moment
from app.domain.types import RiskLevel

Figures = tuple[Decimal | None, Decimal | None]  # limit, value
_SHOWN: Final = Decimal("1e-8")


def describe(check: Check, row: ReviewRow, order: ReviewedOrder) -> BreachDetail:
    """Return the breach of one row, reviewed as that order, with its sentence and figures."""
    (code, level), intent, instrument = check, row.intent, order.columns.instrument
    rule = RULE_OF.get(code)
    if rule is not None:
        limit, value = _limit_figures(rule, order, level)
    elif code is Breach.RISK_REWARD_UNKNOWN:  # its sentence names the minimum that cannot be met
        limit, value = _shown_limit(RULE_OF[Breach.RISK_REWARD], order, None), None
    elif code is Breach.FUNDING_TOO_NEAR and level is not None:
        limit = Decimal(skipped_minutes_of(row, level))
        value = _shown(Decimal(seconds_until_funding(row)) / 60)
    elif level is None:
        limit, value = _order_figures(code, order, intent)
    else:
        limit, value = None, _equity_at(order, level) if code is Breach.EQUITY_UNKNOWN else None
    return breach_detail(
        code,
        intent.symbol,
        limit=limit,
        value=value,
        scope=level,
        note=_note(intent) if level is None else _note_of_level(code, row, level),
        price_tick=_price(order.of(instrument.price_tick)) if bool(order.of(instrument.known)) else None,
    )


def _note_of_level(code: Breach, row: ReviewRow, level: RiskLevel) -> str:
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


def _limit_figures(rule: LimitRule, order: ReviewedOrder, level: RiskLevel | None) -> Figures:
    """Return the limit, and what is used of it, both as stored: a fraction of a base in percent."""
    at = None if level is None else LEVELS.index(level)
    used, factor = fp.from_column(order.measured(rule.shown or rule.used, at)), rule.declared.shown_factor
    if rule.base is None:
        value = None if used is None else _shown(used * factor)
    else:
        value = _ratio(used, fp.from_column(order.measured(rule.base, at)), factor)
    return _shown_limit(rule, order, at), value


def _shown_limit(rule: LimitRule, order: ReviewedOrder, at: int | None) -> Decimal | None:
    limit = fp.from_column(order.limit(rule.declared.field, at))
    return None if limit is None else _shown(limit * rule.declared.shown_factor)


def _equity_at(order: ReviewedOrder, level: RiskLevel) -> Decimal | None:
    return fp.from_column(order.measured(_equity, LEVELS.index(level)))


def _equity(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    return columns.scopes.equity


def _margin_needed(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    return total(amounts.margin, columns.level(WALLET).reserved_margin)


def _shown(figure: Decimal) -> Decimal:
    return figure.quantize(_SHOWN, ROUND_HALF_EVEN)


def _amount(units: IntColumn) -> Decimal | None:
    return fp.from_column(int(units))


def _price(element: FloatColumn) -> Decimal | None:
    price = float(element)
    return Decimal(repr(price)) if math.isfinite(price) else None


def _ratio(part: Decimal | None, whole: Decimal | None, factor: int) -> Decimal | None:
    """Return part / whole x factor; None where it is not defined."""
    if part is None or whole is None or whole == 0:
        return None
    return _shown(part / whole * factor)


def _order_figures(code: Breach, order: ReviewedOrder, intent: OrderIntent) -> Figures:
    """Return limit and value of a breach that is no declared limit's."""
    columns, of = order.columns, order.of
    match code:
        case Breach.SIGNAL_EXPIRED:
            return None, Decimal(int(of(columns.market_ms) - of(columns.expires_at_ms))) / 1000
        case Breach.STOP_WRONG_SIDE:
            return _nearest(order, winning=False), _finite(intent.stop_price)
        case Breach.TARGET_WRONG_SIDE:
            return _nearest(order, winning=True), _finite(intent.take_profit_price)
        case Breach.STOP_OFF_TICK:
            return _price(of(columns.instrument.price_tick)), _finite(intent.stop_price)
        case Breach.STOP_OUTSIDE_VENUE_BOUNDS:
            return _trigger_bound(order)
        case Breach.QUANTITY_ZERO:
            return None, _finite(intent.size.quantity)
        case Breach.QUANTITY_UNDER_STEP:
            return _amount(of(columns.instrument.quantity_step)), _finite(intent.size.quantity)
        case Breach.MARGIN_INSUFFICIENT:
            needed = fp.from_column(order.measured(_margin_needed, None))
            return _amount(of(columns.free_margin)), needed
        case Breach.PYRAMIDING_NOT_IN_PROFIT:
            return _price(of(columns.held.entry_price)), _price(of(columns.mark_price))
        case Breach.PYRAMIDING_STOP_AT_RISK:
            return None, _amount(of(columns.held.risk))
        case _:
            return None, None


def _finite(figure: Decimal | None) -> Decimal | None:
    return figure if figure is not None and figure.is_finite() else None


def _nearest(order: ReviewedOrder, *, winning: bool) -> Decimal | None:
    """Return the price that a stop must stay behind, or that a target must be beyond."""
    columns, of = order.columns, order.of
    sign, choose = of(columns.sign), higher_price if winning else lower_price
    return _price(sign * choose(sign * of(columns.entry_price), sign * of(columns.mark_price)))


def _trigger_bound(order: ReviewedOrder) -> Figures:
    """Return the venue's bound that the stop is outside of, and the stop's distance, in percent."""
    columns, of = order.columns, order.of
    distance = stop_distance_fraction(of(columns.mark_price), of(columns.stop_price))
    nearest, farthest = of(columns.instrument.nearest_trigger), of(columns.instrument.farthest_trigger)
    bound = _price(nearest if bool(distance < nearest) else farthest)
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


def _opening(row: ReviewRow, level: RiskLevel) -> str:
    """Say when the level's trading hours open next."""
    opens = moment(opening_of(row, level))
    return "no opening is known" if opens is None else f"they open at {opens:%Y-%m-%d %H:%M} UTC"


def _note(intent: OrderIntent) -> str:
    size = intent.size
    if size.refusal is None:
        return "nothing was asked for"
    reason = _SIZE_REFUSALS[size.refusal]
    return reason if size.binding_cap is None else f"{reason}; {size.binding_cap.value} bound"
