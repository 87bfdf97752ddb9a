"""Joins the desk of risk settings with what it needs, in somebody's transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.bootstrap.breakers import circuit_breaker
from app.core.db import Database
from app.repositories.audit import AuditRepository
from app.repositories.risk_pending import PendingChangeRepository, SystemPendingChangeRepository
from app.repositories.risk_settings import RiskSettingsRepository
from app.repositories.user_events import UserEventRepository
from app.services.step_up import Proving
from app.services.trading.loosening import Loosenings
from app.services.trading.risk_settings import RiskSettingsDesk

DUE_AT_ONCE = 1000
Now = Callable[[], datetime]


def by_the_platform() -> None:
    """The proof of a process that acts for itself: nobody sits there whom one could ask."""


def risk_settings_desk(session: AsyncSession, now: Now, prove: Proving) -> RiskSettingsDesk:
    """Risk settings of one tenant at a time; `prove` refuses to loosen for somebody who has not shown who it is."""
    return RiskSettingsDesk(
        RiskSettingsRepository(session),
        Loosenings(PendingChangeRepository(session), now),
        AuditRepository(session),
        UserEventRepository(session),
        circuit_breaker(session, now),
        prove,
        now,
    )


async def apply_due_loosenings(system: Database, tenants: Database, now: Now) -> int:
    """Let every loosening act whose day has come, one transaction per tenant; returns how many did."""
    async with system.system() as session:
        users = await SystemPendingChangeRepository(session).due_users(now(), DUE_AT_ONCE)
    applied = 0
    for user_id in users:
        async with tenants.tenant(user_id) as session:
            applied += await risk_settings_desk(session, now, by_the_platform).apply_due(user_id)
    return applied
