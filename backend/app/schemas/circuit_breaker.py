"""Trading states, and the requests that change them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.domain.breaker import BreakerCause
from app.domain.types import BreakerScope, OrderLeg, OrderStatus, TradingState
from app.schemas.figures import Answer, DecimalText, Instant, Symbol
from app.schemas.moments import Moment
from app.schemas.request import PlainText, RequestBody

Reason = Annotated[PlainText, Field(min_length=1, max_length=300)]
RunState = Literal["halted", "flattening", "escalated", "flat"]


class WalletState(Answer):
    """What one wallet may do, all levels considered."""

    wallet_id: UUID
    state: TradingState
    reason: str | None


class Trip(Answer):
    """One cause that stops entries; each ends by itself. `resets_at` is market time, when a loss window ends."""

    scope: BreakerScope
    scope_id: str
    environment: Literal["all", "paper", "live"]
    cause: BreakerCause
    state: TradingState
    reason: str
    changed_by: str
    changed_at: Instant
    until: Instant | None
    resets_at: Instant | None
    probing: bool


class BreakerEvent(Answer):
    """One thing that a breaker did: tripped, paused, halted, resumed, reset, or noticed without stopping anything.
    `reading` and `threshold` are in the rule's own unit, null where a person decided."""

    id: int
    created_at: Instant
    market_time: Instant | None
    scope: BreakerScope
    scope_id: str
    environment: str
    cause: str
    kind: str
    reason: str
    changed_by: str
    reading: DecimalText | None
    threshold: DecimalText | None


class BreakerHistory(Answer):
    """What the breakers did, newest first."""

    items: list[BreakerEvent]


class KillSwitchRun(Answer):
    """A run of the kill switch by its steps: no gate passes after `halted_at`, the venue accepts no entry of ours
    after `quiescent_at`, everything is proven flat at `flat_at`."""

    id: UUID
    scope: BreakerScope
    state: RunState
    requested_at: Instant
    halted_at: Instant | None
    cancelled_at: Instant | None
    quiescent_at: Instant | None
    flat_at: Instant | None
    escalated_at: Instant | None
    escalation: str | None


class BreakerStatus(Answer):
    """What the user may do, and who decided so, when, why and until when. `kill_switch` is the newest run."""

    state: TradingState
    reason: str | None
    changed_by: str | None
    changed_at: Instant | None
    until: Instant | None
    wallets: list[WalletState]
    cause: BreakerCause | None
    resets_at: Instant | None
    trips: list[Trip]
    kill_switch: KillSwitchRun | None


class PauseRequest(RequestBody):
    """Stop entries of all wallets, or of one, until resumed or until that time."""

    reason: Reason | None = None
    wallet_id: UUID | None = None
    until: Moment | None = None


class ResumeRequest(RequestBody):
    """Let entries pass again; `acknowledge` says that the cause was read."""

    acknowledge: Literal[True]
    wallet_id: UUID | None = None


class KillSwitchRequest(RequestBody):
    """Halt all wallets, or one, and close everything. `close_external` closes positions too that are not ours."""

    confirm: Literal["CLOSE ALL"]
    reason: Reason | None = None
    wallet_id: UUID | None = None
    close_external: bool = False


class HeldPosition(Answer):
    """A position as the kill switch would meet it. `external`: not ours, and left alone unless asked for."""

    wallet_id: UUID
    wallet_name: str
    trade_id: UUID | None
    external: bool
    symbol: Symbol
    side: Literal["long", "short"]
    quantity: DecimalText
    mark_price: DecimalText | None
    notional: DecimalText | None
    unrealized_pnl: DecimalText | None
    estimated_cost: DecimalText | None
    will_close: bool


class HeldOrder(Answer):
    """An order and what the kill switch does with it."""

    client_order_id: str
    wallet_id: UUID
    symbol: Symbol
    leg: OrderLeg
    side: Literal["buy", "sell"]
    status: OrderStatus
    quantity: DecimalText
    price: DecimalText | None
    action: Literal["cancel", "resolve", "keep_until_flat"]


class KillSwitchPreview(Answer):
    """What the kill switch would meet and do now; the cost is fees and a slippage allowance, null where a price is
    not known. `external_unknown` are wallets whose venue did not tell what else is held."""

    scope: BreakerScope
    scope_id: str
    positions: list[HeldPosition]
    orders: list[HeldOrder]
    external_unknown: list[UUID]
    notional: DecimalText | None
    estimated_cost: DecimalText | None
    actions: list[str]
    as_of: Instant


class PositionOutcome(Answer):
    """What became of one position; `kept` is one that is not ours and stayed."""

    wallet_id: UUID
    wallet_name: str
    trade_id: UUID | None
    external: bool
    symbol: Symbol
    side: Literal["long", "short"]
    quantity: DecimalText
    outcome: Literal["closing", "closed", "never_opened", "kept"]
    exit_price: DecimalText | None
    exit_reason: str | None
    realized_pnl: DecimalText | None
    fees: DecimalText | None
    closed_at: Instant | None


class WaitingAccount(Answer):
    """An account that is not proven flat yet, and what stood in the way last."""

    wallet_id: UUID
    wallet_name: str
    error: str | None


class KillSwitchReceipt(KillSwitchRun):
    """A run with the time of each step and what became of every position."""

    scope_id: str
    reason: str
    requested_by: str
    close_external: bool
    accounts: int
    accounts_proven: int
    waiting: list[WaitingAccount]
    positions: list[PositionOutcome]


OperatedScopeName = Literal["platform", "venue", "user"]


class OperatedScopeBody(RequestBody):
    """The platform, one venue, or one user; `scope_id` is the venue's name or the user's id."""

    scope: OperatedScopeName
    scope_id: Annotated[PlainText, Field(max_length=64)] | None = None


class OperatorPauseRequest(OperatedScopeBody):
    """Stop entries of the scope, until an operator resumes it or until that time."""

    reason: Reason | None = None
    until: Moment | None = None


class OperatorResumeRequest(OperatedScopeBody):
    """Let entries of the scope pass again."""

    acknowledge: Literal[True]


class OperatorKillSwitchRequest(OperatedScopeBody):
    """Halt the scope and close everything of ours in it."""

    confirm: Literal["CLOSE ALL"]
    reason: Reason
    close_external: bool = False


class TripList(Answer):
    """Every cause that stops entries somewhere."""

    items: list[Trip]
