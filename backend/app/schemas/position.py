"""Positions as the API shows them."""

from uuid import UUID

from pydantic import Field

from app.domain.exit_rules import ExitRule
from app.domain.position_health import HealthBand, HealthPart
from app.domain.types import Environment, Side, TradeStatus
from app.schemas.figures import Answer, DecimalText, Instant, Symbol, Word


class Trailing(Answer):
    """A trailing stop: from which price it trails, whether it does, and by how many percent."""

    enabled: bool
    activation_price: DecimalText | None
    armed: bool
    trail_percent: DecimalText


class Ladder(Answer):
    """The steps of a ladder that nobody asked for yet: the next one and its price, what all of them may take, and lose
    at the stop, costs included."""

    step: int = Field(ge=1)
    price: DecimalText
    notional: DecimalText
    risk_amount: DecimalText


class HealthPartReading(Answer):
    """One part of a health score: what was read, the mark from 0 (bad) to 1 (good) that it gives, and its weight. Value
    and mark are null where the fact is unknown."""

    part: HealthPart
    value: DecimalText | None
    mark: DecimalText | None
    weight: DecimalText
    sentence: str


class Health(Answer):
    """How well a position stands, 0-100: the weighted mean of the marks that are known, times 100. Null without a live
    stop or a price. `as_of` is the wall time of the readings that do not come from the price."""

    score: int | None = Field(ge=0, le=100)
    band: HealthBand | None
    as_of: Instant | None
    parts: list[HealthPartReading]


class Position(Answer):
    """A position at the newest price. `open_risk` is what its stop would lose against the entry, costs
    included; `r_multiple` is the unrealised P&L in multiples of `risk_amount`, and of a closed trade the net one;
    `net_pnl` what is booked so far, realised P&L - fees + funding; `scale_out_step` how many parts were asked to leave;
    `ladder` null without one, or once it is over; `health` null while it is not open. What depends on an unknown price
    is null. `awaits_yes_until` (wall time) where the entry waits for its owner's yes."""

    id: UUID
    wallet_id: UUID
    wallet_name: str
    environment: Environment
    venue: Word
    symbol: Symbol
    side: Side
    strategy: Word
    timeframe: str
    status: TradeStatus
    quantity: DecimalText
    entry_price: DecimalText | None
    initial_stop_price: DecimalText
    stop_price: DecimalText
    take_profit_price: DecimalText | None
    mark_price: DecimalText | None
    unrealized_pnl: DecimalText | None
    unrealized_percent: DecimalText | None
    r_multiple: DecimalText | None
    net_pnl: DecimalText
    risk_amount: DecimalText
    open_risk: DecimalText | None
    trailing: Trailing
    protected: bool
    signal_confidence: DecimalText
    reason: str
    opened_at: Instant | None
    awaits_yes_until: Instant | None
    next_rule: str
    scale_out_step: int = Field(ge=0)
    ladder: Ladder | None
    health: Health | None


class StopMove(Answer):
    """A stop price, and since when (market time) it stood at the venue."""

    at: Instant
    stop_price: DecimalText


class RuleReaction(Answer):
    """What a price caused by one of the exit rules, in market time: the stop that it moved or reached, the part
    (from 1) that it left."""

    at: Instant
    rule: ExitRule
    action: str
    mark_price: DecimalText
    stop_price: DecimalText | None
    step: int | None


class TradeEvent(Answer):
    """One line of a trade's history."""

    at: Instant
    kind: str
    message: str


class PositionDetail(Position):
    """A position with its history, oldest first."""

    stop_history: list[StopMove]
    reactions: list[RuleReaction]
    events: list[TradeEvent]


class Positions(Answer):
    """Everything that is open or opening, oldest first."""

    items: list[Position]
    as_of: Instant
