"""The exit rules of one open position, decided exactly.

`react` is asked with one mark price and says what it causes. It is the only place where an exit, a part of
one or a move of the stop is decided: the monitor's columns (`exit_gates`) only find who may have to be asked.
Prices are quote currency per base unit, times market time in milliseconds.

R is the distance from the entry to the initial stop. "Best" is the most favourable mark since the entry.
"""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final

from app.domain.scale_out import due_step, scale_out_plan
from app.domain.types import ExitReason, Instrument, Side

STEP_R_FRACTION: Final = Decimal("0.1")


class ExitRule(StrEnum):
    """The rule that caused an event."""

    TRAILING_ARMED = "trailing_armed"
    TRAILING_STOP = "trailing_stop"
    VOLATILITY_STOP = "volatility_stop"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    SCALE_OUT = "scale_out"
    TIME_EXIT = "time_exit"
    SESSION_CLOSE = "session_close"
    FUNDING = "funding"
    LADDER_STEP = "ladder_step"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailingTerms:
    """A stop that follows the best price once that is `activation_fraction` of the entry in profit; it stands
    `distance` behind it where one is given (an ATR multiple, resolved), else `fraction` of it."""

    activation_fraction: Decimal
    fraction: Decimal
    distance: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition:
    """An open position as it is written down. `stop_price` is the stop that is wanted at the venue,
    `has_live_stop` whether one stands there; `volatility_distance` how far behind the best price the
    volatility stop stands now (a multiple of the present ATR), None without one; `quantity` all that was
    entered, `parts_taken` how many parts of it were asked for; `time_exit_ms`, `session_close_ms` and
    `funding_leave_ms` None where there is none. `ladder_price` is where the next step of its ladder is bought,
    `ladder_step` its number, None without one. `instrument` is None where the venue does not tell it: then no
    stop follows the price and nothing is left in parts."""

    side: Side
    entry_price: Decimal
    initial_stop_price: Decimal
    stop_price: Decimal
    has_live_stop: bool
    quantity: Decimal
    instrument: Instrument | None
    take_profit_price: Decimal | None = None
    trailing: TrailingTerms | None = None
    is_armed: bool = False
    volatility_distance: Decimal | None = None
    scales_out: bool = False
    parts_taken: int = 0
    time_exit_ms: int | None = None
    session_close_ms: int | None = None
    funding_leave_ms: int | None = None
    ladder_price: Decimal | None = None
    ladder_step: int | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave all of it now."""

    reason: ExitReason
    rule: ExitRule
    stop_price: Decimal | None = None  # the stop that was reached, where one was


@dataclass(frozen=True, slots=True)
class LeavePart:
    """Leave all parts up to this one, counted from 1."""

    step: int
    rule: ExitRule = ExitRule.SCALE_OUT


@dataclass(frozen=True, slots=True)
class AddStep:
    """Buy this step of the ladder, counted from 1."""

    step: int
    rule: ExitRule = ExitRule.LADDER_STEP


@dataclass(frozen=True, slots=True)
class MoveStop:
    """Move the venue's stop here, which is tighter than the one there."""

    stop_price: Decimal
    rule: ExitRule


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one price causes. `leave` comes alone. `best` and `is_armed` are what they are from now on."""

    best: Decimal
    is_armed: bool
    arms: bool = False
    leave: Leave | None = None
    part: LeavePart | None = None
    move: MoveStop | None = None
    add: AddStep | None = None

    @property
    def is_event(self) -> bool:
        """Whether anything is to be written or sent."""
        return self.arms or bool(self.leave or self.part or self.move or self.add)


@dataclass(frozen=True, slots=True)
class StandingStop:
    """The tightest stop of a position, and the rule that put it there."""

    price: Decimal
    rule: ExitRule = field(default=ExitRule.STOP_LOSS)


def react(
    position: OpenPosition,
    mark: Decimal,
    best: Decimal,
    market_ms: int,
    *,
    may_move: bool = True,
    step_r_fraction: Decimal = STEP_R_FRACTION,
) -> Reaction:
    """Return what a mark price causes; `best` is the best price before it. A mark that is no number, zero or
    below causes nothing.

    The order: target, stop, time, session, funding, parts, the ladder's step, then the stop's move. The
    monitor triggers a stop only where the venue does not hold it: one that has been trailed since it was last sent, or
    one of a position that stands without. `may_move` is False until the least interval between two moves is over.
    """
    if not (mark.is_finite() and mark > 0):
        return Reaction(best, position.is_armed)
    sign = position.side.sign
    best = mark if sign * (mark - best) > 0 else best
    arms = not position.is_armed and _reaches_activation(position, best)
    armed = position.is_armed or arms
    stop = standing_stop(position, best, armed)
    leave = _leave(position, mark, stop, market_ms)
    if leave is not None:
        return Reaction(best, armed, arms, leave=leave)
    part = _part(position, mark)
    add = _step(position, mark, stop)
    gained = sign * (stop.price - position.stop_price)
    moves = may_move and gained > 0 and gained >= move_step(position, step_r_fraction)
    move = MoveStop(stop.price, stop.rule) if moves else None
    return Reaction(best, armed, arms, part=part, move=move, add=add)


def standing_stop(position: OpenPosition, best: Decimal, armed: bool) -> StandingStop:
    """Return the tightest of the wanted, the trailing and the volatility stop; never looser than wanted."""
    found = StandingStop(position.stop_price)
    trailing = position.trailing
    followers: list[tuple[Decimal, ExitRule]] = []
    if position.instrument is None:
        return found
    if trailing is not None and armed:
        distance = best * trailing.fraction if trailing.distance is None else trailing.distance
        followers.append((distance, ExitRule.TRAILING_STOP))
    if position.volatility_distance is not None:
        followers.append((position.volatility_distance, ExitRule.VOLATILITY_STOP))
    sign = position.side.sign
    for distance, rule in followers:
        price = _tighter_on_tick(best - sign * distance, position.side, position.instrument.price_tick)
        if sign * (price - found.price) > 0:
            found = StandingStop(price, rule)
    return found


def move_step(position: OpenPosition, step_r_fraction: Decimal) -> Decimal:
    """Return by how much a stop must improve before the venue's is moved: a fraction of R, at least a tick."""
    step = abs(position.entry_price - position.initial_stop_price) * step_r_fraction
    return step if position.instrument is None else max(step, position.instrument.price_tick)


def _reaches_activation(position: OpenPosition, best: Decimal) -> bool:
    if position.trailing is None:
        return False
    gain = position.side.sign * (best - position.entry_price)
    return gain >= position.entry_price * position.trailing.activation_fraction


def _leave(position: OpenPosition, mark: Decimal, stop: StandingStop, market_ms: int) -> Leave | None:
    sign, target = position.side.sign, position.take_profit_price
    if target is not None and sign * (mark - target) >= 0:
        return Leave(ExitReason.TAKE_PROFIT, ExitRule.TAKE_PROFIT)
    venue_holds_it = position.has_live_stop and stop.price == position.stop_price
    if sign * (mark - stop.price) <= 0 and not venue_holds_it:
        return Leave(_REASONS[stop.rule], stop.rule, stop.price)
    if position.time_exit_ms is not None and market_ms >= position.time_exit_ms:
        return Leave(ExitReason.TIME_EXIT, ExitRule.TIME_EXIT)
    if position.session_close_ms is not None and market_ms >= position.session_close_ms:
        return Leave(ExitReason.SESSION_CLOSE, ExitRule.SESSION_CLOSE)
    if position.funding_leave_ms is not None and market_ms >= position.funding_leave_ms:
        return Leave(ExitReason.FUNDING, ExitRule.FUNDING)
    return None


_REASONS: Final = {
    ExitRule.STOP_LOSS: ExitReason.STOP_LOSS,
    ExitRule.TRAILING_STOP: ExitReason.TRAILING_STOP,
    ExitRule.VOLATILITY_STOP: ExitReason.VOLATILITY_STOP,
}


def _part(position: OpenPosition, mark: Decimal) -> LeavePart | None:
    """Return the farthest part that the price has reached; None where R is not defined."""
    risk = position.side.sign * (position.entry_price - position.initial_stop_price)
    if position.instrument is None or not (position.scales_out and position.quantity > 0 and risk > 0):
        return None
    plan = scale_out_plan(
        side=position.side,
        quantity=position.quantity,
        entry_price=position.entry_price,
        initial_stop=position.initial_stop_price,
        instrument=position.instrument,
    )
    due = due_step(plan, position.parts_taken, position.side, mark)
    return None if due is None else LeavePart(due.number)


def _step(position: OpenPosition, mark: Decimal, stop: StandingStop) -> AddStep | None:
    """Return the next step of the ladder where the price has come to it and is not at the stop; one at a time, of a
    position that stands whole under a live stop."""
    price, sign = position.ladder_price, position.side.sign
    if price is None or position.ladder_step is None or sign * (mark - price) > 0:
        return None
    is_whole = position.has_live_stop and position.parts_taken == 0
    return AddStep(position.ladder_step) if is_whole and sign * (mark - stop.price) > 0 else None


def _tighter_on_tick(price: Decimal, side: Side, tick: Decimal) -> Decimal:
    """Return the price on a tick, rounded to the winning side of it."""
    rounding = ROUND_CEILING if side is Side.LONG else ROUND_FLOOR
    return (price / tick).to_integral_value(rounding) * tick
