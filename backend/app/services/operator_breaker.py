"""Circuit breakers in an operator's hands: the platform, one venue, or one user. Every change is audited.

The database lets nobody but administrators write these rows (policy `administrator`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.core.errors import ConflictError, FieldError, InvalidInputError
from app.domain.breaker import PLATFORM_ID, BreakerCause, ScopeState
from app.domain.types import BreakerScope, TradingState
from app.repositories.audit import AuditRepository
from app.repositories.breakers import BreakerChange
from app.repositories.kill_switch import HeldTrade, KillSwitchRepository, SystemScopeRepository, WorkingOrder
from app.services.breaker_board import BY_OPERATOR, BreakerBoard
from app.services.breaker_report import ReportPeriod, breaker_report
from app.services.breaker_views import RunView, TripView, event_view, trip_view
from app.services.kill_switch import KillSwitch, Press

PAUSED_REASON = "Paused by an operator."
RESUMED_REASON = "Resumed by an operator."
LONGEST_REPORT: Final = timedelta(days=31)
MOST_EVENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class OperatedScope:
    """What an operator acts on: its owner is None for the platform and for a venue."""

    scope: BreakerScope
    scope_id: str
    user_id: UUID | None


def operated_scope(scope: BreakerScope, scope_id: str | None, venues: Sequence[str]) -> OperatedScope:
    """The scope that is named: the platform, a venue that exists, or a user's id."""
    match scope:
        case BreakerScope.PLATFORM:
            return OperatedScope(scope, PLATFORM_ID, None)
        case BreakerScope.VENUE if scope_id in venues:
            return OperatedScope(scope, str(scope_id), None)
        case BreakerScope.USER if scope_id is not None:
            try:
                user_id = UUID(scope_id)
            except ValueError:
                raise _refused("scope_id", f"{scope_id} is no user's id.") from None
            return OperatedScope(scope, str(user_id), user_id)
        case _ if scope_id is None:
            raise _refused("scope_id", f"Say which {scope.value}.")
        case _:
            raise _refused("scope_id", f"There is no {scope.value} {scope_id}.")


class OperatorBreaker:
    """Changes of one administrator at a time."""

    def __init__(
        self,
        board: BreakerBoard,
        switch: KillSwitch,
        runs: KillSwitchRepository,
        scopes: SystemScopeRepository,
        audit: AuditRepository,
        now: Callable[[], datetime],
    ) -> None:
        self._board = board
        self._switch = switch
        self._runs = runs
        self._scopes = scopes
        self._audit = audit
        self._now = now

    async def status(self) -> list[TripView]:
        """Every state of every scope that is not active."""
        now = self._now()
        return [
            trip_view(held)
            for held, _, _ in await self._board.breakers.in_force()
            if held.state_at(now) is not TradingState.ACTIVE
        ]

    async def report(self, period: ReportPeriod) -> str:
        """The page that tells what every breaker did in that period."""
        if not timedelta(0) < period.until - period.since <= LONGEST_REPORT:
            raise _refused(
                "until", f"A report covers up to {LONGEST_REPORT.days} days, and ends after it begins."
            )
        events = await self._board.breakers.between(period.since, period.until, MOST_EVENTS)
        return breaker_report([event_view(event) for event in events], period)

    async def pause(
        self, admin_id: UUID, target: OperatedScope, *, reason: str | None, until: datetime | None
    ) -> list[TripView]:
        """Stop entries of the scope, until an operator resumes it or until that wall time."""
        now = self._now()
        if until is not None and until <= now:
            raise _refused("until", "The end of a pause lies in the future.")
        held = ScopeState(
            target.scope,
            target.scope_id,
            TradingState.REDUCE_ONLY,
            reason or PAUSED_REASON,
            BY_OPERATOR,
            now,
            until,
        )
        await self._board.set(BreakerChange(held, target.user_id, "paused"))
        await self._record(admin_id, "operator_paused", target, held.reason)
        return await self.status()

    async def resume(self, admin_id: UUID, target: OperatedScope) -> list[TripView]:
        """End every cause of the scope that a person may end; refused while its kill switch is not done."""
        run = await self._runs.unfinished(target.user_id, target.scope.value, target.scope_id)
        if run is not None:
            raise ConflictError(
                "The kill switch is still closing positions: resume when everything is proven flat.",
                code="kill_switch_not_flat",
            )
        for held, owner in await self._board.breakers.of_scope(target.scope, target.scope_id):
            # A user's own pause stays the user's to end.
            if held.changed_by == "user" and held.cause is BreakerCause.MANUAL:
                continue
            ended = replace(held, reason=RESUMED_REASON, changed_by=BY_OPERATOR)
            await self._board.end(BreakerChange(ended, owner, "resumed"))
        await self._record(admin_id, "operator_resumed", target, RESUMED_REASON)
        return await self.status()

    async def kill(
        self, admin_id: UUID, target: OperatedScope, run_id: UUID, *, reason: str, close_external: bool
    ) -> RunView:
        """Halt the scope, cancel, flatten and prove; latched until an operator resumes it."""
        press = Press(
            run_id, target.scope, target.scope_id, target.user_id, reason, BY_OPERATOR, close_external
        )
        run = await self._switch.start(press)
        await self._record(admin_id, "operator_kill_switch", target, reason)
        return run

    async def held(self, target: OperatedScope) -> tuple[list[HeldTrade], Sequence[WorkingOrder]]:
        """What every tenant of the scope holds, and what works."""
        return (
            await self._scopes.held(target.scope, target.scope_id),
            await self._scopes.working(target.scope, target.scope_id),
        )

    async def _record(self, admin_id: UUID, action: str, target: OperatedScope, reason: str) -> None:
        details = {"scope": target.scope.value, "scope_id": target.scope_id, "reason": reason}
        await self._audit.append(admin_id, action, details, self._now(), BY_OPERATOR)


def _refused(field: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, errors=(FieldError(field, "refused", message),))
