"""What the risk status shows: the gate's own facts, read without locks."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_settings import ScopedRiskSettings
from app.models.wallet import Wallet
from app.repositories.gate_facts import FactsWanted, GateFactsRepository
from app.repositories.gate_rows import GateRows


class RiskStatusRepository:
    """Risk facts of one tenant, to be looked at."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def facts(
        self, user_id: UUID, market_time: Callable[[Sequence[str]], datetime]
    ) -> list[tuple[str, GateRows]]:
        """(environment, facts) of every environment in which the tenant has a wallet; paper before live. The
        windows are those of the market time of its venues."""
        found = await self._session.execute(
            select(Wallet.environment, Wallet.venue).where(Wallet.user_id == user_id).distinct()
        )
        venues: dict[str, list[str]] = {}
        for environment, venue in found:
            venues.setdefault(environment, []).append(venue)
        scoped = await self._session.execute(
            select(ScopedRiskSettings.scope, ScopedRiskSettings.scope_key).where(
                ScopedRiskSettings.user_id == user_id
            )
        )
        keys: dict[str, list[str]] = {"symbol": [], "strategy": []}
        for scope, key in scoped:
            keys[scope].append(key)
        facts = GateFactsRepository(self._session)
        return [
            (
                environment,
                await facts.read(
                    user_id,
                    FactsWanted(
                        [user_id],
                        environment,
                        market_time(venues[environment]),
                        keys["symbol"],
                        keys["strategy"],
                    ),
                ),
            )
            for environment in sorted(venues, reverse=True)
        ]
