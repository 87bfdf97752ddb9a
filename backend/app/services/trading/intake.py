"""Work out of the outbox: signals become decisions, requests become wishes written on the trade.

An effect is committed before its row is marked as done; a crash between the two repeats it without harm.
"""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID

import structlog

from app.core.crash_points import crash_point
from app.domain.stops import stop_toward_entry
from app.domain.types import ExitReason, OperatorChoice, Side
from app.models.signal import Signal
from app.repositories.fan_out import FanOutTransaction
from app.repositories.outbox import OutboxItem
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.account_queue import AccountQueue
from app.services.trading.addition_decisions import AdditionAnswer
from app.services.trading.additions import Additions
from app.services.trading.decision_lanes import TradeDecision
from app.services.trading.desk import Desk
from app.services.trading.leaving import NoSuchPartError, Reversals, ask_for_part
from app.services.trading.operator_decisions import carry_out_choice

TURN_AGAIN_SECONDS = 0.2
MOST_ADDING_SECONDS = 5.0  # between two looks at a position that is not at rest

Queues = Callable[[UUID], AccountQueue | None]

log = structlog.get_logger(__name__)


class NotYetError(Exception):
    """The work waits for something; it is looked at again after `seconds`."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds


class MalformedWorkError(ValueError):
    """A row of the outbox that cannot be understood; it is marked as done, with this as its error."""


class Intake:
    """Carries out rows of the outbox. `queue_of` finds the queue of a wallet that is ours."""

    def __init__(self, desk: Desk, queue_of: Queues) -> None:
        self._desk = desk
        self._queue_of = queue_of
        self._reversals = Reversals(desk.system)
        self._additions = Additions(desk.system)

    async def carry_out(self, item: OutboxItem) -> None:
        """Carry out one row and mark it as done."""
        error: str | None = None
        try:
            match item.kind:
                case "signal":
                    await self._decide(_id(item, "signal_id"))
                case "reverse":
                    await self._enter_after_exit(item)
                case "add" | "ladder_step":
                    await self._grow(item)
                case "exit" | "flatten":
                    await self._request_exit(item)
                case "operator":
                    await self._carry_out_choice(item)
                case "scale_out":
                    await self._scale_out(item)
                case "move_stop":
                    await self._move_stop(item)
                case "drive":
                    await self._drive(_id(item, "trade_id"))
                case "reconcile":
                    self._reconcile(item)
                case _:
                    error = f"no such kind of work: {item.kind}"
        except NotYetError as wait:
            async with self._desk.system.system() as session:
                await FanOutTransaction(session).outbox.postpone(item.id, wait.seconds, str(wait))
            return
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
        market_time = await self._desk.markets.time_for(signal)
        turned = await self._reversals.begin(signal, subscribed, market_time)
        for trade in turned:
            self._wake(trade.wallet_id, trade.trade_id)
        waiting = {trade.wallet_id for trade in turned}
        entering = [one for one in subscribed if one.wallet_id not in waiting]
        adding = await self._additions.begin(signal, entering, market_time)
        await self._enter(signal, [one for one in entering if one.wallet_id not in adding])

    async def _enter_after_exit(self, item: OutboxItem) -> None:
        """The second half of a reversal: decide about the entry once the opposite trade is over."""
        signal_id, wallet_id, trade_id = (_id(item, name) for name in ("signal_id", "wallet_id", "trade_id"))
        async with self._desk.system.system() as session:
            transaction = FanOutTransaction(session)
            status = await transaction.trades.status(trade_id)
            signal = await transaction.accounts.signal(signal_id)
            if signal is None or status is None:
                raise MalformedWorkError(f"there is no signal {signal_id} or no trade {trade_id}")
            accounts = await transaction.accounts.subscribed(signal, wallet_id)
        market_time = await self._desk.markets.time_for(signal)
        if market_time is not None and market_time >= signal.expires_at:
            return
        if not status.is_terminal:
            raise NotYetError(TURN_AGAIN_SECONDS, f"trade {trade_id} is {status}")
        await self._enter(signal, accounts)

    async def _grow(self, item: OutboxItem) -> None:
        """Add to a position for a signal, or buy the next step of its ladder, to which the price has come."""
        if item.kind == "add":
            await self._add(item)
            return
        trade_id, step = _id(item, "trade_id"), _number(item, "step", "steps")
        _, wallet_id = await self._owner(trade_id)
        self._added(item, await self._desk.risk.ladders.take(trade_id, step), wallet_id, trade_id)

    async def _add(self, item: OutboxItem) -> None:
        """Add to a position, where everything permits it; its stop goes to break-even first."""
        signal_id, wallet_id, trade_id = (_id(item, name) for name in ("signal_id", "wallet_id", "trade_id"))
        async with self._desk.system.system() as session:
            transaction = FanOutTransaction(session)
            signal = await transaction.accounts.signal(signal_id)
            if signal is None:
                raise MalformedWorkError(f"there is no signal {signal_id}")
            accounts = await transaction.accounts.subscribed(signal, wallet_id)
        for account in accounts:  # none where it was answered before, or the wallet trades no longer
            answer = await self._desk.risk.additions.decide(signal, account, trade_id)
            self._added(item, answer, wallet_id, trade_id)

    def _added(self, item: OutboxItem, answer: AdditionAnswer, wallet_id: UUID, trade_id: UUID) -> None:
        """Have an addition leave whose order was written down, or ask again for it later."""
        if answer.approved:
            crash_point("after_commit_intent_add")
        if answer.approved or answer.stop_moved:
            self._wake(wallet_id, trade_id)
        if answer.wait_seconds is not None:
            seconds = min(answer.wait_seconds * (item.attempts + 1), MOST_ADDING_SECONDS)
            raise NotYetError(seconds, f"trade {trade_id} cannot be added to yet")

    async def _enter(self, signal: Signal, accounts: Sequence[TradingAccount]) -> None:
        """Decide about the entries of these accounts, and let what was approved leave: with each batch that is
        durable, not after the last one."""
        if not accounts:
            return
        book = asyncio.create_task(self._desk.books.read(signal.venue, signal.symbol))
        decided: list[TradeDecision] = []
        elsewhere: list[tuple[int, UUID]] = []

        def leave() -> None:
            if any(decision.is_approved for decision in decided):
                crash_point("after_commit_intent")
            for decision in decided:
                if decision.trade_id is None:
                    continue
                queue = self._queue_of(decision.account.wallet_id)
                if queue is not None:
                    queue.enter(decision.trade_id)
                elif self._desk.leases.epoch(decision.account.shard) is None:
                    elsewhere.append((decision.account.shard, decision.trade_id))
            decided.clear()

        def once_read(decisions: Sequence[TradeDecision]) -> None:
            """The book is read while the gate decides: the entries that follow find it."""
            decided.extend(decisions)
            if book.done():
                leave()

        try:
            await self._desk.risk.validate_trade(signal, accounts, once_read)
        finally:
            await book
        leave()
        for shard, trade_id in elsewhere:
            await self._hand_over(shard, trade_id)

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
        queue = self._queue_of(wallet_id)
        if queue is not None:
            queue.leave(trade_id)

    async def _carry_out_choice(self, item: OutboxItem) -> None:
        trade_id = _id(item, "trade_id")
        try:
            choice = OperatorChoice(str(item.payload.get("choice")))
        except ValueError as error:
            raise MalformedWorkError(str(error)) from error
        _, wallet_id = await self._owner(trade_id)
        queue = self._queue_of(wallet_id)
        if queue is None:
            raise NotYetError(TURN_AGAIN_SECONDS, f"nobody acts for wallet {wallet_id} yet")
        await carry_out_choice(self._desk, queue.account, trade_id, choice)
        self._wake(wallet_id, trade_id)

    async def _scale_out(self, item: OutboxItem) -> None:
        trade_id, step = _id(item, "trade_id"), _number(item, "step", "parts")
        user_id, wallet_id = await self._owner(trade_id)
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            try:
                asked = await ask_for_part(transaction, self._desk.markets, trade_id, step)
            except NoSuchPartError as error:
                raise MalformedWorkError(str(error)) from error
            await transaction.announcements.send()
        if asked:
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


def _number(item: OutboxItem, name: str, of: str) -> int:
    text = str(item.payload.get(name))
    if not text.isdecimal():
        raise MalformedWorkError(f"not a number of {of}: {text}")
    return int(text)


def _id(item: OutboxItem, name: str) -> UUID:
    try:
        return UUID(str(item.payload.get(name)))
    except ValueError as error:
        raise MalformedWorkError(f"{item.kind} without a {name}") from error
