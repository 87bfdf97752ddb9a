"""Orders: intents and what became of them. A status moves only from the status that was expected."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, case, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.domain.types import OrderLeg, OrderStatus
from app.models.order import Order
from app.models.outbox import ShardLease
from app.repositories.written import as_written

ORDERS = cast(Table, Order.__table__)
_OF_TRADE = (
    select(Order)
    .where(Order.user_id == bindparam("user"), Order.trade_id == bindparam("trade"))
    .order_by(Order.leg, Order.attempt)
    .execution_options(populate_existing=True)
)
LIVE_ORDER = (OrderStatus.SENDING, OrderStatus.OPEN, OrderStatus.PARTIAL)


def lease_stands(shard: int, epoch: int) -> tuple[ColumnElement[bool], ...]:
    """The lease of a shard is still that of the epoch."""
    return (
        ShardLease.shard == shard,
        ShardLease.epoch == epoch,
        ShardLease.expires_at > func.clock_timestamp(),
    )


class OrderRepository:
    """Orders of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_trade(self, user_id: UUID, trade_id: UUID) -> list[Order]:
        """Every order of a trade, in the order of their attempts."""
        found = await self._session.execute(_OF_TRADE, {"user": user_id, "trade": trade_id})
        return list(found.scalars())

    async def insert(self, user_id: UUID, row: Mapping[str, object]) -> Order | None:
        """Insert an intent; None where that attempt, or a working order of that leg, is there already."""
        values = {"user_id": user_id, "filled_quantity": Decimal(0)} | dict(row)
        statement = upsert(ORDERS).values(values).on_conflict_do_nothing()
        connection = await self._session.connection()
        inserted = await connection.execute(statement.returning(ORDERS.c.client_order_id))
        return None if inserted.first() is None else Order(**values)

    async def replaced(self, user_id: UUID, order: Order, by: str) -> None:
        """Note which order takes the place of this one."""
        await self._session.execute(
            update(Order)
            .where(Order.user_id == user_id, Order.client_order_id == order.client_order_id)
            .values(replaced_by=by, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )
        as_written(order, {"replaced_by": by})

    async def move(
        self, user_id: UUID, order: Order, status: OrderStatus, values: Mapping[str, object]
    ) -> bool:
        """Move the status from the one that was read to `status`; False when another was faster."""
        statement = (
            update(ORDERS)
            .where(
                ORDERS.c.user_id == user_id,
                ORDERS.c.client_order_id == order.client_order_id,
                ORDERS.c.status == order.status,
            )
            .values(dict(values) | {"status": status.value, "updated_at": func.now()})
        )
        moved = (await (await self._session.connection()).execute(statement)).rowcount == 1
        if moved:
            as_written(order, dict(values) | {"status": status.value, "updated_at": utc_now()})
        return moved

    async def take_to_send(
        self, user_id: UUID, order: Order, shard: int, epoch: int, values: Mapping[str, object]
    ) -> bool:
        """INTENT -> SENDING, but only under the lease of that epoch; False when it is not ours to send."""
        leased = exists().where(*lease_stands(shard, epoch))
        statement = (
            update(ORDERS)
            .where(
                ORDERS.c.user_id == user_id,
                ORDERS.c.client_order_id == order.client_order_id,
                ORDERS.c.status == OrderStatus.INTENT.value,
                leased,
            )
            .values(
                dict(values)
                | {"status": OrderStatus.SENDING.value, "lease_epoch": epoch, "updated_at": func.now()}
            )
        )
        taken = (await (await self._session.connection()).execute(statement)).rowcount == 1
        if taken:
            sending = {"status": OrderStatus.SENDING.value, "lease_epoch": epoch, "updated_at": utc_now()}
            as_written(order, dict(values) | sending)
        return taken

    async def at_venue(self, user_id: UUID, wallet_id: UUID, symbol: str | None) -> list[Order]:
        """Orders of a wallet that are, or may be, working at the venue."""
        statement = select(Order).where(
            Order.user_id == user_id, Order.wallet_id == wallet_id, Order.status.in_(LIVE_ORDER)
        )
        if symbol is not None:
            statement = statement.where(Order.symbol == symbol)
        statement = statement.execution_options(populate_existing=True)
        return list((await self._session.execute(statement)).scalars())

    async def known(
        self, user_id: UUID, wallet_id: UUID, exchange_order_ids: Sequence[str]
    ) -> dict[str, tuple[str, UUID]]:
        """(client order id, trade) of our orders by the venue's id that their fills carry."""
        carried = case((Order.leg == OrderLeg.STOP, Order.triggered_order_id), else_=Order.exchange_order_id)
        statement = select(carried, Order.client_order_id, Order.trade_id).where(
            Order.user_id == user_id, Order.wallet_id == wallet_id, carried.in_(list(exchange_order_ids))
        )
        rows = await self._session.execute(statement)
        return {venue_id: (client_id, trade_id) for venue_id, client_id, trade_id in rows if venue_id}

    async def by_client_id(self, user_id: UUID, client_order_id: str) -> Order | None:
        """The order of that id; None where the tenant has none."""
        statement = select(Order).where(Order.user_id == user_id, Order.client_order_id == client_order_id)
        return (await self._session.execute(statement)).scalar_one_or_none()


class SystemOrderRepository:
    """Orders of every tenant, for the fan-out of a signal."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert new intents."""
        if rows:
            await self._session.execute(insert(Order), [dict(row) for row in rows])
