"""The circuit breaker in a user's hands: pause entries at once, resume on purpose, and see what stands.

A pause is `reduce_only`: nothing opens, everything that is open goes on being protected and left. It takes
the exclusive side of the halt lock, so that no gate lets an entry through after it returns.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.core.errors import ConflictError, FieldError, InvalidInputError, NotFoundError
from app.domain.breaker import BreakerCause, ScopeState, may_resume
from app.domain.notification_events import NotificationEvent
from app.domain.types import BreakerScope, TradingState
from app.repositories.audit import AuditRepository
from app.repositories.breakers import BreakerChange, BreakerRepository
from app.repositories.kill_switch import KillSwitchRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.trading_accounts import TradingAccountRepository
from app.services.breaker_board import BY_OPERATOR, BreakerBoard
from app.services.breaker_views import (
    BY_USER,
    SETTINGS_REASON,
    BreakerView,
    EventView,
    WalletStateView,
    breaker_view,
    event_view,
)

__all__ = ["BreakerView", "CircuitBreaker", "WalletStateView", "breaker_view"]

PAUSED_REASON = "Paused by you."
RESUMED_REASON = "Resumed by you."
LOSSES_REASON = "Losses in a row."
_NAMES = {
    BreakerScope.PLATFORM: "The platform",
    BreakerScope.VENUE: "The venue",
    BreakerScope.USER: "Your account",
    BreakerScope.WALLET: "The wallet",
}


class CircuitBreaker:
    """Trading states of one user at a time."""

    def __init__(
        self,
        breakers: BreakerRepository,
        board: BreakerBoard,
        runs: KillSwitchRepository,
        audit: AuditRepository,
        notifications: NotificationOutbox,
        accounts: TradingAccountRepository,
        now: Callable[[], datetime],
    ) -> None:
        self._breakers = breakers
        self._board = board
        self._runs = runs
        self._audit = audit
        self._notifications = notifications
        self._accounts = accounts
        self._now = now

    async def status(self, user_id: UUID) -> BreakerView:
        """What the user and each active wallet may do now."""
        return breaker_view(
            await self._breakers.states(user_id),
            await self._breakers.active_wallets(user_id),
            self._now(),
            by_settings=await self._breakers.is_paused_by_settings(user_id),
            run=await self._runs.latest(user_id),
        )

    async def history(self, user_id: UUID, limit: int) -> list[EventView]:
        """What breakers that concern the user did, newest first."""
        return [event_view(event) for event in await self._breakers.events(user_id, limit)]

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
        scope, scope_id = await self.own_scope(user_id, wallet_id)
        paused = ScopeState(
            scope, scope_id, TradingState.REDUCE_ONLY, reason or PAUSED_REASON, BY_USER, now, until
        )
        if await self._board.set(BreakerChange(paused, user_id, "paused")):
            if wallet_id is None:
                # The settings' switch has no end of its own, so a pause with an end stands here alone.
                await self._breakers.mirror_pause(user_id, paused=until is None)
            ends = None if until is None else until.isoformat()
            details = {"reason": paused.reason, "until": ends}
            await self._record(user_id, NotificationEvent.TRADING_PAUSED, paused, details)
        return await self.status(user_id)

    async def resume(self, user_id: UUID, *, wallet_id: UUID | None) -> BreakerView:
        """Let the user, or one wallet, enter again, and begin the count of losses in a row, and a drawdown that
        tripped, anew; refused while somebody above has halted, while the kill switch is not done, and where a
        loss window alone stands in the way: that ends by itself."""
        now = self._now()
        scope, scope_id = await self.own_scope(user_id, wallet_id)
        states = await self._breakers.states(user_id)
        await self._refuse_above(user_id, wallet_id, states)
        own = [held for held in states if (held.scope, held.scope_id) == (scope, scope_id)]
        standing = [held for held in own if held.state_at(now) is not TradingState.ACTIVE]
        await self._refuse_own(user_id, standing)
        by_settings = False
        if wallet_id is None:
            by_settings = await self._breakers.is_paused_by_settings(user_id)
            await self._breakers.mirror_pause(user_id, paused=False)
        forgotten = await self._breakers.forget_losses(user_id, wallet_id)
        ended = [held for held in standing if may_resume(held)]
        if not (ended or forgotten or by_settings) and standing:
            raise ConflictError(standing[0].reason, code="loss_limit_stands")
        for held in ended:
            resumed = replace(held, reason=RESUMED_REASON, changed_by=BY_USER)
            await self._board.end(BreakerChange(resumed, user_id, "resumed"))
        fallen = [held.environment for held in ended if held.cause is BreakerCause.DRAWDOWN]
        await self._breakers.begin_drawdown_anew(user_id, wallet_id, fallen)
        if ended or forgotten or by_settings:
            cause = ended[0].reason if ended else SETTINGS_REASON if by_settings else LOSSES_REASON
            told = ScopeState(scope, scope_id, TradingState.ACTIVE, RESUMED_REASON, BY_USER, now, None)
            await self._record(user_id, NotificationEvent.TRADING_RESUMED, told, {"acknowledged": cause})
        return await self.status(user_id)

    async def record_kill_switch(
        self, user_id: UUID, scope: BreakerScope, scope_id: str, reason: str
    ) -> None:
        """Write that the user pressed the kill switch; executors tell of the run itself."""
        details = {"scope": scope.value, "scope_id": scope_id, "reason": reason}
        await self._audit.append(user_id, "kill_switch", details, self._now(), BY_USER)

    async def own_scope(self, user_id: UUID, wallet_id: UUID | None) -> tuple[BreakerScope, str]:
        """The user, or the wallet that is named, which must be an active one of the user's."""
        if wallet_id is None:
            return BreakerScope.USER, str(user_id)
        if wallet_id not in dict(await self._breakers.active_wallets(user_id)):
            raise NotFoundError(f"There is no wallet {wallet_id}.")
        return BreakerScope.WALLET, str(wallet_id)

    async def _record(
        self, user_id: UUID, event: NotificationEvent, held: ScopeState, details: dict[str, str | None]
    ) -> None:
        """Write the change to the audit log and tell the user by the channels that were asked for."""
        subject = {"scope": held.scope.value, "scope_id": held.scope_id}
        await self._audit.append(user_id, event.value, {**subject, **details}, held.changed_at, BY_USER)
        await self._board.breakers.announce(held.scope, held.scope_id)
        await self._notifications.emit(
            user_id,
            event,
            dedupe_key=f"{held.scope_id}:{held.changed_at.isoformat()}",
            figures={
                "scope": await scope_name(self._accounts, user_id, held.scope, held.scope_id),
                "reason": held.reason,
            },
            subject=held.scope_id,
            wallet_id=UUID(held.scope_id) if held.scope is BreakerScope.WALLET else None,
        )

    async def _refuse_own(self, user_id: UUID, standing: Sequence[ScopeState]) -> None:
        for held in standing:
            if held.changed_by == BY_OPERATOR:
                raise ConflictError(
                    f"An operator stopped this: {held.reason} An operator resumes it.",
                    code="stopped_by_operator",
                )
            if held.cause is BreakerCause.KILL_SWITCH:
                run = await self._runs.unfinished(user_id, held.scope.value, held.scope_id)
                if run is not None:
                    raise ConflictError(
                        "The kill switch is still closing positions: resume when everything is proven flat.",
                        code="kill_switch_not_flat",
                    )

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


async def scope_name(
    accounts: TradingAccountRepository, user_id: UUID | None, scope: BreakerScope, scope_id: str
) -> str:
    """A scope in a message to its owner; a wallet is called as its owner calls it."""
    if scope is BreakerScope.WALLET and user_id is not None:
        return await accounts.name(user_id, UUID(scope_id)) or _NAMES[scope]
    return _NAMES[scope]
