"""The wallet's ledger: postings of our own computation, and deposits and funding as the venue told them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.ledger_event import LedgerEvent
from app.repositories.keyset import Keyset, Page, page_of

TRANSFERS: Final = ("deposit", "withdrawal")


class LedgerRepository:
    """Postings of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, user_id: UUID, rows: Sequence[Mapping[str, object]]) -> set[tuple[str, str]]:
        """Insert postings that are not there yet; returns (kind, reference) of the new ones."""
        if not rows:
            return set()
        statement = (
            insert(LedgerEvent)
            .values([dict(row) | {"user_id": user_id} for row in rows])
            .on_conflict_do_nothing()
            .returning(LedgerEvent.kind, LedgerEvent.venue_reference)
        )
        return set(await self._session.execute(statement))

    async def sums(self, user_id: UUID, wallet_id: UUID) -> dict[str, Decimal]:
        """Sum of each kind of posting; a kind without one is absent."""
        statement = (
            select(LedgerEvent.kind, func.sum(LedgerEvent.amount))
            .where(LedgerEvent.user_id == user_id, LedgerEvent.wallet_id == wallet_id)
            .group_by(LedgerEvent.kind)
        )
        return dict((await self._session.execute(statement)).all())

    async def transfers(
        self, user_id: UUID, wallet_id: UUID, *, after: Keyset | None, limit: int
    ) -> Page[LedgerEvent]:
        """Deposits and withdrawals of a wallet, newest first."""
        statement = select(LedgerEvent).where(
            LedgerEvent.user_id == user_id,
            LedgerEvent.wallet_id == wallet_id,
            LedgerEvent.kind.in_(TRANSFERS),
        )
        if after is not None:
            place = tuple_(LedgerEvent.occurred_at, LedgerEvent.id)
            statement = statement.where(place < (after.at, after.id.int))
        statement = statement.order_by(LedgerEvent.occurred_at.desc(), LedgerEvent.id.desc())
        rows = list((await self._session.execute(statement.limit(limit + 1))).scalars())
        return page_of(rows, limit, lambda row: Keyset(row.occurred_at, UUID(int=row.id)))
