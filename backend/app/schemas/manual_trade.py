"""Manual trades as the API shows them."""

from enum import StrEnum
from uuid import UUID

from app.domain.external_fills import Effect
from app.domain.types import ExitReason, OrderSide
from app.schemas.figures import Answer, DecimalText, Instant


class Counterfactual(StrEnum):
    """Whether it is known what our exit rules would have done: none (there was no position of ours), pending,
    resolved, or unresolved (the market's bars were not to be had, or the rules never left)."""

    NONE = "none"
    PENDING = "pending"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"


class ManualTrade(Answer):
    """An order of somebody else on the user's account, and the learning record of what it closed. `pnl` and
    `rules_pnl` are net of fees; `position_id` is the trade of ours that it closed or reduced."""

    id: UUID
    position_id: UUID | None
    wallet_id: UUID
    environment: str
    venue: str
    symbol: str
    effect: Effect
    side: OrderSide
    quantity: DecimalText
    entry_price: DecimalText | None
    exit_price: DecimalText
    fees: DecimalText
    pnl: DecimalText
    strategy: str | None
    confidence: DecimalText | None
    manual_closure: bool
    closure_reason: str | None
    duration_minutes: DecimalText | None
    executed_at: Instant
    detected_at: Instant
    counterfactual: Counterfactual
    rules_exit_at: Instant | None
    rules_exit_price: DecimalText | None
    rules_exit_reason: ExitReason | None
    rules_pnl: DecimalText | None


class ManualTradePage(Answer):
    """The last detected first; the counters are over all wallets and do not follow the filters."""

    items: list[ManualTrade]
    next_cursor: str | None
    manual_trades_detected: int
    successful_matches: int
