"""When a tenant's account was last compared with its venue, and what differed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.reconciliation import Reconciliation


class ReconciliationRepository:
    """Comparisons of one tenant's accounts."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def watched_since(self, user_id: UUID, wallet_id: UUID) -> datetime | None:
        """The market time from which fills of others count; None before the first whole comparison."""
        statement = select(Reconciliation.watched_since).where(
            Reconciliation.user_id == user_id, Reconciliation.wallet_id == wallet_id
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def completed(
        self,
        user_id: UUID,
        wallet_id: UUID,
        at: datetime,
        drift: tuple[int, Decimal],
        market_time: datetime | None,
    ) -> None:
        """Write that a whole comparison ended at that wall time, with (symbols, notional) that differ."""
        values = {"completed_at": at, "drift_symbols": drift[0], "drift_notional": drift[1]}
        statement = insert(Reconciliation).values(
            user_id=user_id, wallet_id=wallet_id, watched_since=market_time, **values
        )
        since = func.coalesce(Reconciliation.watched_since, statement.excluded.watched_since)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[Reconciliation.wallet_id], set_=values | {"watched_since": since}
            )
        )
