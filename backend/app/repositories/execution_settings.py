"""How wallets want their orders carried out."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.execution_settings import ExecutionSettingsRow


class ExecutionSettingsRepository:
    """Execution settings of one tenant's wallets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_wallet(self, user_id: UUID, wallet_id: UUID) -> ExecutionSettingsRow | None:
        """The wallet's row; None where it never changed a default."""
        statement = select(ExecutionSettingsRow).where(
            ExecutionSettingsRow.user_id == user_id, ExecutionSettingsRow.wallet_id == wallet_id
        )
        found = await self._session.execute(statement.execution_options(populate_existing=True))
        return found.scalar_one_or_none()

    async def lock(self, user_id: UUID, wallet_id: UUID) -> ExecutionSettingsRow:
        """The wallet's row, made with the defaults where it is missing, locked until the transaction ends."""
        made = insert(ExecutionSettingsRow).values(user_id=user_id, wallet_id=wallet_id)
        await self._session.execute(made.on_conflict_do_nothing())
        statement = (
            select(ExecutionSettingsRow)
            .where(ExecutionSettingsRow.user_id == user_id, ExecutionSettingsRow.wallet_id == wallet_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def change(self, user_id: UUID, wallet_id: UUID, values: Mapping[str, object]) -> None:
        """Write values and count the version up."""
        await self._session.execute(
            update(ExecutionSettingsRow)
            .where(ExecutionSettingsRow.user_id == user_id, ExecutionSettingsRow.wallet_id == wallet_id)
            .values(**values, version=ExecutionSettingsRow.version + 1, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )
