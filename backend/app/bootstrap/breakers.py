"""Joins circuit breakers and the kill switch with what they need, in somebody's transaction."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.repositories.audit import AuditRepository
from app.repositories.breakers import BreakerRepository, SystemBreakerRepository
from app.repositories.halt_lock import SystemHaltLock
from app.repositories.kill_switch import KillSwitchRepository, SystemScopeRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.trading_accounts import TradingAccountRepository
from app.services.breaker_board import BreakerBoard
from app.services.breaker_views import BY_USER, RunView
from app.services.circuit_breaker import CircuitBreaker
from app.services.kill_switch import KillSwitch, Press
from app.services.operator_breaker import OperatorBreaker

Now = Callable[[], datetime]


def breaker_board(session: AsyncSession, now: Now) -> BreakerBoard:
    """The place where states are set."""
    return BreakerBoard(SystemBreakerRepository(session), SystemHaltLock(session), now)


def circuit_breaker(session: AsyncSession, now: Now) -> CircuitBreaker:
    """The circuit breaker of one tenant at a time."""
    return CircuitBreaker(
        BreakerRepository(session),
        breaker_board(session, now),
        KillSwitchRepository(session),
        AuditRepository(session),
        NotificationOutbox(session),
        TradingAccountRepository(session),
        now,
    )


def kill_switch(session: AsyncSession, now: Now) -> KillSwitch:
    """The kill switch, in the request's transaction."""
    return KillSwitch(KillSwitchRepository(session), breaker_board(session, now), now)


async def press_own_kill_switch(
    session: AsyncSession,
    user_id: UUID,
    wallet_id: UUID | None,
    run_id: UUID,
    *,
    reason: str,
    close_external: bool,
) -> RunView:
    """Halt the user, or one wallet, and begin to close everything, in the tenant's transaction."""
    breaker = circuit_breaker(session, utc_now)
    scope, scope_id = await breaker.own_scope(user_id, wallet_id)
    press = Press(run_id, scope, scope_id, user_id, reason, BY_USER, close_external)
    run = await kill_switch(session, utc_now).start(press)
    await breaker.record_kill_switch(user_id, scope, scope_id, reason)
    return run


def operator_breaker(session: AsyncSession, now: Now) -> OperatorBreaker:
    """Breakers of every scope, in an administrator's transaction."""
    return OperatorBreaker(
        breaker_board(session, now),
        kill_switch(session, now),
        KillSwitchRepository(session),
        SystemScopeRepository(session),
        AuditRepository(session),
        now,
    )
