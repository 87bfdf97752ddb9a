"""The checks of a pre-trade review, over columns: where is which limit crossed, which fact missing.

Each check is one comparison in fixed point. An amount that is not known takes no part in comparisons; it
raises its own breach instead. Sums of at most four amounts stay inside int64 (`fixed_point.MAX_UNITS`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.domain import fixed_point as fp
from app.domain.breaches import Breach
from app.domain.fixed_point import NO_LIMIT, BoolColumn, IntColumn
from app.domain.review_columns import STATE_UNKNOWN, ReviewColumns, ScopeColumns
from app.domain.trade_costs import comparable_units, loss_per_unit, reward_per_unit
from app.domain.types import RiskLevel

Check = tuple[Breach, RiskLevel | None]
Masks = dict[Check, BoolColumn]
BLOCK: Final = 8192
_RANK: Final = {code: position for position, code in enumerate(Breach)}


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """What an order would use, in units: the larger of what it says and what its quantity comes to."""

    notional: IntColumn
    risk: IntColumn
    margin: IntColumn


@dataclass(frozen=True, slots=True)
class ScopeThresholds:
    """A scope's limits as amounts, in units: the most that may be used of its equity, and the loss at
    which its day ends. NO_LIMIT where there is none; zero of an equity that is not known."""

    heat: IntColumn
    open_risk: IntColumn
    single_asset: IntColumn
    daily_loss: IntColumn


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits that are fractions of equity, as amounts; all multiplied at once."""

    position_size: IntColumn
    leverage: IntColumn
    user: ScopeThresholds
    wallet: ScopeThresholds


def breach_masks(columns: ReviewColumns) -> Masks:
    """Return every check's mask, in the order of `Breach`; an order with no True anywhere is approved.

    Many rows are decided in blocks, which stay in the processor's cache.
    """
    count = len(columns.sign)
    if count <= BLOCK:
        return _block_masks(columns)
    blocks = [_block_masks(columns.take(slice(start, start + BLOCK))) for start in range(0, count, BLOCK)]
    return {check: np.concatenate([block[check] for block in blocks]) for check in blocks[0]}


def _block_masks(columns: ReviewColumns) -> Masks:
    amounts = order_amounts(columns)
    thresholds = _thresholds(columns)
    found: Masks = {}
    found.update(_state_checks(columns))
    found.update(_signal_checks(columns))
    found.update(_price_checks(columns))
    found.update(_stop_checks(columns))
    found.update(_size_checks(columns, amounts, thresholds))
    found.update(_wallet_checks(columns, amounts, thresholds))
    for scope, facts, held in (
        (RiskLevel.USER, columns.user, thresholds.user),
        (RiskLevel.WALLET, columns.wallet, thresholds.wallet),
    ):
        found.update(_scope_checks(scope, facts, held, columns, amounts))
        found.update(_daily_loss_checks(scope, facts, held))
    found[Breach.AMOUNT_OUT_OF_RANGE, None] = _out_of_range(columns, amounts)
    return dict(sorted(found.items(), key=lambda item: _RANK[item[0][0]]))


def _thresholds(columns: ReviewColumns) -> Thresholds:
    user, wallet, per_trade = columns.user, columns.wallet, columns.per_trade
    user_equity, wallet_equity = _usable_equity(user), _usable_equity(wallet)
    floors = fp.scaled_limit(
        np.stack([wallet_equity] * 5 + [user_equity] * 3),
        np.stack(
            [
                per_trade.max_position_size_fraction,
                per_trade.max_leverage,
                wallet.limits.max_portfolio_heat_fraction,
                wallet.limits.max_open_risk_fraction,
                wallet.limits.max_single_asset_exposure_fraction,
                user.limits.max_portfolio_heat_fraction,
                user.limits.max_open_risk_fraction,
                user.limits.max_single_asset_exposure_fraction,
            ]
        ),
    )
    losses = fp.scaled_limit_ceil(
        np.stack([day_base(wallet), day_base(user)]),
        np.stack([wallet.limits.max_daily_loss_fraction, user.limits.max_daily_loss_fraction]),
    )
    return Thresholds(
        position_size=floors[0],
        leverage=floors[1],
        wallet=ScopeThresholds(floors[2], floors[3], floors[4], losses[0]),
        user=ScopeThresholds(floors[5], floors[6], floors[7], losses[1]),
    )


def _usable_equity(facts: ScopeColumns) -> IntColumn:
    """Return equity, zero where it is not known or below zero."""
    return np.maximum(facts.equity, 0)


def order_amounts(columns: ReviewColumns) -> OrderAmounts:
    """Return what each order would use; the margin includes the entry fee."""
    unit_price = fp.floats_to_units(columns.entry_price * columns.contract_size)
    notional = np.maximum(columns.notional, fp.multiply_ceil(columns.quantity, unit_price))
    loss = loss_per_unit(
        columns.entry_price, columns.stop_price, columns.fee_rate, columns.slippage_allowance
    )
    quantity = fp.units_to_floats(columns.quantity)
    risk = np.maximum(columns.risk_amount, fp.floats_to_units(quantity * (loss * columns.contract_size)))
    fee = fp.multiply_ceil(notional, fp.floats_to_units(columns.fee_rate))
    return OrderAmounts(notional, risk, np.where(fp.is_known(fee), columns.margin + fee, fp.OUT_OF_RANGE))


def day_loss(facts: ScopeColumns) -> IntColumn:
    """Return the loss since the day's start in units (negative is a gain): start + deposits - withdrawals
    - equity. Meaningless where a fact is not known."""
    invested = facts.day_start_equity + facts.day_deposits - facts.day_withdrawals
    return np.asarray(invested - facts.equity, dtype=np.int64)


def day_base(facts: ScopeColumns) -> IntColumn:
    """Return the base of the percent limit: equity at the day's start, lowered by withdrawals, not raised
    by deposits, never below zero; zero where a fact is not known."""
    start, withdrawn = facts.day_start_equity, facts.day_withdrawals
    return np.where(_known(start, withdrawn), np.maximum(start - withdrawn, 0), 0)


def _known(*amounts: IntColumn) -> BoolColumn:
    known = fp.is_known(amounts[0])
    for amount in amounts[1:]:
        known = known & fp.is_known(amount)
    return known


def _above(used: IntColumn, limit: IntColumn, comparable: BoolColumn) -> BoolColumn:
    """A usage limit: refuses above the limit."""
    return np.asarray(comparable & (used > limit), dtype=np.bool_)


def _state_checks(columns: ReviewColumns) -> Masks:
    found: Masks = {}
    for scope, state in (
        (RiskLevel.PLATFORM, columns.platform_state),
        (RiskLevel.VENUE, columns.venue_state),
        (RiskLevel.USER, columns.user.state),
        (RiskLevel.WALLET, columns.wallet.state),
    ):
        found[Breach.TRADING_NOT_ACTIVE, scope] = state > 0
        found[Breach.TRADING_STATE_UNKNOWN, scope] = state == STATE_UNKNOWN
    return found


def _signal_checks(columns: ReviewColumns) -> Masks:
    limit = columns.per_trade.min_signal_confidence
    known = fp.is_known(columns.confidence)
    return {
        (Breach.INSTRUMENT_UNKNOWN, None): ~columns.instrument_known,
        (Breach.SIGNAL_EXPIRED, None): columns.market_ms >= columns.expires_at_ms,
        (Breach.SIGNAL_CONFIDENCE, None): known & (limit != NO_LIMIT) & (columns.confidence < limit),
        (Breach.SIGNAL_CONFIDENCE_UNKNOWN, None): ~known & (limit != NO_LIMIT),
    }


def entry_slippage(columns: ReviewColumns) -> IntColumn:
    """Return how far the mark moved against the signal, as a fraction of its price in units; UNKNOWN
    where either price is not there."""
    known = (columns.mark_price > 0) & (columns.signal_price > 0)
    reference = np.where(known, columns.signal_price, 1.0)
    moved = columns.sign * (columns.mark_price - reference) / reference
    return fp.floats_to_units(np.where(known, moved, np.nan))


def _price_checks(columns: ReviewColumns) -> Masks:
    limits = columns.per_trade
    age_known = fp.is_known(columns.price_age_seconds)
    known = (columns.mark_price > 0) & (columns.entry_price > 0) & (columns.signal_price > 0) & age_known
    moved = entry_slippage(columns)
    return {
        (Breach.PRICE_UNKNOWN, None): ~known,
        (Breach.PRICE_STALE, None): _above(
            columns.price_age_seconds, limits.max_price_age_seconds, age_known
        ),
        (Breach.PRICE_MOVED, None): _above(moved, limits.max_entry_slippage_fraction, fp.is_known(moved)),
    }


def _stop_checks(columns: ReviewColumns) -> Masks:
    missing = ~(columns.stop_price > 0)
    nearest = np.fmin(columns.sign * columns.entry_price, columns.sign * columns.mark_price)
    farthest = np.fmax(columns.sign * columns.entry_price, columns.sign * columns.mark_price)
    no_target = np.isnan(columns.target_price)
    costs = (columns.fee_rate, columns.slippage_allowance)
    reward = reward_per_unit(columns.sign, columns.entry_price, columns.target_price, *costs)
    risk = loss_per_unit(columns.entry_price, columns.stop_price, *costs)
    reward_units, risk_units = comparable_units(reward, risk)
    minimum = columns.per_trade.min_risk_reward_ratio
    limited = minimum != NO_LIMIT
    needed = fp.multiply_ceil(risk_units, np.where(limited, minimum, 0))
    known = _known(reward_units, risk_units, needed)
    return {
        (Breach.STOP_MISSING, None): missing,
        (Breach.STOP_WRONG_SIDE, None): ~missing & (columns.sign * columns.stop_price >= nearest),
        (Breach.TARGET_WRONG_SIDE, None): ~no_target & ~(columns.sign * columns.target_price > farthest),
        (Breach.RISK_REWARD, None): limited & known & (reward_units < needed),
        (Breach.RISK_REWARD_UNKNOWN, None): limited & ~known & ~missing,
    }


def _size_checks(columns: ReviewColumns, amounts: OrderAmounts, thresholds: Thresholds) -> Masks:
    limits = columns.per_trade
    sized = columns.quantity > 0
    off_step = (columns.quantity < columns.min_quantity) | (
        columns.quantity % np.maximum(columns.quantity_step, 1) != 0
    )
    usable = fp.is_known(amounts.notional) & (_usable_equity(columns.wallet) > 0)
    return {
        (Breach.QUANTITY_ZERO, None): ~sized,
        (Breach.QUANTITY_UNDER_STEP, None): sized & columns.instrument_known & off_step,
        (Breach.MAX_ORDER_NOTIONAL, None): _above(amounts.notional, limits.max_order_notional_usd, sized),
        (Breach.MAX_POSITION_SIZE_USD, None): _above(amounts.notional, limits.max_position_size_usd, sized),
        (Breach.MAX_POSITION_SIZE_PERCENT, None): _above(amounts.notional, thresholds.position_size, usable),
    }


def _wallet_checks(columns: ReviewColumns, amounts: OrderAmounts, thresholds: Thresholds) -> Masks:
    wallet, limits = columns.wallet, columns.per_trade
    exposure_known = _known(wallet.notional, wallet.reserved_notional, amounts.notional, wallet.equity)
    usable = exposure_known & (wallet.equity > 0)
    after = wallet.notional + wallet.reserved_notional + amounts.notional
    margin_known = _known(columns.free_margin, columns.reserved_margin)
    margin_after = amounts.margin + columns.reserved_margin
    balance_age_known = fp.is_known(columns.balance_age_seconds)
    return {
        (Breach.MAX_LEVERAGE, None): _above(after, thresholds.leverage, usable),
        (Breach.SYMBOL_ALREADY_OPEN, None): columns.symbol_is_open == 1,
        (Breach.BALANCE_STALE, None): ~balance_age_known
        | (columns.balance_age_seconds > limits.max_balance_age_seconds),
        (Breach.MARGIN_UNKNOWN, None): ~margin_known,
        (Breach.MARGIN_INSUFFICIENT, None): _above(
            margin_after, columns.free_margin, margin_known & fp.is_known(amounts.margin)
        ),
    }


def _scope_checks(
    scope: RiskLevel,
    facts: ScopeColumns,
    thresholds: ScopeThresholds,
    columns: ReviewColumns,
    amounts: OrderAmounts,
) -> Masks:
    limits = facts.limits
    has_equity = fp.is_known(facts.equity) & (facts.equity > 0)
    positions_known = fp.is_known(facts.positions)
    exposure_known = _known(facts.notional, facts.reserved_notional)
    risk_known = _known(facts.open_risk, facts.reserved_risk)
    symbol_known = fp.is_known(facts.asset_notional)
    usable = has_equity & fp.is_known(amounts.notional)
    heat = facts.notional + facts.reserved_notional + amounts.notional
    risk = facts.open_risk + facts.reserved_risk + amounts.risk
    risk_usable = has_equity & risk_known & fp.is_known(amounts.risk)
    unknown_positions = ~positions_known
    if scope is RiskLevel.WALLET:
        unknown_positions = unknown_positions | (columns.symbol_is_open < 0)
    return {
        (Breach.EQUITY_UNKNOWN, scope): ~has_equity,
        (Breach.OPEN_POSITIONS_UNKNOWN, scope): unknown_positions,
        (Breach.MAX_OPEN_POSITIONS, scope): _above(
            facts.positions + fp.SCALE, limits.max_open_positions, positions_known
        ),
        (Breach.EXPOSURE_UNKNOWN, scope): ~(exposure_known & risk_known & symbol_known),
        (Breach.PORTFOLIO_HEAT, scope): _above(heat, thresholds.heat, usable & exposure_known),
        (Breach.OPEN_RISK, scope): _above(risk, thresholds.open_risk, risk_usable),
        (Breach.SINGLE_ASSET_EXPOSURE, scope): _above(
            facts.asset_notional + amounts.notional,
            thresholds.single_asset,
            usable & symbol_known,
        ),
    }


def _daily_loss_checks(scope: RiskLevel, facts: ScopeColumns, thresholds: ScopeThresholds) -> Masks:
    window_known = _known(facts.day_start_equity, facts.day_deposits, facts.day_withdrawals)
    usable = window_known & fp.is_known(facts.equity)
    loss = day_loss(facts)
    usd = facts.limits.max_daily_loss_usd
    return {
        (Breach.DAILY_LOSS_USD, scope): usable & (loss >= usd),
        (Breach.DAILY_LOSS_PERCENT, scope): usable & (loss >= thresholds.daily_loss),
        (Breach.DAILY_LOSS_TRIPPED, scope): facts.day_tripped,
        (Breach.DAILY_LOSS_UNKNOWN, scope): ~window_known,
    }


def _out_of_range(columns: ReviewColumns, amounts: OrderAmounts) -> BoolColumn:
    held = [amounts.notional, amounts.risk, amounts.margin, columns.quantity, columns.margin]
    held += [columns.free_margin, columns.reserved_margin, columns.notional, columns.risk_amount]
    for facts in (columns.user, columns.wallet):
        held += [facts.equity, facts.notional, facts.reserved_notional, facts.open_risk]
        held += [facts.reserved_risk, facts.asset_notional]
        held += [facts.day_start_equity, facts.day_deposits, facts.day_withdrawals]
    return np.asarray(np.any(np.stack(held) == fp.OUT_OF_RANGE, axis=0), dtype=np.bool_)
