"""Trades of every tenant that wait for an operator, read as the role that sees all and writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import TradeStatus
from app.models.fill import Fill
from app.models.order import Order
from app.models.trade import Trade

MOST_CASES = 200


@dataclass(frozen=True, slots=True)
class OperatorCase:
    """A trade with everything that is written about it."""

    trade: Trade
    orders: Sequence[Order]
    fills: Sequence[Fill]


class SystemOperatorCaseRepository:
    """What waits for an operator."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def waiting(self) -> list[OperatorCase]:
        """The trades that wait, longest first, at most MOST_CASES."""
        statement = (
            select(Trade)
            .where(Trade.status == TradeStatus.NEEDS_OPERATOR)
            .order_by(Trade.operator_since.asc().nulls_first(), Trade.id)
            .limit(MOST_CASES)
        )
        trades = list((await self._session.execute(statement)).scalars())
        ids = [trade.id for trade in trades]
        orders = await self._session.execute(
            select(Order).where(Order.trade_id.in_(ids)).order_by(Order.created_at, Order.client_order_id)
        )
        fills = await self._session.execute(
            select(Fill).where(Fill.trade_id.in_(ids)).order_by(Fill.executed_at, Fill.venue_trade_id)
        )
        orders_of: dict[UUID, list[Order]] = {}
        fills_of: dict[UUID | None, list[Fill]] = {}
        for order in orders.scalars():
            orders_of.setdefault(order.trade_id, []).append(order)
        for fill in fills.scalars():
            fills_of.setdefault(fill.trade_id, []).append(fill)
        return [OperatorCase(one, orders_of.get(one.id, []), fills_of.get(one.id, [])) for one in trades]

    async def owner(self, trade_id: UUID) -> UUID | None:
        """Whose trade it is; None where there is none of that id."""
        found = await self._session.execute(select(Trade.user_id).where(Trade.id == trade_id))
        return found.scalar_one_or_none()
