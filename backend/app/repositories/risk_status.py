"""What the risk status shows: the gate's own facts, read without locks and cut off from the session."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_state import BreakerState, RiskState
from app.models.wallet import Wallet
from app.repositories.risk_state import Exposure, RiskStateRepository, WalletRules


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """One environment's facts of a tenant. The rows are detached: what is computed on them is not stored."""

    environment: str
    rules: list[WalletRules]
    states: list[RiskState]
    exposures: list[Exposure]
    breakers: list[BreakerState]


class RiskStatusRepository:
    """Risk facts of one tenant, to be looked at."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def facts(self, user_id: UUID) -> list[RiskFacts]:
        """The facts of every environment in which the tenant has a wallet; paper before live."""
        risk = RiskStateRepository(self._session)
        breakers = await risk.breakers(user_id)
        environments = await self._session.execute(
            select(Wallet.environment).where(Wallet.user_id == user_id).distinct()
        )
        found = [
            RiskFacts(
                environment,
                await risk.rules(user_id, environment),
                await self._states(user_id, environment),
                await risk.exposures(user_id, environment),
                breakers,
            )
            for environment in sorted(environments.scalars(), reverse=True)
        ]
        self._session.expunge_all()
        return found

    async def _states(self, user_id: UUID, environment: str) -> list[RiskState]:
        statement = select(RiskState).where(
            RiskState.user_id == user_id, RiskState.environment == environment
        )
        return list((await self._session.execute(statement)).scalars())
