"""The operator's own limits, shared by everybody; only an administrator's transaction may write them."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_settings import PlatformRiskLimit


class PlatformLimitRepository:
    """Reads for everybody; the database refuses a write of anybody who is not an administrator."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def stored(self, user_id: UUID) -> dict[str, Decimal]:
        """Value by field, in the field's unit; `user_id` is who asks."""
        rows = await self._session.execute(select(PlatformRiskLimit.field, PlatformRiskLimit.value))
        return {row.field: row.value for row in rows}

    async def store(self, user_id: UUID, field: str, value: Decimal | None) -> None:
        """Store a limit, or take it away with None, as the administrator `user_id`."""
        await self._session.execute(select(func.set_platform_risk_limit(field, value)))
