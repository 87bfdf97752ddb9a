"""What others did on a tenant's accounts: their fills, what they hold, and each manual trade."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.manual_trade import ExternalFill, ExternalPosition, ManualTrade
from app.repositories.keyset import Keyset, Page, page_of

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ManualFilter:
    """Which manual trades; None means any."""

    wallet_id: UUID | None = None
    symbol: str | None = None
    effect: str | None = None


@dataclass(frozen=True, slots=True)
class ManualCounts:
    """How many manual trades were found, and how many of them touched a position of ours."""

    detected: int
    matched: int


class ExternalTradeRepository:
    """Manual trades of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def known_ids(self, user_id: UUID, wallet_id: UUID, symbol: str, ids: Sequence[str]) -> set[str]:
        """Which of these venue ids are recorded as somebody else's."""
        statement = select(ExternalFill.venue_trade_id).where(
            ExternalFill.user_id == user_id,
            ExternalFill.wallet_id == wallet_id,
            ExternalFill.symbol == symbol,
            ExternalFill.venue_trade_id.in_(list(ids)),
        )
        return set((await self._session.execute(statement)).scalars())

    async def insert_fills(self, user_id: UUID, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert fills of somebody else; one that is there already changes nothing."""
        if rows:
            values = [dict(row) | {"user_id": user_id} for row in rows]
            await self._session.execute(insert(ExternalFill).values(values).on_conflict_do_nothing())

    async def held(self, user_id: UUID, wallet_id: UUID, symbol: str) -> Decimal:
        """What the account holds of the symbol that is not ours, signed; the row is locked where there is one."""
        statement = (
            select(ExternalPosition.quantity)
            .where(
                ExternalPosition.user_id == user_id,
                ExternalPosition.wallet_id == wallet_id,
                ExternalPosition.symbol == symbol,
            )
            .with_for_update()
        )
        return (await self._session.execute(statement)).scalar_one_or_none() or ZERO

    async def all_held(self, user_id: UUID, wallet_id: UUID) -> dict[str, Decimal]:
        """What the account holds that is not ours, by symbol; a symbol without any is absent."""
        statement = select(ExternalPosition.symbol, ExternalPosition.quantity).where(
            ExternalPosition.user_id == user_id,
            ExternalPosition.wallet_id == wallet_id,
            ExternalPosition.quantity != 0,
        )
        return dict((await self._session.execute(statement)).all())

    async def hold(self, user_id: UUID, wallet_id: UUID, symbol: str, quantity: Decimal) -> None:
        """Write what the account holds that is not ours."""
        statement = insert(ExternalPosition).values(
            user_id=user_id, wallet_id=wallet_id, symbol=symbol, quantity=quantity
        )
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[ExternalPosition.wallet_id, ExternalPosition.symbol],
                set_={"quantity": quantity, "updated_at": func.now()},
            )
        )

    async def of_order(
        self, user_id: UUID, wallet_id: UUID, symbol: str, exchange_order_id: str
    ) -> dict[str, ManualTrade]:
        """The manual trades of one order by what they touched, locked."""
        statement = (
            select(ManualTrade)
            .where(
                ManualTrade.user_id == user_id,
                ManualTrade.wallet_id == wallet_id,
                ManualTrade.symbol == symbol,
                ManualTrade.exchange_order_id == exchange_order_id,
            )
            .with_for_update()
        )
        return {trade.touched: trade for trade in (await self._session.execute(statement)).scalars()}

    def add(self, user_id: UUID, trade: ManualTrade) -> None:
        """Add a manual trade."""
        trade.user_id = user_id
        self._session.add(trade)

    async def page(
        self, user_id: UUID, chosen: ManualFilter, *, after: Keyset | None, limit: int
    ) -> Page[ManualTrade]:
        """Manual trades, the last detected first."""
        statement = select(ManualTrade).where(ManualTrade.user_id == user_id)
        if chosen.wallet_id is not None:
            statement = statement.where(ManualTrade.wallet_id == chosen.wallet_id)
        if chosen.symbol is not None:
            statement = statement.where(ManualTrade.symbol == chosen.symbol)
        if chosen.effect is not None:
            statement = statement.where(ManualTrade.effect == chosen.effect)
        if after is not None:
            statement = statement.where(
                tuple_(ManualTrade.detected_at, ManualTrade.id) < (after.at, after.id)
            )
        statement = statement.order_by(ManualTrade.detected_at.desc(), ManualTrade.id.desc()).limit(limit + 1)
        rows = list((await self._session.execute(statement)).scalars())
        return page_of(rows, limit, lambda row: Keyset(row.detected_at, row.id))

    async def counts(self, user_id: UUID) -> ManualCounts:
        """How many were detected, and how many matched a position of ours."""
        statement = select(func.count(), func.count(ManualTrade.trade_id)).where(
            ManualTrade.user_id == user_id
        )
        detected, matched = (await self._session.execute(statement)).one()
        return ManualCounts(int(detected), int(matched))


class SystemManualTradeRepository:
    """Manual trades of every tenant whose counterfactual is not known yet."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def pending(self, limit: int) -> list[ManualTrade]:
        """Those that wait, the one walked least far first, locked against another job."""
        statement = (
            select(ManualTrade)
            .where(ManualTrade.counterfactual == "pending")
            .order_by(ManualTrade.walked_until, ManualTrade.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list((await self._session.execute(statement)).scalars())
