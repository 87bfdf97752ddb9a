"""The circuit breaker in a user's hands: pause entries at once, resume on purpose, and see what stands.

A pause is `reduce_only`: nothing opens, everything that is open goes on being protected and left. It takes
the exclusive side of the halt lock, so that no gate lets an entry through after it returns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.errors import ConflictError, FieldError, InvalidInputError, NotFoundError
from app.domain.breaker import ScopeState, binding_state
from app.domain.types import BreakerScope, TradingState
from app.repositories.audit import AuditRepository
from app.repositories.breakers import BreakerRepository
from app.repositories.halt_lock import SystemHaltLock
from app.repositories.user_events import UserEventRepository

BY_USER = "user"
PAUSED_REASON = "Paused by you."
RESUMED_REASON = "Resumed by you."
SETTINGS_REASON = "Paused in the risk settings."
LOSSES_REASON = "Losses in a row."


@dataclass(frozen=True, slots=True)
class WalletStateView:
    """What one wallet may do, all levels considered, and why where it is not active."""

    wallet_id: UUID
    state: TradingState
    reason: str | None


@dataclass(frozen=True, slots=True)
class BreakerView:
    """What the user may do, and who decided so, when, why and until when; None throughout when active."""

    state: TradingState
    reason: str | None
    changed_by: str | None
    changed_at: datetime | None
    until: datetime | None
    wallets: list[WalletStateView]


class CircuitBreaker:
    """Trading states of one user at a time."""

    def __init__(
        self,
        breakers: BreakerRepository,
        halt: SystemHaltLock,
        audit: AuditRepository,
        events: UserEventRepository,
        now: Callable[[], datetime],
    ) -> None:
        self._breakers = breakers
        self._halt = halt
        self._audit = audit
        self._events = events
        self._now = now

    async def status(self, user_id: UUID) -> BreakerView:
        """What the user and each active wallet may do now."""
        return breaker_view(
            await self._breakers.states(user_id),
            await self._breakers.active_wallets(user_id),
            self._now(),
            by_settings=await self._breakers.is_paused_by_settings(user_id),
        )

    async def pause(
        self, user_id: UUID, *, wallet_id: UUID | None, reason: str | None, until: datetime | None
    ) -> BreakerView:
        """Stop entries of the user, or of one wallet, until resumed or until that wall time.

        A scope that is halted stays halted: a pause would loosen it.
        """
        now = self._now()
        if until is not None and until <= now:
            message = "The end of a pause lies in the future."
            raise InvalidInputError(message, errors=(FieldError("until", "not_in_future", message),))
        await self._halt.exclude()
        scope, scope_id = await self._own_scope(user_id, wallet_id)
        held = _held(await self._breakers.states(user_id), scope, scope_id)
        if held is None or held.state_at(now) is not TradingState.HALTED:
            paused = ScopeState(
                scope, scope_id, TradingState.REDUCE_ONLY, reason or PAUSED_REASON, BY_USER, now, until
            )
            await self._breakers.set_state(user_id, paused)
            if wallet_id is None:
                # The settings' switch has no end of its own, so a pause with an end stands here alone.
                await self._breakers.mirror_pause(user_id, paused=until is None)
            ends = None if until is None else until.isoformat()
            await self._record(
                user_id, "trading_paused", scope, scope_id, {"reason": paused.reason, "until": ends}
            )
        return await self.status(user_id)

    async def resume(self, user_id: UUID, *, wallet_id: UUID | None) -> BreakerView:
        """Let the user, or one wallet, enter again, and begin the count of losses in a row anew; refused while
        the platform or the venue is halted."""
        now = self._now()
        scope, scope_id = await self._own_scope(user_id, wallet_id)
        states = await self._breakers.states(user_id)
        await self._refuse_above(user_id, wallet_id, states)
        held = _held(states, scope, scope_id)
        stopped = held is not None and held.state_at(now) is not TradingState.ACTIVE
        if wallet_id is None:
            stopped = stopped or await self._breakers.is_paused_by_settings(user_id)
            await self._breakers.mirror_pause(user_id, paused=False)
        forgotten = await self._breakers.forget_losses(user_id, wallet_id)
        if stopped or forgotten:
            resumed = ScopeState(scope, scope_id, TradingState.ACTIVE, RESUMED_REASON, BY_USER, now, None)
            await self._breakers.set_state(user_id, resumed)
            cause = LOSSES_REASON if not stopped else SETTINGS_REASON if held is None else held.reason
            await self._record(user_id, "trading_resumed", scope, scope_id, {"acknowledged": cause})
        return await self.status(user_id)

    async def _record(
        self, user_id: UUID, action: str, scope: BreakerScope, scope_id: str, details: dict[str, str | None]
    ) -> None:
        """Write the change to the audit log and tell the user's screens."""
        subject = {"scope": scope.value, "scope_id": scope_id}
        await self._audit.append(user_id, action, {**subject, **details}, self._now(), BY_USER)
        await self._events.announce(user_id, "breaker", scope_id)

    async def _own_scope(self, user_id: UUID, wallet_id: UUID | None) -> tuple[BreakerScope, str]:
        if wallet_id is None:
            return BreakerScope.USER, str(user_id)
        if wallet_id not in dict(await self._breakers.active_wallets(user_id)):
            raise NotFoundError(f"There is no wallet {wallet_id}.")
        return BreakerScope.WALLET, str(wallet_id)

    async def _refuse_above(
        self, user_id: UUID, wallet_id: UUID | None, states: Sequence[ScopeState]
    ) -> None:
        venue = None if wallet_id is None else dict(await self._breakers.active_wallets(user_id))[wallet_id]
        for held in states:
            above = held.scope is BreakerScope.PLATFORM or (
                held.scope is BreakerScope.VENUE and held.scope_id == venue
            )
            if above and held.state_at(self._now()) is TradingState.HALTED:
                raise ConflictError(
                    f"Trading is halted by the {held.scope.value}: {held.reason} An operator resumes it.",
                    code=f"halted_by_{held.scope.value}",
                )


def breaker_view(
    states: Sequence[ScopeState], wallets: Sequence[tuple[UUID, str]], now: datetime, *, by_settings: bool
) -> BreakerView:
    """The states as shown: the user's own and, per wallet, the strictest of all that concern it."""
    above = [held for held in states if held.scope in (BreakerScope.PLATFORM, BreakerScope.USER)]
    binding = binding_state(above, now)
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
    if binding is not None:
        return BreakerView(
            binding.state, binding.reason, binding.changed_by, binding.changed_at, binding.until, shown
        )
    if by_settings:
        return BreakerView(TradingState.REDUCE_ONLY, SETTINGS_REASON, BY_USER, None, None, shown)
    return BreakerView(TradingState.ACTIVE, None, None, None, None, shown)


def _wallet_view(wallet_id: UUID, binding: ScopeState | None, *, by_settings: bool) -> WalletStateView:
    if binding is not None:
        return WalletStateView(wallet_id, binding.state, binding.reason)
    if by_settings:
        return WalletStateView(wallet_id, TradingState.REDUCE_ONLY, SETTINGS_REASON)
    return WalletStateView(wallet_id, TradingState.ACTIVE, None)


def _held(states: Sequence[ScopeState], scope: BreakerScope, scope_id: str) -> ScopeState | None:
    return next((held for held in states if held.scope is scope and held.scope_id == scope_id), None)
