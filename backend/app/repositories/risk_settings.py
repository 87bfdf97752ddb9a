"""Risk settings of a user and the overrides of a wallet, in the table's names and units."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_settings import RiskSettings, ScopedRiskSettings, WalletRiskSettings
from app.models.risk_state import RiskState


class RiskSettingsRepository:
    """Settings of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def ensure(self, user_id: UUID) -> None:
        """Make the user's row with the defaults where it is missing."""
        await self._session.execute(insert(RiskSettings).values(user_id=user_id).on_conflict_do_nothing())

    async def one(self, user_id: UUID) -> RiskSettings:
        """The user's settings; the row is there from sign-up on."""
        statement = select(RiskSettings).where(RiskSettings.user_id == user_id)
        return (await self._session.execute(statement.execution_options(populate_existing=True))).scalar_one()

    async def lock(self, user_id: UUID) -> RiskSettings:
        """The user's settings, locked against a change at the same time."""
        statement = select(RiskSettings).where(RiskSettings.user_id == user_id).with_for_update()
        return (await self._session.execute(statement.execution_options(populate_existing=True))).scalar_one()

    async def change(self, user_id: UUID, values: Mapping[str, object]) -> RiskSettings:
        """Write values and count the version up."""
        statement = (
            update(RiskSettings)
            .where(RiskSettings.user_id == user_id)
            .values(**values, version=RiskSettings.version + 1, updated_at=func.now())
        )
        await self._session.execute(statement.execution_options(synchronize_session=False))
        return await self.one(user_id)

    async def ensure_wallet(self, user_id: UUID, wallet_id: UUID) -> None:
        """Make the wallet's row, without an opinion on anything, where it is missing."""
        statement = insert(WalletRiskSettings).values(user_id=user_id, wallet_id=wallet_id)
        await self._session.execute(statement.on_conflict_do_nothing())

    async def of_wallet(self, user_id: UUID, wallet_id: UUID) -> WalletRiskSettings | None:
        """The wallet's overrides; None where it has none."""
        statement = select(WalletRiskSettings).where(
            WalletRiskSettings.user_id == user_id, WalletRiskSettings.wallet_id == wallet_id
        )
        return (
            await self._session.execute(statement.execution_options(populate_existing=True))
        ).scalar_one_or_none()

    async def of_wallets(self, user_id: UUID) -> list[WalletRiskSettings]:
        """The overrides of every wallet of the user that has any."""
        statement = select(WalletRiskSettings).where(WalletRiskSettings.user_id == user_id)
        return list((await self._session.execute(statement)).scalars())

    async def change_wallet(
        self, user_id: UUID, wallet_id: UUID, values: Mapping[str, object]
    ) -> WalletRiskSettings | None:
        """Write a wallet's overrides and count their version up."""
        statement = (
            update(WalletRiskSettings)
            .where(WalletRiskSettings.user_id == user_id, WalletRiskSettings.wallet_id == wallet_id)
            .values(**values, version=WalletRiskSettings.version + 1, updated_at=func.now())
        )
        await self._session.execute(statement.execution_options(synchronize_session=False))
        return await self.of_wallet(user_id, wallet_id)

    async def scoped(self, user_id: UUID) -> list[ScopedRiskSettings]:
        """The limits of the user's strategies and symbols, in the order of their names."""
        statement = select(ScopedRiskSettings).where(ScopedRiskSettings.user_id == user_id)
        statement = statement.order_by(ScopedRiskSettings.scope, ScopedRiskSettings.scope_key)
        found = await self._session.execute(statement.execution_options(populate_existing=True))
        return list(found.scalars())

    async def ensure_scope(self, user_id: UUID, scope: str, key: str) -> None:
        """Make a strategy's or symbol's row, without an opinion on anything, where it is missing."""
        statement = insert(ScopedRiskSettings).values(user_id=user_id, scope=scope, scope_key=key)
        await self._session.execute(statement.on_conflict_do_nothing())

    async def of_scope(self, user_id: UUID, scope: str, key: str) -> ScopedRiskSettings | None:
        """A strategy's or symbol's limits; None where it has none."""
        statement = select(ScopedRiskSettings).where(
            ScopedRiskSettings.user_id == user_id,
            ScopedRiskSettings.scope == scope,
            ScopedRiskSettings.scope_key == key,
        )
        found = await self._session.execute(statement.execution_options(populate_existing=True))
        return found.scalar_one_or_none()

    async def change_scope(self, user_id: UUID, row_id: UUID, values: Mapping[str, object]) -> None:
        """Write a strategy's or symbol's limits and count their version up."""
        statement = (
            update(ScopedRiskSettings)
            .where(ScopedRiskSettings.user_id == user_id, ScopedRiskSettings.id == row_id)
            .values(**values, version=ScopedRiskSettings.version + 1, updated_at=func.now())
        )
        await self._session.execute(statement.execution_options(synchronize_session=False))

    async def lock_states(self, user_id: UUID, wallet_id: UUID | None = None) -> list[RiskState]:
        """The risk rows that a change of limits must not race with, locked: the user's before the wallets'.

        With a wallet, that wallet's row alone.
        """
        statement = select(RiskState).where(RiskState.user_id == user_id)
        if wallet_id is not None:
            statement = statement.where(RiskState.wallet_id == wallet_id)
        statement = statement.order_by(RiskState.environment, RiskState.wallet_id.nulls_first())
        statement = statement.with_for_update().execution_options(populate_existing=True)
        return list((await self._session.execute(statement)).scalars())
