"""What the platform does next with a position, as one sentence for its owner."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.decimal_text import plain, shown
from app.domain.scale_out import TARGETS_R
from app.domain.types import Side, TradeStatus


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The facts of a position that its next rule depends on; prices quote, fractions 0-1 of price."""

    side: Side
    status: TradeStatus
    entry_price: Decimal | None
    stop_price: Decimal
    take_profit_price: Decimal | None
    trailing_enabled: bool
    trailing_armed: bool
    activation_fraction: Decimal
    trail_fraction: Decimal
    exit_requested: str | None
    ladder_step: int | None = None
    ladder_price: Decimal | None = None
    initial_stop_price: Decimal | None = None
    scales_out: bool = False
    parts_taken: int = 0


def activation_price(side: Side, entry_price: Decimal, activation_fraction: Decimal) -> Decimal:
    """Return the price from which the stop trails: the entry moved in favour by that fraction."""
    return entry_price * (1 + side.sign * activation_fraction)


def next_rule(facts: RuleFacts) -> str:
    """Return the sentence; the nearest of several rules, and both where a trailing stop has a target too."""
    if facts.exit_requested is not None or facts.status is TradeStatus.EXITING:
        return "is being closed at market"
    match facts.status:
        case TradeStatus.CLOSED | TradeStatus.REJECTED | TradeStatus.EXPIRED:
            return "nothing: it is over"
        case TradeStatus.INTENT | TradeStatus.ENTERING:
            return "opens once its entry order fills"
        case TradeStatus.NEEDS_OPERATOR:
            return "waits for an operator"
        case _:
            return _while_open(facts)


def _while_open(facts: RuleFacts) -> str:
    sentence = _leaving_rule(facts)
    if facts.ladder_price is None:
        return sentence
    return f"adds step {facts.ladder_step} of its ladder at {shown(facts.ladder_price)}; {sentence}"


def _leaving_rule(facts: RuleFacts) -> str:
    ahead = _nearest_way_out(facts)
    leave = None if ahead is None else ahead[1]
    if not facts.trailing_enabled or facts.entry_price is None:
        return leave or f"{_leaving(facts.side)} if the price reaches its stop at {shown(facts.stop_price)}"
    percent = plain(facts.trail_fraction * 100)
    if facts.trailing_armed:
        follows = "below the highest price" if facts.side is Side.LONG else "above the lowest price"
        sentence = f"stop follows {percent} % {follows}"
        return sentence if leave is None else f"{sentence}; {leave}"
    arms_at = activation_price(facts.side, facts.entry_price, facts.activation_fraction)
    if ahead is not None and facts.side.sign * (ahead[0] - arms_at) <= 0:
        return ahead[1]
    return f"trails {percent} % once the price reaches {shown(arms_at)}"


def _nearest_way_out(facts: RuleFacts) -> tuple[Decimal, str] | None:
    """The price in profit that is reached first, the target's or the next part's, and what is left there; at one
    price it is the target, which leaves all."""
    ways = []
    if facts.take_profit_price is not None:
        ways.append((facts.take_profit_price, f"{_leaving(facts.side)} at {shown(facts.take_profit_price)}"))
    part = _next_part(facts)
    if part is not None:
        verb = "sells" if facts.side is Side.LONG else "buys back"
        number, price = part
        what = "what is left" if number == len(TARGETS_R) else "a part"
        ways.append((price, f"{verb} {what} at {shown(price)} ({number}R)"))
    return min(ways, key=lambda way: facts.side.sign * way[0], default=None)


def _next_part(facts: RuleFacts) -> tuple[int, Decimal] | None:
    """The next part's R and price, as thirds leave: a position too small for thirds leaves later. None without
    parts, or where there is no R to count in."""
    if not facts.scales_out or facts.entry_price is None or facts.initial_stop_price is None:
        return None
    risk = facts.side.sign * (facts.entry_price - facts.initial_stop_price)
    if risk <= 0 or facts.parts_taken >= len(TARGETS_R):
        return None
    target = TARGETS_R[facts.parts_taken]
    return int(target), facts.entry_price + facts.side.sign * risk * target


def _leaving(side: Side) -> str:
    return "sells all" if side is Side.LONG else "buys all back"
