"""The checks of a pre-trade review, over columns: where is which limit crossed, which fact missing.

Each check is one comparison in fixed point. An amount that is not known takes no part in comparisons; it
raises its own breach instead. Limits are those of `limit_rules`; the rest are the rules that no number can
switch off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from app.domain import fixed_point as fp
from app.domain.breaches import Breach
from app.domain.elementwise import (
    any_equals,
    higher_price,
    holds_everywhere,
    holds_somewhere,
    is_missing,
    lower_price,
    maximum,
    negated,
)
from app.domain.fixed_point import NO_LIMIT, BoolColumn, IntColumn
from app.domain.hours_columns import CLOSED, HOURS_LEVELS, UNKNOWN
from app.domain.limit_columns import MERGED, PLACE
from app.domain.limit_measures import Measured, OneAlone
from app.domain.limit_rules import RULES, LimitRule
from app.domain.order_amounts import (
    OrderAmounts,
    all_known,
    stop_distance_fraction,
    total,
)
from app.domain.review_columns import LEVELS, STATE_UNKNOWN, USER, WALLET, ReviewColumns, ScopeColumns
from app.domain.risk_limits import NOTHING_SAID
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
_OF_ORDERS: Final = tuple((PLACE[rule.declared.field], rule) for rule in RULES if not rule.is_aggregate)
_OF_LEVELS: Final = tuple((PLACE[rule.declared.field], rule) for rule in RULES if rule.is_aggregate)


def breach_masks(measured: Measured) -> Masks:
    """Return the mask of every check that any order fails, in the order of `Breach`, outer levels first; an
    order with no True anywhere is approved.

    Many rows are decided in blocks, which stay in the processor's cache.
    """
    columns = measured.columns
    count = len(columns.sign)
    found: Masks = {}
    for start in range(0, count, BLOCK):
        rows = slice(start, start + BLOCK)
        block = Measured(columns.take(rows)) if count > BLOCK else measured
        for check, mask in _block_masks(block).items():
            if check not in found:
                found[check] = np.zeros(count, dtype=np.bool_)
            found[check][rows] |= mask
    return dict(sorted(found.items(), key=lambda item: _place(item[0])))


def breaches_of_one(order: OneAlone) -> list[Check]:
    """Return every check that one order fails, in the order of `breach_masks`; none where it is approved."""
    row, columns = order.row, order.columns
    amounts, found = order.whole.amounts, _Found({})
    _check_order(columns, amounts, found)
    for level, is_paused in zip(LEVELS, row.paused, strict=True):
        if is_paused:
            found.add(Breach.TRADING_PAUSED, level, True)
    _check_limits_of_one(order, found)
    found.budgets_below_their_limits()
    for held, level in zip(row.levels, LEVELS, strict=True):
        for window, breach in _TRIPPED.items():
            if getattr(held, window).tripped:
                found.add(breach, level, True)
    of_levels = [amount for held in row.levels for amount in _amounts_of(cast(ScopeColumns, held))]
    _check_range(columns, amounts, of_levels, found)
    return sorted(found.masks, key=_place)


def _check_limits_of_one(order: OneAlone, found: "_Found") -> None:
    """Hold one order against its limits, each aggregate level after level."""
    limits = order.row.limits[MERGED]
    for place, rule in _OF_ORDERS:
        if limits[place] != NO_LIMIT:
            for breach, mask in _against(rule, cast(IntColumn, limits[place]), order.whole):
                found.add_limit(rule, breach, mask)
    for at, level in enumerate(LEVELS):
        limits = order.row.limits[at]
        if limits is NOTHING_SAID:
            continue
        seen = order.seen(at)
        for place, rule in _OF_LEVELS:
            if limits[place] != NO_LIMIT:
                for breach, mask in _against(rule, cast(IntColumn, limits[place]), seen):
                    found.add(breach, level, mask)


def _place(check: Check) -> tuple[int, int]:
    return _RANK[check[0]], _OUTERMOST.index(check[1])


def _block_masks(measured: Measured) -> Masks:
    columns, amounts, found = measured.columns, measured.amounts, _Found({})
    _check_order(columns, amounts, found)
    found.add_levels(Breach.TRADING_PAUSED, columns.limits.paused[:, columns.limit_set])
    for rule in RULES:
        field = rule.declared.field
        if field in columns.limits.standing:
            limits_at = columns.limits.at_levels if rule.is_aggregate else columns.limits.per_trade
            for breach, mask in _against(rule, limits_at(field, columns.limit_set), measured):
                found.add_limit(rule, breach, mask)
    found.budgets_below_their_limits()
    for window, breach in _TRIPPED.items():
        found.add_levels(breach, getattr(columns.scopes, window).tripped != 0)
    _check_range(columns, amounts, list(np.concatenate(_amounts_of(columns.scopes))), found)
    return found.masks


def _check_order(columns: ReviewColumns, amounts: OrderAmounts, found: "_Found") -> None:
    """The rules that no number can switch off."""
    _check_states(columns, found)
    _check_hours(columns, found)
    _check_signal_and_prices(columns, found)
    _check_stop_and_target(columns, found)
    _check_quantity(columns, amounts, found)
    _check_adding(columns, found)
    for at in (USER, WALLET):
        _check_facts(columns, at, found)


@dataclass(frozen=True, slots=True)
class _Found:
    masks: Masks

    def add(self, breach: Breach, level: RiskLevel | None, mask: BoolColumn | bool) -> None:
        """Keep a mask in which something is True, beside what the check found before."""
        if holds_somewhere(mask):
            held = self.masks.get((breach, level))
            self.masks[breach, level] = cast(BoolColumn, mask if held is None else held | mask)

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
                    self.add(budget, level, over & negated(spent))


def _against(rule: LimitRule, limit: IntColumn, measured: Measured) -> Sequence[tuple[Breach, BoolColumn]]:
    """Hold what is used against a limit where it stands; a fact that is not known refuses by name."""
    used, known = measured.of(rule.used)
    threshold, based = limit, None
    sound = known & (limit > fp.OUT_OF_RANGE)  # a limit that is no number allows nothing
    if rule.base is not None:
        base, based = measured.of(rule.base)
        threshold = rule.threshold(base, limit)
        sound = sound & based
    crossed = rule.crosses(used, threshold)
    sound, stands = sound & negated(crossed), limit != NO_LIMIT
    if holds_everywhere(sound | negated(stands)):
        return ()
    broken = limit <= fp.OUT_OF_RANGE
    if based is None:
        based = negated(stands & negated(stands))
    return (
        (rule.breach, stands & ((known & based & crossed) | broken)),
        (rule.declared.unknown, stands & negated(known)),
        (rule.base_unknown, stands & negated(based)),
    )


def _check_states(columns: ReviewColumns, found: _Found) -> None:
    for level, state in zip(_STATES, columns.state, strict=True):
        found.add(Breach.TRADING_NOT_ACTIVE, level, state > 0)
        found.add(Breach.TRADING_STATE_UNKNOWN, level, state == STATE_UNKNOWN)


def _check_hours(columns: ReviewColumns, found: _Found) -> None:
    for at, level in enumerate(HOURS_LEVELS):
        found.add(Breach.OUTSIDE_TRADING_HOURS, level, columns.hours[at] == CLOSED)
        found.add(Breach.TRADING_HOURS_UNKNOWN, level, columns.hours[at] == UNKNOWN)
        found.add(Breach.FUNDING_TOO_NEAR, level, columns.funding[at] == CLOSED)
        found.add(Breach.FUNDING_UNKNOWN, level, columns.funding[at] == UNKNOWN)


def _check_signal_and_prices(columns: ReviewColumns, found: _Found) -> None:
    found.add(Breach.INSTRUMENT_UNKNOWN, None, negated(columns.instrument.known))
    found.add(Breach.SIGNAL_EXPIRED, None, columns.market_ms >= columns.expires_at_ms)
    known = (columns.mark_price > 0) & (columns.entry_price > 0) & (columns.signal_price > 0)
    found.add(Breach.PRICE_UNKNOWN, None, negated(known & fp.is_known(columns.price_age_seconds)))


def _check_stop_and_target(columns: ReviewColumns, found: _Found) -> None:
    missing = negated(columns.stop_price > 0)
    entry, mark = columns.sign * columns.entry_price, columns.sign * columns.mark_price
    no_target = is_missing(columns.target_price)
    stop, target = columns.sign * columns.stop_price, columns.sign * columns.target_price
    distance = stop_distance_fraction(columns.mark_price, columns.stop_price)
    outside = (distance < columns.instrument.nearest_trigger) | (
        distance > columns.instrument.farthest_trigger
    )
    found.add(Breach.STOP_MISSING, None, missing)
    is_beyond = stop < lower_price(entry, mark)
    found.add(Breach.STOP_WRONG_SIDE, None, negated(missing | is_beyond))
    found.add(Breach.STOP_OFF_TICK, None, columns.stop_off_tick)
    found.add(Breach.STOP_OUTSIDE_VENUE_BOUNDS, None, outside)
    is_beyond = target > higher_price(entry, mark)
    found.add(Breach.TARGET_WRONG_SIDE, None, negated(no_target | is_beyond))


def _check_quantity(columns: ReviewColumns, amounts: OrderAmounts, found: _Found) -> None:
    sized = columns.quantity > 0
    off_step = (columns.quantity < columns.instrument.min_quantity) | (
        columns.quantity % maximum(columns.instrument.quantity_step, 1) != 0
    )
    found.add(Breach.QUANTITY_ZERO, None, negated(sized))
    found.add(Breach.QUANTITY_UNDER_STEP, None, sized & columns.instrument.known & off_step)
    reserved = columns.level(WALLET).reserved_margin
    margin_known = all_known(columns.free_margin, reserved)
    needed = total(amounts.margin, reserved)
    found.add(Breach.MARGIN_UNKNOWN, None, negated(margin_known))
    found.add(
        Breach.MARGIN_INSUFFICIENT,
        None,
        margin_known & fp.is_known(needed) & (needed > columns.free_margin),
    )
    found.add(Breach.BALANCE_STALE, None, negated(fp.is_known(columns.balance_age_seconds)))


def _check_adding(columns: ReviewColumns, found: _Found) -> None:
    """Adding is for a position of the same side that is in profit and can no longer lose; a step of a ladder for one
    that the ladder was reserved with."""
    adds = columns.adds
    found.add(Breach.SYMBOL_ALREADY_OPEN, None, negated(adds) & (columns.symbol_is_open == 1))
    if not holds_somewhere(adds):
        return
    held = (
        (columns.symbol_is_open == 1)
        & (columns.held.side == columns.sign)
        & (columns.held.entry_price > 0)
        & all_known(columns.held.quantity, columns.held.notional, columns.held.risk)
    )
    steps = adds & (columns.ladder_step > 0)
    found.add(Breach.DCA_NOT_ENABLED, None, steps & negated(columns.dca))
    found.add(Breach.DCA_WITHOUT_POSITION, None, steps & negated(held))
    adds = adds & negated(steps)
    gain = columns.sign * (columns.mark_price - columns.held.entry_price)
    found.add(Breach.PYRAMIDING_NOT_ENABLED, None, adds & negated(columns.pyramiding))
    found.add(Breach.PYRAMIDING_WITHOUT_POSITION, None, adds & negated(held))
    found.add(Breach.PYRAMIDING_NOT_IN_PROFIT, None, adds & held & negated(gain > 0))
    found.add(Breach.PYRAMIDING_STOP_AT_RISK, None, adds & held & negated(columns.held.risk <= 0))


def _check_facts(columns: ReviewColumns, at: int, found: _Found) -> None:
    """What a user and a wallet must always know."""
    level, held = LEVELS[at], columns.level(at)
    exposure = all_known(
        held.notional, held.reserved_notional, held.open_risk, held.reserved_risk, held.asset_notional
    )
    unknown = negated(fp.is_known(held.positions))
    if at == WALLET:
        unknown = unknown | (columns.symbol_is_open < 0)
    day = all_known(held.day.start_equity, held.day.deposits, held.day.withdrawals)
    found.add(Breach.EQUITY_UNKNOWN, level, negated(fp.is_known(held.equity) & (held.equity > 0)))
    found.add(Breach.OPEN_POSITIONS_UNKNOWN, level, unknown)
    found.add(Breach.EXPOSURE_UNKNOWN, level, negated(exposure))
    found.add(Breach.DAILY_LOSS_UNKNOWN, level, negated(day))


def _amounts_of(scopes: ScopeColumns) -> list[IntColumn]:
    """Return the amounts of the levels that must be within the range of fixed point."""
    return [
        scopes.equity,
        scopes.notional,
        scopes.reserved_notional,
        scopes.open_risk,
        scopes.reserved_risk,
        scopes.asset_notional,
        scopes.margin_used,
        scopes.reserved_margin,
        scopes.peak_equity,
        scopes.day.start_equity,
        scopes.day.deposits,
        scopes.day.withdrawals,
    ]


def _check_range(
    columns: ReviewColumns, amounts: OrderAmounts, of_levels: Sequence[IntColumn], found: _Found
) -> None:
    """Refuse what fixed point cannot decide, and an order whose own amounts are no numbers."""
    held = [amounts.notional, amounts.risk, amounts.margin, columns.quantity, columns.margin]
    held += [columns.free_margin, columns.notional, columns.risk_amount, *of_levels]
    outside = any_equals(held, fp.OUT_OF_RANGE)
    outside = outside | (negated(all_known(amounts.notional, amounts.margin)) & (columns.entry_price > 0))
    no_risk = negated(fp.is_known(amounts.risk)) & (columns.entry_price > 0) & (columns.stop_price > 0)
    found.add(Breach.AMOUNT_OUT_OF_RANGE, None, outside | no_risk)
