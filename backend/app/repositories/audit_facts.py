"""What an audit compares with the venue: fills by trade, orders, funding."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.routing import RouteKind
from app.domain.types import OrderLeg, TradeStatus
from app.models.fill import Fill
from app.models.ledger_event import LedgerEvent
from app.models.manual_trade import ExternalFill, ExternalPosition
from app.models.order import Order
from app.models.trade import Trade
from app.repositories.orders import LIVE_ORDER

WORKED_ROUTES = (RouteKind.SLICED.value, RouteKind.POSTED.value)


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """One wallet's books. `external_*` is what is known to be somebody else's, positions signed. `funding` in quote
    currency, positive when received. `worked` is what was planned of each trade that was entered in several orders,
    `additions` how many orders added to one."""

    fills_by_trade: dict[UUID, list[Fill]]
    external_fills: list[ExternalFill]
    external_held: dict[str, Decimal]
    working_orders: list[Order]
    funding: Decimal
    closed_trades: int
    worked: dict[UUID, Decimal]
    additions: dict[UUID, int]

    @property
    def fills(self) -> list[Fill]:
        """Every fill of every trade."""
        return [fill for fills in self.fills_by_trade.values() for fill in fills]


class AuditFactsRepository:
    """Reads for an audit of one tenant's wallet."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def facts(self, user_id: UUID, wallet_id: UUID) -> AuditFacts:
        """Everything of the wallet that the venue must agree with."""
        by_trade: dict[UUID, list[Fill]] = defaultdict(list)
        fills = select(Fill).where(Fill.user_id == user_id, Fill.wallet_id == wallet_id)
        for fill in (await self._session.execute(fills)).scalars():
            if fill.trade_id is not None:
                by_trade[fill.trade_id].append(fill)
        external = select(ExternalFill).where(
            ExternalFill.user_id == user_id, ExternalFill.wallet_id == wallet_id
        )
        held = select(ExternalPosition.symbol, ExternalPosition.quantity).where(
            ExternalPosition.user_id == user_id, ExternalPosition.wallet_id == wallet_id
        )
        orders = select(Order).where(
            Order.user_id == user_id, Order.wallet_id == wallet_id, Order.status.in_(LIVE_ORDER)
        )
        funding = select(func.coalesce(func.sum(LedgerEvent.amount), 0)).where(
            LedgerEvent.user_id == user_id,
            LedgerEvent.wallet_id == wallet_id,
            LedgerEvent.kind == "funding",
        )
        worked = (
            select(Trade.id, Trade.planned_quantity)
            .join(Order, (Order.trade_id == Trade.id) & (Order.user_id == Trade.user_id))
            .where(Trade.user_id == user_id, Trade.wallet_id == wallet_id, Order.leg == OrderLeg.ENTRY)
            # an order that was cut to a slice and then decided anew is still a part
            .where(Order.route.in_(WORKED_ROUTES) | (Order.quantity < Trade.planned_quantity))
            .distinct()
        )
        added = (
            select(Order.trade_id, func.count())
            .where(Order.user_id == user_id, Order.wallet_id == wallet_id, Order.leg == OrderLeg.ADD)
            .where(Order.filled_quantity > 0)
            .group_by(Order.trade_id)
        )
        closed = select(func.count()).where(
            Trade.user_id == user_id, Trade.wallet_id == wallet_id, Trade.status == TradeStatus.CLOSED
        )
        return AuditFacts(
            fills_by_trade=dict(by_trade),
            external_fills=list((await self._session.execute(external)).scalars()),
            external_held=dict((await self._session.execute(held)).all()),
            working_orders=list((await self._session.execute(orders)).scalars()),
            funding=Decimal((await self._session.execute(funding)).scalar_one()),
            closed_trades=int((await self._session.execute(closed)).scalar_one()),
            additions=dict((await self._session.execute(added)).all()),
            worked={row.id: row.planned_quantity for row in await self._session.execute(worked)},
        )
