"""One account's transaction whose writes are gathered, and sent in one statement for each table.

For the account's one writer, with the rows of its trades locked: what it reads cannot change before it writes, so
that a compare-and-swap is answered at once and checked when everything is written. Where the check fails after all,
the whole transaction is given up.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import cast
from uuid import UUID

from sqlalchemy import BindParameter, Select, Table, bindparam, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.domain.notification_events import NotificationEvent
from app.domain.types import OrderStatus, TradeStatus
from app.models.execution_log import ExecutionLog
from app.models.execution_settings import ExecutionSettingsRow
from app.models.fill import Fill
from app.models.ledger_event import LedgerEvent
from app.models.order import Order
from app.models.outbox import ShardLease
from app.models.risk_state import RiskState
from app.models.trade import Trade
from app.repositories.execution_logs import ExecutionLogRepository
from app.repositories.execution_settings import ExecutionSettingsRepository
from app.repositories.fills import FillRepository, venue_order
from app.repositories.ledger import LedgerRepository
from app.repositories.notifications import NotificationOutbox, Told
from app.repositories.orders import ORDERS, OrderRepository, lease_stands
from app.repositories.risk_state import RiskStateRepository
from app.repositories.row_sets import WAS, insert_rows, update_rows
from app.repositories.trades import LIVE_TRADE, TRADES, TradeRepository
from app.repositories.trading_accounts import TradingAccountRepository
from app.repositories.trading_transaction import TradingTransaction
from app.repositories.written import as_written

FILLS = cast(Table, Fill.__table__)
LEDGER = cast(Table, LedgerEvent.__table__)
LOGS = cast(Table, ExecutionLog.__table__)

# Made once: building a statement and its key in the cache of compiled ones costs as much as carrying it out.
_USER: BindParameter[UUID] = bindparam("user")
_TRADES: BindParameter[Sequence[UUID]] = bindparam("trades", expanding=True)
_LOCKED = (
    select(Trade)
    .where(Trade.user_id == _USER)
    .order_by(Trade.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCK_LIVE = _LOCKED.where(Trade.wallet_id == bindparam("wallet"), LIVE_TRADE)
_LOCK_EACH = _LOCKED.where(Trade.id.in_(_TRADES))
_ORDERS_OF = (
    select(Order)
    .where(Order.user_id == _USER, Order.trade_id.in_(_TRADES))
    .order_by(Order.leg, Order.attempt)
    .execution_options(populate_existing=True)
)
_FILLS_OF = select(Fill).where(Fill.user_id == _USER, Fill.trade_id.in_(_TRADES))


class OvertakenError(Exception):
    """Something that was read as ours to change has changed: nothing of the transaction is written."""


class GatheredTrades(TradeRepository):
    """Trades, moved when everything is written; values set on a locked trade go with its move."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._held: dict[UUID, tuple[Trade, str, dict[str, object]]] = {}

    async def lock_live(self, user_id: UUID, wallet_id: UUID) -> list[Trade]:
        """Every trade of the wallet that is not over, locked in the order of their ids."""
        return await self._locked(_LOCK_LIVE, {"user": user_id, "wallet": wallet_id})

    async def lock_each(self, user_id: UUID, trade_ids: Sequence[UUID]) -> list[Trade]:
        """These trades, locked in the order of their ids."""
        return await self._locked(_LOCK_EACH, {"user": user_id, "trades": list(trade_ids)})

    async def _locked(self, statement: Select[Trade], values: Mapping[str, object]) -> list[Trade]:
        trades = list((await self._session.execute(statement, values)).scalars())
        self._held |= {trade.id: (trade, trade.status, {}) for trade in trades}
        return trades

    async def move(
        self, user_id: UUID, trade: Trade, status: TradeStatus, values: Mapping[str, object]
    ) -> bool:
        del user_id
        changed = dict(values) | {"status": status.value}
        self._held[trade.id][2].update(changed)
        as_written(trade, changed)
        return True

    async def write(self, user_id: UUID) -> bool:
        """Write what was moved or set; False where a trade was not as it was locked."""
        rows = []
        for trade, was, moved in self._held.values():
            values = _set_on(trade) | moved
            if values:
                rows.append({"id": trade.id, WAS: was} | values)
                as_written(trade, values)
        return await update_rows(self._session, TRADES, "id", user_id, rows) == len(rows)


def _set_on(trade: Trade) -> dict[str, object]:
    """What was set on a locked trade and is not written yet."""
    return {name: getattr(trade, name) for name in inspect(trade).committed_state}


class GatheredOrders(OrderRepository):
    """Orders, inserted and moved when everything is written."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._new: dict[str, dict[str, object]] = {}
        self._moved: dict[str, dict[str, object]] = {}
        self._leases: dict[tuple[int, int], bool] = {}

    async def of_trades(self, user_id: UUID, trade_ids: Sequence[UUID]) -> dict[UUID, list[Order]]:
        """Every order of these trades, in the order of their attempts."""
        values = {"user": user_id, "trades": list(trade_ids)}
        found: dict[UUID, list[Order]] = {trade_id: [] for trade_id in trade_ids}
        for order in (await self._session.execute(_ORDERS_OF, values)).scalars():
            found[order.trade_id].append(order)
        return found

    async def insert(self, user_id: UUID, row: Mapping[str, object]) -> Order | None:
        values = {"user_id": user_id, "filled_quantity": Decimal(0)} | dict(row)
        self._new[str(row["client_order_id"])] = values
        return Order(**values, updated_at=utc_now())

    async def replaced(self, user_id: UUID, order: Order, by: str) -> None:
        del user_id
        self._change(order, {"replaced_by": by})

    async def move(
        self, user_id: UUID, order: Order, status: OrderStatus, values: Mapping[str, object]
    ) -> bool:
        del user_id
        self._change(order, dict(values) | {"status": status.value})
        return True

    async def take_to_send(
        self, user_id: UUID, order: Order, shard: int, epoch: int, values: Mapping[str, object]
    ) -> bool:
        del user_id
        lease = (shard, epoch)
        if lease not in self._leases:
            found = await self._session.execute(select(ShardLease.shard).where(*lease_stands(shard, epoch)))
            self._leases[lease] = found.first() is not None
        if self._leases[lease]:
            self._change(order, dict(values) | {"status": OrderStatus.SENDING.value, "lease_epoch": epoch})
        return self._leases[lease]

    def _change(self, order: Order, values: dict[str, object]) -> None:
        row = self._new.get(order.client_order_id)
        if row is None:
            known: dict[str, object] = {
                "client_order_id": order.client_order_id,
                WAS: order.status,
                "status": order.status,
            }
            row = self._moved.setdefault(order.client_order_id, known)
        row |= values
        as_written(order, values | {"updated_at": utc_now()})

    async def write(self, user_id: UUID) -> bool:
        """Write everything, what was there before first; False where something was not as it was read."""
        moved, new = list(self._moved.values()), list(self._new.values())
        done = await update_rows(self._session, ORDERS, "client_order_id", user_id, moved) == len(moved)
        return done and await insert_rows(self._session, ORDERS, new) == len(new)


class GatheredFills(FillRepository):
    """Fills, inserted when everything is written; `known` are (symbol, venue id) of those that are there."""

    def __init__(self, session: AsyncSession, known: Collection[tuple[str, str]]) -> None:
        super().__init__(session)
        self._known = set(known)
        self._rows: list[dict[str, object]] = []

    async def of_trades(self, user_id: UUID, trade_ids: Sequence[UUID]) -> dict[UUID, list[Fill]]:
        """Every fill of these trades, in the venue's order."""
        values = {"user": user_id, "trades": list(trade_ids)}
        found: dict[UUID, list[Fill]] = {trade_id: [] for trade_id in trade_ids}
        for fill in sorted((await self._session.execute(_FILLS_OF, values)).scalars(), key=venue_order):
            self._known.add((fill.symbol, fill.venue_trade_id))
            if fill.trade_id is not None:
                found[fill.trade_id].append(fill)
        return found

    async def insert(self, user_id: UUID, rows: Sequence[Mapping[str, object]]) -> list[Fill]:
        new = []
        for row in rows:
            identity = (str(row["symbol"]), str(row["venue_trade_id"]))
            if identity not in self._known:
                self._known.add(identity)
                new.append(dict(row) | {"user_id": user_id})
        self._rows += new
        return [Fill(**row) for row in new]

    async def write(self, user_id: UUID) -> bool:
        """Insert them; False where one was there after all."""
        del user_id
        return await insert_rows(self._session, FILLS, self._rows) == len(self._rows)


class GatheredLedger(LedgerRepository):
    """Postings, inserted when everything is written."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._rows: list[dict[str, object]] = []

    async def insert(self, user_id: UUID, rows: Sequence[Mapping[str, object]]) -> set[tuple[str, str]]:
        self._rows += [dict(row) | {"user_id": user_id} for row in rows]
        return {(str(row["kind"]), str(row["venue_reference"])) for row in rows}

    async def write(self, user_id: UUID) -> None:
        """Insert what is not there yet."""
        del user_id
        await insert_rows(self._session, LEDGER, self._rows)


class GatheredLogs(ExecutionLogRepository):
    """Rows of the execution log, inserted when everything is written."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._rows: list[dict[str, object]] = []

    async def insert(self, user_id: UUID, row: Mapping[str, object]) -> None:
        self._rows.append(dict(row) | {"user_id": user_id})

    async def write(self, user_id: UUID) -> None:
        """Append them."""
        del user_id
        await insert_rows(self._session, LOGS, self._rows)


class GatheredRisk(RiskStateRepository):
    """Risk rows, locked once; what moves a balance is summed and moved once."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._locked: dict[str, list[RiskState]] = {}
        self._gains: dict[tuple[str, UUID], tuple[Decimal, Decimal]] = {}

    async def lock(self, user_id: UUID, environment: str) -> list[RiskState]:
        if environment not in self._locked:
            self._locked[environment] = await super().lock(user_id, environment)
        return self._locked[environment]

    async def move_balance(
        self, user_id: UUID, environment: str, wallet_id: UUID, gain: Decimal, margin: Decimal
    ) -> None:
        del user_id
        gains, margins = self._gains.get((environment, wallet_id), (Decimal(0), Decimal(0)))
        self._gains[environment, wallet_id] = (gains + gain, margins + margin)

    async def write_balances(self, user_id: UUID) -> None:
        """Move the balances."""
        for (environment, wallet_id), (gain, margin) in self._gains.items():
            await super().move_balance(user_id, environment, wallet_id, gain, margin)


class GatheredNotifications(NotificationOutbox):
    """What its owner is told, when everything is written."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._told: list[Told] = []

    async def emit(
        self,
        user_id: UUID,
        event: NotificationEvent,
        *,
        dedupe_key: str,
        figures: Mapping[str, str],
        subject: str = "",
        wallet_id: UUID | None = None,
    ) -> None:
        del user_id
        self._told.append(Told(event, dedupe_key, figures, subject, wallet_id))

    async def write(self, user_id: UUID) -> None:
        """Tell everything."""
        if self._told:
            await self.emit_all(user_id, self._told)


class _KnownAccounts(TradingAccountRepository):
    """Names of wallets, each read once."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._names: dict[UUID, str | None] = {}

    async def name(self, user_id: UUID, wallet_id: UUID) -> str | None:
        if wallet_id not in self._names:
            self._names[wallet_id] = await super().name(user_id, wallet_id)
        return self._names[wallet_id]


class _KnownExecutionSettings(ExecutionSettingsRepository):
    """Execution settings of wallets, each read once."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._rows: dict[UUID, ExecutionSettingsRow | None] = {}

    async def of_wallet(self, user_id: UUID, wallet_id: UUID) -> ExecutionSettingsRow | None:
        if wallet_id not in self._rows:
            self._rows[wallet_id] = await super().of_wallet(user_id, wallet_id)
        return self._rows[wallet_id]


class GatheredTransaction(TradingTransaction):
    """A tenant's transaction over one account; nothing is written before `write`. `known` are (symbol, venue id) of
    the fills that are recorded already."""

    trades: GatheredTrades
    orders: GatheredOrders
    fills: GatheredFills

    def __init__(self, session: AsyncSession, user_id: UUID, known: Collection[tuple[str, str]] = ()) -> None:
        super().__init__(session, user_id)
        self._session = session
        self.trades = GatheredTrades(session)
        self.orders = GatheredOrders(session)
        self.fills = GatheredFills(session, known)
        self.ledger = self._ledger = GatheredLedger(session)
        self.logs = self._logs = GatheredLogs(session)
        self.risk = self._risk = GatheredRisk(session)
        self.notifications = self._told = GatheredNotifications(session)
        self.accounts = _KnownAccounts(session)
        self.execution_settings = _KnownExecutionSettings(session)
        session.sync_session.autoflush = False

    async def write(self, user_id: UUID) -> None:
        """Write everything of the tenant. Raises OvertakenError: then the transaction must be given up."""
        try:
            sound = await self.orders.write(user_id) and await self.fills.write(user_id)
            if not (sound and await self.trades.write(user_id)):
                raise OvertakenError("a row of the account changed while its one writer held it")
            await self._ledger.write(user_id)
            await self._logs.write(user_id)
            await self._risk.write_balances(user_id)
            await self._told.write(user_id)
        except DBAPIError as error:
            raise OvertakenError(str(error.orig)) from error
