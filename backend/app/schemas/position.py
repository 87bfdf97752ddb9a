"""Positions as the API shows them."""

from uuid import UUID

from app.domain.types import Environment, Side, TradeStatus
from app.schemas.figures import Answer, DecimalText, Instant, Symbol, Word


class Trailing(Answer):
    """A trailing stop: from which price it trails, whether it does, and by how many percent."""

    enabled: bool
    activation_price: DecimalText | None
    armed: bool
    trail_percent: DecimalText


class Position(Answer):
    """A position at the newest price. `open_risk` is what its stop would lose against the entry, costs
    included; `r_multiple` is P&L in multiples of `risk_amount`. What depends on an unknown price is null."""

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
    risk_amount: DecimalText
    open_risk: DecimalText | None
    trailing: Trailing
    protected: bool
    signal_confidence: DecimalText
    reason: str
    opened_at: Instant | None
    next_rule: str


class StopMove(Answer):
    """A stop price, and since when (market time) it stood at the venue."""

    at: Instant
    stop_price: DecimalText


class TradeEvent(Answer):
    """One line of a trade's history."""

    at: Instant
    kind: str
    message: str


class PositionDetail(Position):
    """A position with its history, oldest first."""

    stop_history: list[StopMove]
    events: list[TradeEvent]


class Positions(Answer):
    """Everything that is open or opening, oldest first."""

    items: list[Position]
    as_of: Instant
