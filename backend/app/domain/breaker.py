"""Trading states: which of several scopes' states binds, why each was set, and when it has run out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.domain.types import BreakerScope, TradingState

EVERY_ENVIRONMENT: Final = "all"
PLATFORM_ID: Final = "platform"
_STRICTEST: Final = (TradingState.HALTED, TradingState.REDUCE_ONLY)
_OUTERMOST: Final = (BreakerScope.PLATFORM, BreakerScope.VENUE, BreakerScope.USER, BreakerScope.WALLET)


class BreakerCause(StrEnum):
    """Why a state was set. Each cause of a scope stands by itself: ending one leaves the others."""

    MANUAL = "manual"
    KILL_SWITCH = "kill_switch"
    DAILY_LOSS = "daily_loss"
    WEEKLY_LOSS = "weekly_loss"
    MONTHLY_LOSS = "monthly_loss"
    DRAWDOWN = "drawdown"
    CONSECUTIVE_LOSSES = "consecutive_losses"
    SLIPPAGE = "slippage"
    REJECT_RATE = "reject_rate"
    ORDER_RATE = "order_rate"
    STALE_PRICES = "stale_prices"
    VENUE_ERRORS = "venue_errors"
    CLOCK = "clock"
    DRIFT = "drift"
    NAKED_TIME = "naked_time"
    UNUSUAL_ACTIVITY = "unusual_activity"


LOSS_WINDOWS: Final = frozenset(
    {BreakerCause.DAILY_LOSS, BreakerCause.WEEKLY_LOSS, BreakerCause.MONTHLY_LOSS}
)
"""Latched until their window ends; nobody resumes them before."""
PROBED: Final = frozenset({BreakerCause.STALE_PRICES, BreakerCause.VENUE_ERRORS, BreakerCause.CLOCK})
"""Ended by probes of the venue that succeed."""
CLEARED: Final = frozenset({BreakerCause.DRIFT, BreakerCause.NAKED_TIME})
"""Ended when what caused them is over."""


@dataclass(frozen=True, slots=True)
class ScopeState:
    """The state that was set for one scope: by whom, why, since when, and until when (wall time; None: until
    changed). `resets_at` is market time: when a loss window ends.

    `scope_id` is the venue, user id or wallet id; "platform" for the platform. `environment` is paper, live or
    all.
    """

    scope: BreakerScope
    scope_id: str
    state: TradingState
    reason: str
    changed_by: str
    changed_at: datetime
    until: datetime | None
    environment: str = EVERY_ENVIRONMENT
    cause: BreakerCause = BreakerCause.MANUAL
    resets_at: datetime | None = None
    is_probing: bool = False

    def state_at(self, now: datetime) -> TradingState:
        """The state that holds at `now` (wall time): active once `until` has come."""
        return TradingState.ACTIVE if self.until is not None and self.until <= now else self.state


def binding_state(states: Iterable[ScopeState], now: datetime) -> ScopeState | None:
    """Return the strictest state that is not active at `now`; the outermost scope of several equal ones, of one
    scope's causes the one that was set first.

    None where every scope is active: a scope without a row is.
    """
    binding = [held for held in states if held.state_at(now) is not TradingState.ACTIVE]
    if not binding:
        return None
    return min(
        binding,
        key=lambda held: (_STRICTEST.index(held.state), _OUTERMOST.index(held.scope), held.changed_at),
    )


def may_resume(held: ScopeState) -> bool:
    """Whether a person may end this state: everything but a loss window, which ends by itself."""
    return held.cause not in LOSS_WINDOWS
