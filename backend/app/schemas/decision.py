"""The gate's answers as the API shows them."""

from uuid import UUID

from app.domain.types import Side
from app.schemas.figures import Answer, DecimalText, Instant, Symbol, Word


class Breach(Answer):
    """One reason of a refusal, with its limit and value where there are figures."""

    code: str
    message: str
    limit: DecimalText | None
    value: DecimalText | None


class Decision(Answer):
    """What the gate answered to one signal for one wallet: approved, or every breach."""

    id: UUID
    created_at: Instant
    market_time: Instant
    wallet_id: UUID
    signal_id: UUID
    symbol: Symbol
    side: Side
    strategy: Word
    timeframe: str
    confidence: DecimalText
    approved: bool
    breaches: list[Breach]
    quantity: DecimalText | None
    notional: DecimalText | None
    binding_cap: str | None


class DecisionPage(Answer):
    """Decisions, newest first; `next_cursor` is null on the last page."""

    items: list[Decision]
    next_cursor: str | None
