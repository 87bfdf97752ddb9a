"""The operator's own limits, shared by everybody; only an administrator's transaction may write them."""

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_settings import PlatformRiskLimit


class SystemPlatformLimitRepository:
    """Reads for everybody; the database refuses a write of anybody who is not an administrator."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def stored(self) -> dict[str, Decimal]:
        """Value by field, in the field's unit."""
        rows = await self._session.execute(select(PlatformRiskLimit.field, PlatformRiskLimit.value))
        return {row.field: row.value for row in rows}

    async def store(self, field: str, value: Decimal | None) -> None:
        """Store a limit, or take it away with None; the transaction's tenant must be an administrator."""
        await self._session.execute(select(func.set_platform_risk_limit(field, value)))
