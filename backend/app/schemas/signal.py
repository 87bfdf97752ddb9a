"""Signals as the API shows them."""

from uuid import UUID

from app.domain.types import Side
from app.schemas.figures import Answer, DecimalText, Instant, Symbol, Word


class Signal(Answer):
    """A proposal to trade; confidence 0-1, `bar_close` market time."""

    id: UUID
    venue: Word
    symbol: Symbol
    timeframe: str
    strategy: Word
    side: Side
    entry_price: DecimalText
    stop_price: DecimalText
    take_profit_price: DecimalText | None
    confidence: DecimalText
    reason: str
    bar_close: Instant
    created_at: Instant


class Signals(Answer):
    """The newest signals, newest first."""

    items: list[Signal]
