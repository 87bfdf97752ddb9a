"""What the platform does next with a position, as one sentence for its owner."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.decimal_text import plain, shown
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
    target = facts.take_profit_price
    leave = None if target is None else f"{_leaving(facts.side)} at {shown(target)}"
    if not facts.trailing_enabled or facts.entry_price is None:
        return leave or f"{_leaving(facts.side)} if the price reaches its stop at {shown(facts.stop_price)}"
    percent = plain(facts.trail_fraction * 100)
    if facts.trailing_armed:
        follows = "below the highest price" if facts.side is Side.LONG else "above the lowest price"
        sentence = f"stop follows {percent} % {follows}"
        return sentence if leave is None else f"{sentence}; {leave}"
    arms_at = activation_price(facts.side, facts.entry_price, facts.activation_fraction)
    if leave is not None and target is not None and facts.side.sign * (target - arms_at) <= 0:
        return leave
    return f"trails {percent} % once the price reaches {shown(arms_at)}"


def _leaving(side: Side) -> str:
    return "sells all" if side is Side.LONG else "buys all back"
