"""One system transaction of the automatic breakers: its repositories, and whom it tells."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_settings import PlatformRiskLimit
from app.models.wallet import Wallet
from app.repositories.breaker_facts import SystemBreakerFactsRepository
from app.repositories.breakers import SystemBreakerRepository
from app.repositories.halt_lock import SystemHaltLock
from app.repositories.kill_switch import KillSwitchRepository
from app.repositories.notifications import NotificationOutbox, SystemNotificationOutbox
from app.repositories.trading_accounts import TradingAccountRepository


class SystemBreakerTransaction:
    """Repositories of the system role over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self.facts = SystemBreakerFactsRepository(session)
        self.breakers = SystemBreakerRepository(session)
        self.runs = KillSwitchRepository(session)
        self.halt = SystemHaltLock(session)
        self.told = NotificationOutbox(session)
        self.operators = SystemNotificationOutbox(session)
        self.accounts = TradingAccountRepository(session)

    async def platform_limits(self) -> dict[str, Decimal]:
        """The operator's own limits by field, in the field's unit (fractions 0-1)."""
        rows = await self._session.execute(select(PlatformRiskLimit.field, PlatformRiskLimit.value))
        return {row.field: row.value for row in rows}

    async def venues_of(self, user_id: UUID, environment: str) -> list[str]:
        """Venues of the user's active wallets of an environment, or of all."""
        statement = select(Wallet.venue).where(Wallet.user_id == user_id).distinct()
        if environment != "all":
            statement = statement.where(Wallet.environment == environment)
        return list((await self._session.execute(statement)).scalars())
