"""The one place where a trading state is set or ended, whoever asks: a person, a rule, the kill switch.

A state is set under the exclusive side of the halt lock: once the transaction has committed, no gate passes that
it stops. Ending one needs no lock: a gate that has not seen it yet only refuses once more.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.domain.breaker import EVERY_ENVIRONMENT, BreakerCause, ScopeState
from app.domain.types import BreakerScope, TradingState
from app.repositories.breakers import BreakerChange, SystemBreakerRepository
from app.repositories.halt_lock import SystemHaltLock

BY_OPERATOR: Final = "operator"
BY_RULE: Final = "automatic"
ALARM_SCORE: Final = Decimal(40)
REASON_CHARACTERS: Final = 300
_SEVERITY: Final = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}


class BreakerBoard:
    """Sets and ends states in somebody's transaction."""

    def __init__(
        self, breakers: SystemBreakerRepository, halt: SystemHaltLock, now: Callable[[], datetime]
    ) -> None:
        self.breakers = breakers
        self._halt = halt
        self._now = now

    async def set(self, change: BreakerChange) -> bool:
        """Set a state; False where one of that cause stands that this would loosen, or that an operator set."""
        await self._halt.exclude()
        held = await self.breakers.lock(change)
        if held is not None and not _may_replace(held, change.held, self._now()):
            return False
        await self.breakers.write(change)
        await self.breakers.announce(change.held.scope, change.held.scope_id)
        return True

    async def end(self, change: BreakerChange) -> None:
        """Let a scope's cause stop nothing any more; `change` holds the state as it stood, and who ends it why."""
        ended = replace(
            change.held, state=TradingState.ACTIVE, changed_at=self._now(), until=None, resets_at=None
        )
        await self.breakers.write(replace(change, held=ended, probe=None))
        await self.breakers.announce(ended.scope, ended.scope_id)


def _may_replace(held: ScopeState, wanted: ScopeState, now: datetime) -> bool:
    standing = held.state_at(now)
    if standing is TradingState.ACTIVE:
        return True
    if held.changed_by == BY_OPERATOR and wanted.changed_by != BY_OPERATOR:
        return False
    if wanted.state is not standing:
        return _SEVERITY[wanted.state] > _SEVERITY[standing]
    return not _ends_before(wanted, held)


def _ends_before(wanted: ScopeState, held: ScopeState) -> bool:
    """Whether the wanted state would be over sooner: that is a resume, which somebody has to prove to be."""
    return wanted.until is not None and (held.until is None or wanted.until < held.until)


def unusual_change(
    scope: BreakerScope,
    scope_id: str,
    user_id: UUID,
    reasons: str,
    now: datetime,
    *,
    environment: str = EVERY_ENVIRONMENT,
    pauses: bool,
    score: Decimal | None = None,
) -> BreakerChange:
    """What is written of unusual activity: a pause, or that the owner was told. `score` is 0-100, None for a
    sign-in."""
    state = TradingState.REDUCE_ONLY if pauses else TradingState.ACTIVE
    reason = f"Unusual activity: {reasons}"[:REASON_CHARACTERS]
    cause = BreakerCause.UNUSUAL_ACTIVITY
    held = ScopeState(scope, scope_id, state, reason, BY_RULE, now, None, environment, cause)
    limit = None if score is None else ALARM_SCORE
    return BreakerChange(held, user_id, "tripped" if pauses else "alerted", score, limit)
