"""What an order would use, in units, and what a level has lost: the amounts that meet the limits.

Every function takes the columns of a review, or one row's elements, and gives a column or an element; what is
not known stays UNKNOWN, and a sum with an unknown part is unknown.
"""

import math
from dataclasses import dataclass

from app.domain import fixed_point as fp
from app.domain.elementwise import float_where, maximum, minimum, where
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.part_targets import average_target
from app.domain.review_columns import ReviewColumns, ScopeColumns, WindowColumns
from app.domain.trade_costs import comparable_units, loss_per_unit, reward_per_unit


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """What an order would use: the larger of what it says and what its quantity comes to. The margin includes
    the entry fee; `positions` is the position that it would add, none where it adds to one. Of a ladder it is the sum
    of its rungs, each at its own price."""

    notional: IntColumn
    risk: IntColumn
    margin: IntColumn
    positions: IntColumn


def order_amounts(columns: ReviewColumns) -> OrderAmounts:
    """Return what each order would use."""
    unit_price = fp.floats_to_units(columns.entry_price * columns.instrument.contract_size)
    said = fp.is_known(columns.notional) & columns.is_ladder
    reckoned = larger(columns.notional, fp.multiply_ceil(columns.quantity, unit_price))
    notional = where(said, columns.notional, reckoned)
    loss = _loss_at_stop(columns)
    quantity = fp.units_to_floats(columns.quantity)
    risk = larger(
        columns.risk_amount, fp.floats_to_units(quantity * (loss * columns.instrument.contract_size))
    )
    risk = where(fp.is_known(columns.risk_amount) & columns.is_ladder, columns.risk_amount, risk)
    fee = fp.multiply_ceil(notional, fp.floats_to_units(columns.instrument.fee_rate))
    return OrderAmounts(notional, risk, total(columns.margin, fee), where(columns.adds, 0, fp.SCALE))


def all_known(*amounts: IntColumn) -> BoolColumn:
    """True where every amount is there and within range."""
    known = fp.is_known(amounts[0])
    for amount in amounts[1:]:
        known = known & fp.is_known(amount)
    return known


def total(*amounts: IntColumn) -> IntColumn:
    """Return the sum of at most three amounts; UNKNOWN where one is not known. A sum beyond what fixed point
    decides is left as it is, which `fixed_point.is_known` denies."""
    added = amounts[0]
    for amount in amounts[1:]:
        added = added + amount
    return where(all_known(*amounts), added, fp.UNKNOWN)


def less(whole: IntColumn, part: IntColumn) -> IntColumn:
    """Return whole - part; UNKNOWN where one is not known."""
    return where(all_known(whole, part), whole - part, fp.UNKNOWN)


def larger(one: IntColumn, other: IntColumn) -> IntColumn:
    """Return the larger amount; UNKNOWN or OUT_OF_RANGE where one of them is."""
    return where(all_known(one, other), maximum(one, other), minimum(one, other))


def heat(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    """Return each level's notional with this order."""
    scopes = columns.scopes
    return total(scopes.notional, scopes.reserved_notional, amounts.notional)


def open_risk(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    """Return each level's open risk with this order."""
    scopes = columns.scopes
    return total(scopes.open_risk, scopes.reserved_risk, amounts.risk)


def margin_in_use(columns: ReviewColumns, amounts: OrderAmounts) -> IntColumn:
    """Return each level's margin with this order."""
    scopes = columns.scopes
    return total(scopes.margin_used, scopes.reserved_margin, amounts.margin)


def window_loss_units(scopes: ScopeColumns, window: WindowColumns) -> IntColumn:
    """Return each level's loss since the window's start (negative is a gain): start + deposits - withdrawals -
    equity for a user and a wallet, what its own trades lost for a strategy and a symbol."""
    start, paid_in, paid_out = window.start_equity, window.deposits, window.withdrawals
    known = all_known(start, paid_in, paid_out, scopes.equity)
    own = where(known, start + paid_in - paid_out - scopes.equity, fp.UNKNOWN)
    traded = where(fp.is_known(window.pnl), -window.pnl, fp.UNKNOWN)
    return scopes.by_equity(own, traded)


def window_base_units(window: WindowColumns) -> IntColumn:
    """Return the base of a percent limit: equity at the window's start, lowered by withdrawals, not raised by
    deposits, never below zero."""
    left = less(window.start_equity, window.withdrawals)
    return where(fp.is_known(left), maximum(left, 0), left)


def drawdown(columns: ReviewColumns, _amounts: OrderAmounts) -> IntColumn:
    """Return each level's peak less its equity now, below zero at a new peak."""
    scopes = columns.scopes
    return less(scopes.peak_equity, scopes.by_equity(scopes.equity, scopes.book_equity))


def positive(amount: IntColumn) -> IntColumn:
    """Return the amount where it is above zero, else UNKNOWN: the base of a fraction."""
    return where(amount > 0, amount, fp.UNKNOWN)


def entry_slippage(columns: ReviewColumns) -> IntColumn:
    """Return how far the mark moved against the signal, as a fraction of its price in units; UNKNOWN
    where either price is not there."""
    known = (columns.mark_price > 0) & (columns.signal_price > 0)
    reference = float_where(known, columns.signal_price, 1.0)
    moved = columns.sign * (columns.mark_price - reference) / reference
    return fp.floats_to_units(float_where(known, moved, math.nan))


def stop_distance(mark_price: FloatColumn, stop_price: FloatColumn) -> FloatColumn:
    """Return how far the stop is from the mark price, in that price; NaN where either is not there."""
    known = (mark_price > 0) & (stop_price > 0)
    return float_where(known, abs(mark_price - stop_price), math.nan)


def stop_distance_fraction(mark_price: FloatColumn, stop_price: FloatColumn) -> FloatColumn:
    """Return the distance of the stop as a fraction of the mark price; NaN where not known."""
    return stop_distance(mark_price, stop_price) / float_where(mark_price > 0, mark_price, math.nan)


def reward_at_targets(columns: ReviewColumns) -> IntColumn:
    """Return what one unit wins at its targets, net of costs, scaled like `loss_at_stop`. What is left in parts has
    as many targets, weighed by the quantities that leave there."""
    instrument, costs = columns.instrument, (columns.instrument.fee_rate, columns.slippage_allowance)
    target = average_target(
        in_parts=columns.scales_out & instrument.known,
        sign=columns.sign,
        entry=columns.entry_price,
        stop=columns.stop_price,
        target=columns.target_price,
        tick=instrument.price_tick,
        quantity=columns.quantity,
        step=instrument.quantity_step,
        min_quantity=instrument.min_quantity,
    )
    reward = reward_per_unit(columns.sign, columns.entry_price, target, *costs)
    return comparable_units(reward, _loss_at_stop(columns))[0]


def loss_at_stop(columns: ReviewColumns) -> IntColumn:
    """Return what one unit loses at the stop, net of costs, scaled by itself."""
    loss = _loss_at_stop(columns)
    return comparable_units(loss, loss)[1]


def _loss_at_stop(columns: ReviewColumns) -> FloatColumn:
    return loss_per_unit(
        columns.entry_price, columns.stop_price, columns.instrument.fee_rate, columns.slippage_allowance
    )
