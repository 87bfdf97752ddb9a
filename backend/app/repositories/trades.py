"""Trades: the rows that the order core writes. A status moves only from the status that was expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, func, insert, not_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import ExitReason, OrderLeg, OrderStatus, TradeStatus
from app.models.order import Order
from app.models.signal import Signal
from app.models.trade import LIVE, Trade
from app.models.wallet import Wallet
from app.repositories.trade_additions import CANDIDATES
from app.repositories.written import as_written

TRADES = cast(Table, Trade.__table__)
_LOCKED = (
    select(Trade)
    .where(Trade.user_id == bindparam("user"), Trade.id == bindparam("trade"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
UNFINISHED = (OrderStatus.INTENT, OrderStatus.SENDING, OrderStatus.OPEN, OrderStatus.PARTIAL)
LIVE_TRADE = text("trades." + LIVE)
UNKNOWN_OUTCOME = (
    exists()
    .where(Order.trade_id == Trade.id, Order.user_id == Trade.user_id, Order.status == OrderStatus.SENDING)
    .correlate(Trade)
)


def _order_of_trade(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the trade has such an order."""
    own = (Order.trade_id == Trade.id, Order.user_id == Trade.user_id)
    return exists().where(*own, *conditions).correlate(Trade)


_STOP_OVER_ALL = and_(
    Order.leg == OrderLeg.STOP,
    Order.status == OrderStatus.OPEN,
    Order.filled_quantity == 0,
    Order.quantity == Trade.quantity,
    Order.trigger_price == Trade.stop_price,
)
AT_REST = and_(
    Trade.status == TradeStatus.PROTECTED,
    Trade.exit_requested.is_(None),
    Trade.entry_until.is_(None),
    Trade.scale_out_quantity == 0,
    Trade.adding_notional == 0,
    _order_of_trade(_STOP_OVER_ALL),
    ~_order_of_trade(Order.status.in_(UNFINISHED), not_(_STOP_OVER_ALL)),
)
_LIVE_COLUMNS = (
    Trade.user_id,
    Trade.wallet_id,
    Trade.id,
    Trade.symbol,
    Trade.status,
    UNKNOWN_OUTCOME,
    AT_REST,
)


@dataclass(frozen=True, slots=True)
class LiveTrade:
    """A trade that is not over, as a sweep sees it. At rest: it is kept, its entry is over, with one order only, a
    live stop over all of the position at the wanted price; nothing is to be done about it while the venue shows the
    same."""

    user_id: UUID
    wallet_id: UUID
    trade_id: UUID
    symbol: str
    status: TradeStatus
    has_unknown_outcome: bool
    is_at_rest: bool = False


class TradeRepository:
    """Trades of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, user_id: UUID, trade_id: UUID) -> Trade | None:
        """The trade, locked until the transaction ends; None where the tenant has none of that id."""
        found = await self._session.execute(_LOCKED, {"user": user_id, "trade": trade_id})
        return found.scalar_one_or_none()

    async def has(self, user_id: UUID, trade_id: UUID) -> bool:
        """Whether the tenant has a trade of that id."""
        statement = select(Trade.id).where(Trade.user_id == user_id, Trade.id == trade_id)
        return (await self._session.execute(statement)).first() is not None

    async def signal(self, user_id: UUID, trade: Trade) -> Signal | None:
        """The signal that the trade came from."""
        if trade.user_id != user_id or trade.signal_id is None:
            return None
        return (
            await self._session.execute(select(Signal).where(Signal.id == trade.signal_id))
        ).scalar_one_or_none()

    async def move(
        self, user_id: UUID, trade: Trade, status: TradeStatus, values: Mapping[str, object]
    ) -> bool:
        """Move the status from the one that was read to `status`; False when another was faster."""
        statement = (
            update(TRADES)
            .where(TRADES.c.user_id == user_id, TRADES.c.id == trade.id, TRADES.c.status == trade.status)
            .values(dict(values) | {"status": status.value, "updated_at": func.now()})
        )
        moved = (await (await self._session.connection()).execute(statement)).rowcount == 1
        if moved:
            as_written(trade, dict(values) | {"status": status.value})
        return moved

    async def live_of_wallet(self, user_id: UUID, wallet_id: UUID, symbol: str | None) -> list[LiveTrade]:
        """The wallet's trades that are not over, of one symbol or of all."""
        statement = (
            select(*_LIVE_COLUMNS)
            .where(Trade.user_id == user_id, Trade.wallet_id == wallet_id, LIVE_TRADE)
            .order_by(Trade.created_at)
        )
        if symbol is not None:
            statement = statement.where(Trade.symbol == symbol)
        return [_live(row) for row in (await self._session.execute(statement))]

    async def opened_at(self, user_id: UUID, wallet_id: UUID, symbol: str) -> datetime | None:
        """When the wallet's live position in the symbol was opened, market time; None where there is none."""
        statement = select(Trade.opened_at).where(
            Trade.user_id == user_id, Trade.wallet_id == wallet_id, Trade.symbol == symbol, LIVE_TRADE
        )
        return (await self._session.execute(statement)).scalars().first()

    async def at_moment(
        self,
        user_id: UUID,
        wallet_id: UUID,
        symbol: str,
        at: datetime,
        *,
        closed_for: timedelta = timedelta(0),
    ) -> UUID | None:
        """The trade whose position was held at that market time, or closed no longer than `closed_for` before; None
        where none was."""
        statement = (
            select(Trade.id)
            .where(
                Trade.user_id == user_id,
                Trade.wallet_id == wallet_id,
                Trade.symbol == symbol,
                Trade.opened_at <= at,
                (Trade.closed_at.is_(None)) | (Trade.closed_at >= at - closed_for),
            )
            .order_by(Trade.opened_at.desc())
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def add_funding(self, user_id: UUID, trade_id: UUID, amount: Decimal) -> None:
        """Add a funding payment (positive was received) to a trade, open or closed."""
        await self._session.execute(
            update(Trade)
            .where(Trade.user_id == user_id, Trade.id == trade_id)
            .values(funding=Trade.funding + amount)
            .execution_options(synchronize_session=False)
        )

    async def add_fee(self, user_id: UUID, trade_id: UUID, amount: Decimal) -> None:
        """Add a cost beside those of its fills (positive was paid) to a trade, open or closed."""
        await self._session.execute(
            update(Trade)
            .where(Trade.user_id == user_id, Trade.id == trade_id)
            .values(fees=Trade.fees + amount)
            .execution_options(synchronize_session=False)
        )

    async def request_exit(self, user_id: UUID, trade_id: UUID, reason: ExitReason) -> None:
        """Note that the trade is to be left, unless somebody asked before or it is over."""
        await self._session.execute(
            update(Trade)
            .where(Trade.user_id == user_id, Trade.id == trade_id, Trade.exit_requested.is_(None), LIVE_TRADE)
            .values(exit_requested=reason.value, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )


class SystemTradeRepository:
    """Trades of every tenant: for the fan-out of a signal and for recovery."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert new trades."""
        if rows:
            await self._session.execute(insert(Trade), [dict(row) for row in rows])

    async def live_of_shards(self, shards: Sequence[int], *, restless: bool = False) -> list[LiveTrade]:
        """Every trade that is not over of the wallets of these shards; `restless`: but for those at rest."""
        statement = (
            select(*_LIVE_COLUMNS)
            .join(Wallet, (Wallet.user_id == Trade.user_id) & (Wallet.id == Trade.wallet_id))
            .where(Wallet.shard.in_(list(shards)), LIVE_TRADE)
            .order_by(Trade.created_at)
        )
        if restless:
            statement = statement.where(~AT_REST)
        return [_live(row) for row in (await self._session.execute(statement))]

    async def turn(self, signal: Signal, wallet_ids: Sequence[UUID]) -> list[LiveTrade]:
        """Ask for the exit of these wallets' trades that stand against a signal of their own strategy and
        timeframe; those that were asked before for the same reason are returned again."""
        statement = (
            update(Trade)
            .where(
                Trade.wallet_id.in_(list(wallet_ids)),
                Trade.venue == signal.venue,
                Trade.symbol == signal.symbol,
                Trade.strategy == signal.strategy,
                Trade.timeframe == signal.timeframe,
                Trade.side != signal.side,
                Trade.status != TradeStatus.NEEDS_OPERATOR,
                Trade.exit_requested.is_(None) | (Trade.exit_requested == ExitReason.REVERSE_SIGNAL),
                LIVE_TRADE,
            )
            .values(exit_requested=ExitReason.REVERSE_SIGNAL.value, updated_at=func.now())
            .returning(Trade.user_id, Trade.wallet_id, Trade.id, Trade.symbol, Trade.status)
            .execution_options(synchronize_session=False)
        )
        rows = await self._session.execute(statement)
        return [
            LiveTrade(user, wallet, trade, symbol, TradeStatus(status), False)
            for user, wallet, trade, symbol, status in rows
        ]

    async def to_add_to(self, signal: Signal, wallet_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
        """Wallet -> (user, trade) of these wallets' open trades that the signal may add to: of its own strategy,
        timeframe and side, not being left, where every level permits it."""
        values = {
            "wallets": list(wallet_ids),
            "venue": signal.venue,
            "symbol": signal.symbol,
            "strategy": signal.strategy,
            "timeframe": signal.timeframe,
            "side": signal.side,
            "signal": signal.id,
        }
        rows = await self._session.execute(CANDIDATES, values)
        return {wallet: (user, trade) for user, wallet, trade in rows}

    async def status(self, trade_id: UUID) -> TradeStatus | None:
        """What became of a trade; None where there is none of that id."""
        found = (
            await self._session.execute(select(Trade.status).where(Trade.id == trade_id))
        ).scalar_one_or_none()
        return None if found is None else TradeStatus(found)

    async def owner(self, trade_id: UUID) -> tuple[UUID, UUID] | None:
        """(user, wallet) of a trade; None where there is none of that id."""
        row = (
            await self._session.execute(select(Trade.user_id, Trade.wallet_id).where(Trade.id == trade_id))
        ).first()
        return None if row is None else (row[0], row[1])


def _live(row: tuple[UUID, UUID, UUID, str, str, bool, bool]) -> LiveTrade:
    user_id, wallet_id, trade_id, symbol, status, unknown, at_rest = row
    return LiveTrade(user_id, wallet_id, trade_id, symbol, TradeStatus(status), unknown, at_rest)
