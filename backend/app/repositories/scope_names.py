"""What a breaker's scope is called in a message to the person whom it concerns."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import BreakerScope
from app.models.wallet import Wallet

_NAMES: Final[Mapping[BreakerScope, str]] = {
    BreakerScope.PLATFORM: "The platform",
    BreakerScope.VENUE: "The venue",
    BreakerScope.USER: "Your account",
    BreakerScope.WALLET: "The wallet",
}


class SystemScopeNames:
    """Names of scopes, in a transaction that may read the wallet."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, scope: BreakerScope, scope_id: str) -> str:
        """The scope's name; a wallet is called as its owner calls it."""
        if scope is not BreakerScope.WALLET:
            return _NAMES[scope]
        statement = select(Wallet.name).where(Wallet.id == UUID(scope_id))
        name = (await self._session.execute(statement)).scalar_one_or_none()
        return name or _NAMES[scope]
