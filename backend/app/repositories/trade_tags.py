"""Tags: the words by which an owner sorts trades."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.portfolio_snapshot import TradeTag


class TradeTagRepository:
    """Tags of one tenant's trades."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def replace(self, user_id: UUID, trade_id: UUID, tags: Sequence[str]) -> list[str]:
        """Put exactly these tags on a trade; returns them in order. The function writes the tenant's rows only."""
        await self._session.execute(select(func.replace_trade_tags(trade_id, cast(list(tags), ARRAY(Text)))))
        statement = (
            select(TradeTag.tag)
            .where(TradeTag.user_id == user_id, TradeTag.trade_id == trade_id)
            .order_by(TradeTag.tag)
        )
        return list((await self._session.execute(statement)).scalars())
