"""Trading states of every scope that concerns a tenant, and the mirror of them in the risk settings."""

from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.breaker import ScopeState
from app.domain.types import BreakerScope, TradingState
from app.models.risk_settings import RiskSettings
from app.models.risk_state import BreakerState, RiskState
from app.models.wallet import Wallet


class BreakerRepository:
    """Trading states of one tenant, and those of the platform and the venues, which it may read."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def states(self, user_id: UUID) -> list[ScopeState]:
        """Every state that was set for the platform, a venue, the user or one of its wallets."""
        statement = select(
            BreakerState.scope,
            BreakerState.scope_id,
            BreakerState.state,
            BreakerState.reason,
            BreakerState.changed_by,
            BreakerState.changed_at,
            BreakerState.until,
        ).where(or_(BreakerState.user_id.is_(None), BreakerState.user_id == user_id))
        return [
            ScopeState(BreakerScope(scope), scope_id, TradingState(state), reason, changed_by, at, until)
            for scope, scope_id, state, reason, changed_by, at, until in await self._session.execute(
                statement
            )
        ]

    async def set_state(self, user_id: UUID, held: ScopeState) -> None:
        """Write the state of the user or of one of its wallets."""
        values = {
            "state": held.state.value,
            "reason": held.reason,
            "changed_by": held.changed_by,
            "changed_at": held.changed_at,
            "until": held.until,
        }
        await self._session.execute(
            insert(BreakerState)
            .values(scope=held.scope.value, scope_id=held.scope_id, user_id=user_id, **values)
            .on_conflict_do_update(
                index_elements=[BreakerState.scope, BreakerState.scope_id],
                set_=values,
                where=BreakerState.user_id == user_id,
            )
        )

    async def active_wallets(self, user_id: UUID) -> list[tuple[UUID, str]]:
        """(wallet id, venue) of the tenant's active wallets, oldest first."""
        statement = (
            select(Wallet.id, Wallet.venue)
            .where(Wallet.user_id == user_id, Wallet.status == "active")
            .order_by(Wallet.created_at, Wallet.id)
        )
        return [(wallet_id, venue) for wallet_id, venue in await self._session.execute(statement)]

    async def is_paused_by_settings(self, user_id: UUID) -> bool:
        """Whether the risk settings say that trading is paused."""
        statement = select(RiskSettings.trading_paused).where(RiskSettings.user_id == user_id)
        return bool((await self._session.execute(statement)).scalar_one_or_none())

    async def forget_losses(self, user_id: UUID, wallet_id: UUID | None) -> bool:
        """Begin the count of losses in a row anew, of the user (with its strategies and symbols) or of one
        wallet; False where there was none."""
        own = RiskState.wallet_id.is_(None) if wallet_id is None else RiskState.wallet_id == wallet_id
        found = await self._session.execute(
            update(RiskState)
            .where(RiskState.user_id == user_id, own, RiskState.consecutive_losses > 0)
            .values(consecutive_losses=0)
            .returning(RiskState.id)
            .execution_options(synchronize_session=False)
        )
        forgotten = found.first() is not None
        if wallet_id is None:
            counted = await self._session.execute(select(func.forget_counted_losses()))
            forgotten |= counted.scalar_one() > 0
        return forgotten

    async def mirror_pause(self, user_id: UUID, *, paused: bool) -> None:
        """Make `risk_settings.trading_paused` say so; without a row only a pause makes one."""
        if paused:
            await self._session.execute(
                insert(RiskSettings)
                .values(user_id=user_id, trading_paused=True)
                .on_conflict_do_update(
                    index_elements=[RiskSettings.user_id],
                    set_={"trading_paused": True, "updated_at": func.now()},
                )
            )
            return
        await self._session.execute(
            update(RiskSettings)
            .where(RiskSettings.user_id == user_id, RiskSettings.trading_paused)
            .values(trading_paused=False, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )
