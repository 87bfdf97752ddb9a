"""Fills: what was executed, once each, keyed by account, symbol and the venue's trade id."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.fill import Fill

_OF_TRADE = select(Fill).where(Fill.user_id == bindparam("user"), Fill.trade_id == bindparam("trade"))


class FillRepository:
    """Fills of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_trade(self, user_id: UUID, trade_id: UUID) -> list[Fill]:
        """Every fill of a trade, in the venue's order."""
        found = await self._session.execute(_OF_TRADE, {"user": user_id, "trade": trade_id})
        return sorted(found.scalars(), key=venue_order)

    async def insert(self, user_id: UUID, rows: Sequence[Mapping[str, object]]) -> list[Fill]:
        """Insert what is not there yet; returns the new ones."""
        if not rows:
            return []
        statement = (
            insert(Fill)
            .values([dict(row) | {"user_id": user_id} for row in rows])
            .on_conflict_do_nothing()
            .returning(Fill)
        )
        return list((await self._session.execute(statement)).scalars())

    async def newest(
        self, user_id: UUID, wallet_id: UUID, symbol: str | None, count: int
    ) -> dict[str, list[str]]:
        """The venue's ids of each symbol's last `count` fills, the newest first, of one symbol or of all; a symbol
        without fills is absent."""
        number = case((Fill.venue_trade_id.regexp_match("^[0-9]{1,18}$"), Fill.venue_trade_id), else_="0")
        place = func.row_number().over(
            partition_by=Fill.symbol, order_by=(cast(number, BigInteger).desc(), Fill.executed_at.desc())
        )
        ranked = select(Fill.symbol, Fill.venue_trade_id, place.label("place")).where(
            Fill.user_id == user_id, Fill.wallet_id == wallet_id
        )
        if symbol is not None:
            ranked = ranked.where(Fill.symbol == symbol)
        last = ranked.subquery()
        statement = (
            select(last.c.symbol, last.c.venue_trade_id)
            .where(last.c.place <= count)
            .order_by(last.c.symbol, last.c.place)
        )
        found: dict[str, list[str]] = {}
        for name, venue_trade_id in await self._session.execute(statement):
            found.setdefault(name, []).append(venue_trade_id)
        return found

    async def known_ids(self, user_id: UUID, wallet_id: UUID, symbol: str, ids: Sequence[str]) -> set[str]:
        """Which of these venue ids are recorded."""
        statement = select(Fill.venue_trade_id).where(
            Fill.user_id == user_id,
            Fill.wallet_id == wallet_id,
            Fill.symbol == symbol,
            Fill.venue_trade_id.in_(list(ids)),
        )
        return set((await self._session.execute(statement)).scalars())

    async def net_quantity(self, user_id: UUID, wallet_id: UUID) -> dict[str, Decimal]:
        """Signed sum of our trades' fills by symbol (positive long); a symbol without fills is absent."""
        signed = case((Fill.side == "buy", Fill.quantity), else_=-Fill.quantity)
        statement = (
            select(Fill.symbol, func.sum(signed))
            .where(Fill.user_id == user_id, Fill.wallet_id == wallet_id, Fill.trade_id.is_not(None))
            .group_by(Fill.symbol)
        )
        return dict((await self._session.execute(statement)).all())


def venue_order(fill: Fill) -> tuple[int, int, str]:
    """Sort key: numeric ids as numbers, others by time."""
    text = fill.venue_trade_id
    if text.isdecimal():
        return (0, int(text), text)
    return (1, int(fill.executed_at.timestamp() * 1000), text)
