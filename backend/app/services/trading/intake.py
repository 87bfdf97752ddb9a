"""Work out of the outbox: signals become decisions, requests become wishes written on the trade.

An effect is committed before its row is marked as done; a crash between the two repeats it without harm.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from uuid import UUID

import structlog

from app.core.crash_points import crash_point
from app.domain.stops import stop_toward_entry
from app.domain.types import ExitReason, Side
from app.repositories.fan_out import FanOutTransaction
from app.repositories.outbox import OutboxItem
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.account_queue import AccountQueue
from app.services.trading.desk import Desk

Queues = Callable[[UUID], AccountQueue | None]

log = structlog.get_logger(__name__)


class MalformedWorkError(ValueError):
    """A row of the outbox that cannot be understood; it is marked as done, with this as its error."""


class Intake:
    """Carries out rows of the outbox. `queue_of` finds the queue of a wallet that is ours."""

    def __init__(self, desk: Desk, queue_of: Queues) -> None:
        self._desk = desk
        self._queue_of = queue_of

    async def carry_out(self, item: OutboxItem) -> None:
        """Carry out one row and mark it as done."""
        error: str | None = None
        try:
            match item.kind:
                case "signal":
                    await self._decide(_id(item, "signal_id"))
                case "exit":
                    await self._request_exit(item)
                case "move_stop":
                    await self._move_stop(item)
                case "drive":
                    await self._drive(_id(item, "trade_id"))
                case "reconcile":
                    self._reconcile(item)
                case _:
                    error = f"no such kind of work: {item.kind}"
        except MalformedWorkError as malformed:
            error = str(malformed)
            log.error("work that cannot be understood", outbox_id=item.id, kind=item.kind, error=error)  # noqa: TRY400
        async with self._desk.system.system() as session:
            await FanOutTransaction(session).outbox.done([item.id], error)

    async def _decide(self, signal_id: UUID) -> None:
        """Decide for every subscribed wallet, then let the orders leave in parallel, each by its account."""
        async with self._desk.system.system() as session:
            accounts = FanOutTransaction(session).accounts
            signal = await accounts.signal(signal_id)
            if signal is None:
                raise MalformedWorkError(f"there is no signal {signal_id}")
            subscribed = await accounts.subscribed(signal)
        self._desk.remember(signal)
        decisions = await self._desk.risk.validate_trade(signal, subscribed)
        if any(decision.is_approved for decision in decisions):
            crash_point("after_commit_intent")
        for decision in decisions:
            if decision.trade_id is None:
                continue
            queue = self._queue_of(decision.account.wallet_id)
            if queue is not None:
                queue.drive(decision.trade_id)
            elif self._desk.leases.epoch(decision.account.shard) is None:
                await self._hand_over(decision.account.shard, decision.trade_id)

    async def _hand_over(self, shard: int, trade_id: UUID) -> None:
        """Another executor acts for that wallet."""
        async with self._desk.system.system() as session:
            await FanOutTransaction(session).outbox.put("drive", {"trade_id": str(trade_id)}, shard=shard)

    async def _request_exit(self, item: OutboxItem) -> None:
        trade_id = _id(item, "trade_id")
        try:
            reason = ExitReason(str(item.payload.get("reason")))
        except ValueError as error:
            raise MalformedWorkError(str(error)) from error
        user_id, wallet_id = await self._owner(trade_id)
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            await transaction.trades.request_exit(user_id, trade_id, reason)
            transaction.announcements.changed(user_id, "position", trade_id)
            await transaction.announcements.send()
        self._wake(wallet_id, trade_id)

    async def _move_stop(self, item: OutboxItem) -> None:
        """Tighten the stop that is wanted; a request that would loosen it changes nothing."""
        trade_id = _id(item, "trade_id")
        try:
            asked = Decimal(str(item.payload.get("stop_price")))
        except InvalidOperation as error:
            raise MalformedWorkError(f"not a price: {item.payload.get('stop_price')}") from error
        if not asked.is_finite() or asked <= 0:
            raise MalformedWorkError(f"not a price: {asked}")
        user_id, wallet_id = await self._owner(trade_id)
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            trade = await transaction.trades.lock(user_id, trade_id)
            if trade is None or trade.exit_requested is not None:
                return
            side = Side(trade.side)
            instrument = await self._desk.markets.instrument(trade.venue, trade.symbol)
            price = asked if instrument is None else stop_toward_entry(asked, instrument.price_tick, side)
            if side.sign * (price - trade.stop_price) <= 0:
                return
            trade.stop_price, trade.trailing_armed = price, True
            transaction.announcements.changed(user_id, "position", trade_id)
            await transaction.announcements.send()
        self._wake(wallet_id, trade_id)

    async def _drive(self, trade_id: UUID) -> None:
        _, wallet_id = await self._owner(trade_id)
        self._wake(wallet_id, trade_id)

    def _reconcile(self, item: OutboxItem) -> None:
        wallet_id = _id(item, "wallet_id")
        queue = self._queue_of(wallet_id)
        symbol = item.payload.get("symbol")
        if queue is not None:
            queue.reconcile(None if symbol is None else str(symbol))

    def _wake(self, wallet_id: UUID, trade_id: UUID) -> None:
        queue = self._queue_of(wallet_id)
        if queue is not None:
            queue.drive(trade_id)

    async def _owner(self, trade_id: UUID) -> tuple[UUID, UUID]:
        async with self._desk.system.system() as session:
            owner = await FanOutTransaction(session).trades.owner(trade_id)
        if owner is None:
            raise MalformedWorkError(f"there is no trade {trade_id}")
        return owner


def _id(item: OutboxItem, name: str) -> UUID:
    try:
        return UUID(str(item.payload.get(name)))
    except ValueError as error:
        raise MalformedWorkError(f"{item.kind} without a {name}") from error
