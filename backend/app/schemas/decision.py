"""The gate's answers as the API shows them."""

from uuid import UUID

from pydantic import JsonValue

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


class Rerun(Answer):
    """What came of deciding the receipt again under the rules of today: the same bytes, or the same answer."""

    stored_rule_version: str
    rule_version: str
    identical: bool
    same_answer: bool


class DecisionDetail(Answer):
    """A decision with the receipt that was stored with it: every fact and limit that decided, as canonical
    JSON. Both are null where it was made before receipts were kept."""

    decision: Decision
    receipt: dict[str, JsonValue] | None
    rerun: Rerun | None


class ChangedDecision(Answer):
    """A decision that would have come out otherwise; `breaches` are those under the changed settings."""

    id: UUID
    created_at: Instant
    wallet_id: UUID
    symbol: Symbol
    side: Side
    strategy: Word
    notional: DecimalText | None
    approved_before: bool
    approved_after: bool
    breaches: list[Breach]


class SettingsPreview(Answer):
    """A change of settings replayed over the decisions of the last days. `blocks` were approved and would be
    refused, `allows` the other way; `smaller` and `larger` are approvals of another size. `considered` were
    decided again, `without_receipt` could not be. The newest changed decisions are listed."""

    days: int
    considered: int
    without_receipt: int
    truncated: bool
    approved_before: int
    approved_after: int
    blocks: int
    allows: int
    smaller: int
    larger: int
    changed: list[ChangedDecision]
