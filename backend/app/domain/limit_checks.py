"""The checks of a pre-trade review, over columns: where is which limit crossed, which fact missing.

Each check is one comparison in fixed point. An amount that is not known takes no part in comparisons; it
raises its own breach instead. Limits are those of `limit_rules`; the rest are the rules that no number can
switch off.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.domain import fixed_point as fp
from app.domain.breaches import Breach
from app.domain.fixed_point import NO_LIMIT, BoolColumn, IntColumn
from app.domain.limit_rules import RULES, LimitRule, Measure
from app.domain.limit_table import Refuses
from app.domain.order_amounts import (
    OrderAmounts,
    all_known,
    order_amounts,
    stop_distance_fraction,
    total,
)
from app.domain.review_columns import LEVELS, STATE_UNKNOWN, USER, WALLET, ReviewColumns
from app.domain.types import RiskLevel

Check = tuple[Breach, RiskLevel | None]
Masks = dict[Check, BoolColumn]
BLOCK: Final = 2048
_RANK: Final = {code: position for position, code in enumerate(Breach)}
_OUTERMOST: Final = (None, *RiskLevel)
_STATES: Final = (RiskLevel.PLATFORM, RiskLevel.VENUE, RiskLevel.USER, RiskLevel.WALLET)
_BUDGETS: Final = {
    Breach.DAILY_LOSS_BUDGET_USD: Breach.DAILY_LOSS_USD,
    Breach.DAILY_LOSS_BUDGET_PERCENT: Breach.DAILY_LOSS_PERCENT,
}
_TRIPPED: Final = {
    "day": Breach.DAILY_LOSS_TRIPPED,
    "week": Breach.WEEKLY_LOSS_TRIPPED,
    "month": Breach.MONTHLY_LOSS_TRIPPED,
}


def breach_masks(columns: ReviewColumns) -> Masks:
    """Return the mask of every check that any order fails, in the order of `Breach`, outer levels first; an
    order with no True anywhere is approved.

    Many rows are decided in blocks, which stay in the processor's cache.
    """
    count = len(columns.sign)
    found: Masks = {}
    for start in range(0, count, BLOCK):
        rows = slice(start, start + BLOCK)
        for check, mask in _block_masks(columns.take(rows) if count > BLOCK else columns).items():
            if check not in found:
                found[check] = np.zeros(count, dtype=np.bool_)
            found[check][rows] |= mask
    return dict(sorted(found.items(), key=lambda item: (_RANK[item[0][0]], _OUTERMOST.index(item[0][1]))))


def _block_masks(columns: ReviewColumns) -> Masks:
    amounts = order_amounts(columns)
    found = _Found({})
    _check_states(columns, found)
    _check_signal_and_prices(columns, found)
    _check_stop_and_target(columns, found)
    _check_quantity(columns, amounts, found)
    _check_adding(columns, found)
    _check_facts(columns, found)
    measured = _Measured(columns, amounts, {})
    for rule in RULES:
        if rule.declared.field in columns.limits.standing:
            _check_limit(rule, columns, measured, found)
    found.budgets_below_their_limits()
    _check_range(columns, amounts, found)
    return found.masks


@dataclass(frozen=True, slots=True)
class _Found:
    masks: Masks

    def add(self, breach: Breach, level: RiskLevel | None, mask: BoolColumn) -> None:
        """Keep a mask in which something is True, beside what the check found before."""
        if mask.any():
            held = self.masks.get((breach, level))
            self.masks[breach, level] = mask if held is None else held | mask

    def add_levels(self, breach: Breach, masks: BoolColumn) -> None:
        """Keep one mask for each of user, wallet, strategy and symbol."""
        if masks.any():
            for level, mask in zip(LEVELS, masks, strict=True):
                self.add(breach, level, mask)

    def add_limit(self, rule: LimitRule, breach: Breach, mask: BoolColumn) -> None:
        """Keep a limit's mask: at each level for an aggregate; a missing equity is the wallet's for an order."""
        if rule.is_aggregate:
            self.add_levels(breach, mask)
        else:
            self.add(breach, RiskLevel.WALLET if breach is Breach.EQUITY_UNKNOWN else None, mask)

    def budgets_below_their_limits(self) -> None:
        """A loss that has reached its limit is said once: that its budget is spent goes without saying."""
        for budget, reached in _BUDGETS.items():
            for level in LEVELS:
                spent, over = self.masks.get((reached, level)), self.masks.get((budget, level))
                if spent is not None and over is not None:
                    del self.masks[budget, level]
                    self.add(budget, level, over & ~spent)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What several limits measure is measured once."""

    columns: ReviewColumns
    amounts: OrderAmounts
    held: dict[Measure, IntColumn]

    def of(self, measure: Measure) -> IntColumn:
        held = self.held.get(measure)
        if held is None:
            held = self.held[measure] = measure(self.columns, self.amounts)
        return held


def _check_limit(rule: LimitRule, columns: ReviewColumns, measured: _Measured, found: _Found) -> None:
    """Hold what is used against a limit where it stands; a fact that is not known refuses by name."""
    field = rule.declared.field
    if rule.is_aggregate:
        limit = columns.limits.at_levels(field, columns.limit_set)
    else:
        limit = columns.limits.per_trade(field, columns.limit_set)
    used = measured.of(rule.used)
    known, threshold = fp.is_known(used), limit
    based = None
    if rule.base is not None:
        base = measured.of(rule.base)
        based = fp.is_known(base)
        threshold = _threshold(rule, np.where(based, base, 0), limit)
    crossed = _crosses(rule.refuses, used, threshold)
    sound = known & ~crossed & (limit > fp.OUT_OF_RANGE)  # a limit that is no number allows nothing
    if based is not None:
        sound &= based
    if bool(np.all(sound | (limit == NO_LIMIT))):
        return
    stands = limit != NO_LIMIT
    if based is None:
        based = np.ones_like(stands)
    broken = limit <= fp.OUT_OF_RANGE
    found.add_limit(rule, rule.breach, stands & ((known & based & crossed) | broken))
    found.add_limit(rule, rule.declared.unknown, stands & ~known)
    found.add_limit(rule, rule.base_unknown, stands & ~based)


def _threshold(rule: LimitRule, base: IntColumn, limit: IntColumn) -> IntColumn:
    """Return base x limit: the most that may be used, or the least that reaches a loss limit or a minimum."""
    if rule.refuses is Refuses.ABOVE:
        return fp.scaled_limit(base, limit)
    return fp.scaled_limit_ceil(base, limit)


def _crosses(refuses: Refuses, used: IntColumn, threshold: IntColumn) -> BoolColumn:
    match refuses:
        case Refuses.ABOVE:
            return np.asarray(used > threshold, dtype=np.bool_)
        case Refuses.AT:
            return np.asarray(used >= threshold, dtype=np.bool_)
        case Refuses.BELOW:
            return np.asarray(used < threshold, dtype=np.bool_)


def _check_states(columns: ReviewColumns, found: _Found) -> None:
    for level, state in zip(_STATES, columns.state, strict=True):
        found.add(Breach.TRADING_NOT_ACTIVE, level, state > 0)
        found.add(Breach.TRADING_STATE_UNKNOWN, level, state == STATE_UNKNOWN)
    found.add_levels(Breach.TRADING_PAUSED, columns.limits.paused[:, columns.limit_set])


def _check_signal_and_prices(columns: ReviewColumns, found: _Found) -> None:
    found.add(Breach.INSTRUMENT_UNKNOWN, None, ~columns.instrument.known)
    found.add(Breach.SIGNAL_EXPIRED, None, columns.market_ms >= columns.expires_at_ms)
    known = (columns.mark_price > 0) & (columns.entry_price > 0) & (columns.signal_price > 0)
    found.add(Breach.PRICE_UNKNOWN, None, ~(known & fp.is_known(columns.price_age_seconds)))


def _check_stop_and_target(columns: ReviewColumns, found: _Found) -> None:
    missing = ~(columns.stop_price > 0)
    entry, mark = columns.sign * columns.entry_price, columns.sign * columns.mark_price
    no_target = np.isnan(columns.target_price)
    stop, target = columns.sign * columns.stop_price, columns.sign * columns.target_price
    distance = stop_distance_fraction(columns)
    outside = (distance < columns.instrument.nearest_trigger) | (
        distance > columns.instrument.farthest_trigger
    )
    found.add(Breach.STOP_MISSING, None, missing)
    found.add(Breach.STOP_WRONG_SIDE, None, ~missing & ~(stop < np.fmin(entry, mark)))
    found.add(Breach.STOP_OFF_TICK, None, columns.stop_off_tick)
    found.add(Breach.STOP_OUTSIDE_VENUE_BOUNDS, None, outside)
    found.add(Breach.TARGET_WRONG_SIDE, None, ~no_target & ~(target > np.fmax(entry, mark)))


def _check_quantity(columns: ReviewColumns, amounts: OrderAmounts, found: _Found) -> None:
    sized = columns.quantity > 0
    off_step = (columns.quantity < columns.instrument.min_quantity) | (
        columns.quantity % np.maximum(columns.instrument.quantity_step, 1) != 0
    )
    found.add(Breach.QUANTITY_ZERO, None, ~sized)
    found.add(Breach.QUANTITY_UNDER_STEP, None, sized & columns.instrument.known & off_step)
    reserved = columns.scopes.reserved_margin[WALLET]
    margin_known = all_known(columns.free_margin, reserved)
    needed = total(amounts.margin, reserved)
    found.add(Breach.MARGIN_UNKNOWN, None, ~margin_known)
    found.add(
        Breach.MARGIN_INSUFFICIENT,
        None,
        margin_known & fp.is_known(needed) & (needed > columns.free_margin),
    )
    found.add(Breach.BALANCE_STALE, None, ~fp.is_known(columns.balance_age_seconds))


def _check_adding(columns: ReviewColumns, found: _Found) -> None:
    """Adding is for a position of the same side that is in profit and can no longer lose."""
    adds = columns.adds
    found.add(Breach.SYMBOL_ALREADY_OPEN, None, ~adds & (columns.symbol_is_open == 1))
    if not adds.any():
        return
    held = (
        (columns.symbol_is_open == 1)
        & (columns.held.side == columns.sign)
        & (columns.held.entry_price > 0)
        & all_known(columns.held.quantity, columns.held.notional, columns.held.risk)
    )
    gain = columns.sign * (columns.mark_price - columns.held.entry_price)
    found.add(Breach.PYRAMIDING_NOT_ENABLED, None, adds & ~columns.limits.pyramiding[columns.limit_set])
    found.add(Breach.PYRAMIDING_WITHOUT_POSITION, None, adds & ~held)
    found.add(Breach.PYRAMIDING_NOT_IN_PROFIT, None, adds & held & ~(gain > 0))
    found.add(Breach.PYRAMIDING_STOP_AT_RISK, None, adds & held & ~(columns.held.risk <= 0))


def _check_facts(columns: ReviewColumns, found: _Found) -> None:
    """What a user and a wallet must always know, and the windows that tripped before."""
    scopes = columns.scopes
    exposure = all_known(
        scopes.notional,
        scopes.reserved_notional,
        scopes.open_risk,
        scopes.reserved_risk,
        scopes.asset_notional,
    )
    positions = fp.is_known(scopes.positions)
    day = all_known(scopes.day.start_equity, scopes.day.deposits, scopes.day.withdrawals)
    equity = fp.is_known(scopes.equity) & (scopes.equity > 0)
    for at in (USER, WALLET):
        level = LEVELS[at]
        unknown = ~positions[at]
        if at == WALLET:
            unknown = unknown | (columns.symbol_is_open < 0)
        found.add(Breach.EQUITY_UNKNOWN, level, ~equity[at])
        found.add(Breach.OPEN_POSITIONS_UNKNOWN, level, unknown)
        found.add(Breach.EXPOSURE_UNKNOWN, level, ~exposure[at])
        found.add(Breach.DAILY_LOSS_UNKNOWN, level, ~day[at])
    for window, breach in _TRIPPED.items():
        found.add_levels(breach, getattr(scopes, window).tripped != 0)


def _check_range(columns: ReviewColumns, amounts: OrderAmounts, found: _Found) -> None:
    """Refuse what fixed point cannot decide, and an order whose own amounts are no numbers."""
    held = [amounts.notional, amounts.risk, amounts.margin, columns.quantity, columns.margin]
    held += [columns.free_margin, columns.notional, columns.risk_amount]
    scopes = columns.scopes
    levels = [
        scopes.equity,
        scopes.notional,
        scopes.reserved_notional,
        scopes.open_risk,
        scopes.reserved_risk,
    ]
    levels += [scopes.asset_notional, scopes.margin_used, scopes.reserved_margin, scopes.peak_equity]
    levels += [scopes.day.start_equity, scopes.day.deposits, scopes.day.withdrawals]
    outside = np.any(np.stack(held) == fp.OUT_OF_RANGE, axis=0)
    outside |= np.any(np.concatenate(levels) == fp.OUT_OF_RANGE, axis=0)
    outside |= ~all_known(amounts.notional, amounts.margin) & (columns.entry_price > 0)
    outside |= ~fp.is_known(amounts.risk) & (columns.entry_price > 0) & (columns.stop_price > 0)
    found.add(Breach.AMOUNT_OUT_OF_RANGE, None, outside)
