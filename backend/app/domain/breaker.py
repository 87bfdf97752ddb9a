"""Trading states: which of several scopes' states binds, and when a state has run out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.types import BreakerScope, TradingState

_SEVERITY: Final = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}
_OUTERMOST: Final = (BreakerScope.PLATFORM, BreakerScope.VENUE, BreakerScope.USER, BreakerScope.WALLET)


@dataclass(frozen=True, slots=True)
class ScopeState:
    """The state that was set for one scope: by whom, why, since when, and until when (None: until changed).

    `scope_id` is the venue, user id or wallet id; "platform" for the platform.
    """

    scope: BreakerScope
    scope_id: str
    state: TradingState
    reason: str
    changed_by: str
    changed_at: datetime
    until: datetime | None

    def state_at(self, now: datetime) -> TradingState:
        """The state that holds at `now` (wall time): active once `until` has come."""
        return TradingState.ACTIVE if self.until is not None and self.until <= now else self.state


def binding_state(states: Iterable[ScopeState], now: datetime) -> ScopeState | None:
    """Return the strictest state that is not active at `now`; the outermost scope of several equal ones.

    None where every scope is active: a scope without a row is.
    """
    binding = [held for held in states if held.state_at(now) is not TradingState.ACTIVE]
    if not binding:
        return None
    return max(binding, key=lambda held: (_SEVERITY[held.state], -_OUTERMOST.index(held.scope)))
