"""Trading states as a person sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.breaker import BreakerCause, ScopeState, binding_state
from app.domain.decimal_text import plain
from app.domain.types import BreakerScope, TradingState
from app.models.circuit_breaker import BreakerEvent, KillSwitchRun

SETTINGS_REASON = "Paused in the risk settings."
BY_USER = "user"


@dataclass(frozen=True, slots=True)
class WalletStateView:
    """What one wallet may do, all levels considered, and why where it is not active."""

    wallet_id: UUID
    state: TradingState
    reason: str | None


@dataclass(frozen=True, slots=True)
class TripView:
    """One cause that stops entries. `resets_at` is market time; `probing`: a venue in trouble answers again, and
    entries come back when it goes on doing so."""

    scope: str
    scope_id: str
    environment: str
    cause: str
    state: TradingState
    reason: str
    changed_by: str
    changed_at: datetime
    until: datetime | None
    resets_at: datetime | None
    probing: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """One thing that a breaker did; `reading` and `threshold` in the rule's own unit."""

    id: int
    created_at: datetime
    market_time: datetime | None
    scope: str
    scope_id: str
    environment: str
    cause: str
    kind: str
    reason: str
    changed_by: str
    reading: str | None
    threshold: str | None


@dataclass(frozen=True, slots=True)
class RunView:
    """The newest run of the kill switch, by its steps; None while a step is not reached."""

    id: UUID
    scope: str
    state: str
    requested_at: datetime
    halted_at: datetime | None
    cancelled_at: datetime | None
    quiescent_at: datetime | None
    flat_at: datetime | None
    escalated_at: datetime | None
    escalation: str | None


@dataclass(frozen=True, slots=True)
class BreakerView:
    """What the user may do, and who decided so, when, why and until when; None throughout when active.
    `resets_at` is market time."""

    state: TradingState
    reason: str | None
    changed_by: str | None
    changed_at: datetime | None
    until: datetime | None
    wallets: list[WalletStateView]
    cause: str | None = None
    resets_at: datetime | None = None
    trips: Sequence[TripView] = ()
    kill_switch: RunView | None = None


def breaker_view(
    states: Sequence[ScopeState],
    wallets: Sequence[tuple[UUID, str]],
    now: datetime,
    *,
    by_settings: bool,
    run: KillSwitchRun | None = None,
) -> BreakerView:
    """The states as shown: the user's own and, per wallet, the strictest of all that concern it."""
    above = [held for held in states if held.scope in (BreakerScope.PLATFORM, BreakerScope.USER)]
    binding = binding_state(above, now)
    known = {venue for _, venue in wallets} | {str(wallet) for wallet, _ in wallets}
    trips = tuple(
        trip_view(held)
        for held in states
        if held.state_at(now) is not TradingState.ACTIVE and (held in above or held.scope_id in known)
    )
    shown = [
        _wallet_view(
            wallet_id,
            binding_state(
                [*above, *(held for held in states if held.scope_id in (venue, str(wallet_id)))], now
            ),
            by_settings=by_settings,
        )
        for wallet_id, venue in wallets
    ]
    last = None if run is None else run_view(run)
    if binding is None:
        state = TradingState.REDUCE_ONLY if by_settings else TradingState.ACTIVE
        reason, who = (SETTINGS_REASON, BY_USER) if by_settings else (None, None)
        cause = BreakerCause.MANUAL.value if by_settings else None
        return BreakerView(state, reason, who, None, None, shown, cause, None, trips, last)
    return BreakerView(
        binding.state,
        binding.reason,
        binding.changed_by,
        binding.changed_at,
        binding.until,
        shown,
        binding.cause.value,
        binding.resets_at,
        trips,
        last,
    )


def trip_view(held: ScopeState) -> TripView:
    """One cause as shown."""
    return TripView(
        held.scope.value,
        held.scope_id,
        held.environment,
        held.cause.value,
        held.state,
        held.reason,
        held.changed_by,
        held.changed_at,
        held.until,
        held.resets_at,
        held.is_probing,
    )


def event_view(event: BreakerEvent) -> EventView:
    """One event as shown."""
    return EventView(
        event.id,
        event.created_at,
        event.market_time,
        event.scope,
        event.scope_id,
        event.environment,
        event.cause,
        event.kind,
        event.reason,
        event.changed_by,
        plain(event.reading),
        plain(event.threshold),
    )


def run_view(run: KillSwitchRun) -> RunView:
    """A run's steps as shown."""
    return RunView(
        run.id,
        run.scope,
        run_state(run),
        run.requested_at,
        run.halted_at,
        run.cancelled_at,
        run.quiescent_at,
        run.flat_at,
        run.escalated_at,
        run.escalation,
    )


def run_state(run: KillSwitchRun) -> str:
    """How far a run is: halted, flattening, escalated, flat."""
    if run.flat_at is not None:
        return "flat"
    if run.escalated_at is not None:
        return "escalated"
    return "halted" if run.listed_at is None else "flattening"


def _wallet_view(wallet_id: UUID, binding: ScopeState | None, *, by_settings: bool) -> WalletStateView:
    if binding is not None:
        return WalletStateView(wallet_id, binding.state, binding.reason)
    if by_settings:
        return WalletStateView(wallet_id, TradingState.REDUCE_ONLY, SETTINGS_REASON)
    return WalletStateView(wallet_id, TradingState.ACTIVE, None)
