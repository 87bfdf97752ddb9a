"""Trading states, and the requests that change them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from app.domain.types import TradingState
from app.schemas.figures import Answer, Instant
from app.schemas.request import PlainText, RequestBody


class WalletState(Answer):
    """What one wallet may do, all levels considered."""

    wallet_id: UUID
    state: TradingState
    reason: str | None


class BreakerStatus(Answer):
    """What the user may do, and who decided so, when, why and until when."""

    state: TradingState
    reason: str | None
    changed_by: str | None
    changed_at: Instant | None
    until: Instant | None
    wallets: list[WalletState]


class PauseRequest(RequestBody):
    """Stop entries of all wallets, or of one, until resumed or until that time."""

    reason: Annotated[PlainText, Field(min_length=1, max_length=300)] | None = None
    wallet_id: UUID | None = None
    until: AwareDatetime | None = None


class ResumeRequest(RequestBody):
    """Let entries pass again; `acknowledge` says that the cause was read."""

    acknowledge: Literal[True]
    wallet_id: UUID | None = None
