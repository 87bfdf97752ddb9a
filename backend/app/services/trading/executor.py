"""The executor: holds leases on shards of wallets, and sees that every piece of trading work is done.

Start-up, recovery after a crash and taking over from another executor are one path: a shard that was gained
has its trades driven, unprotected ones first, and its accounts reconciled.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog

from app.core.metrics import loop_failed
from app.domain.order_states import sweep_rank, sweep_reason
from app.domain.sweep_budget import average_weight, compared_at_once, pause_seconds
from app.domain.types import TradeStatus
from app.repositories.fan_out import FanOutTransaction
from app.repositories.outbox import ENTERING_WORK, OutboxItem
from app.repositories.trades import LiveTrade
from app.services.trading.account_queue import AccountQueue
from app.services.trading.clock_watch import MEASURE_SECONDS, ClockWatch
from app.services.trading.desk import Desk
from app.services.trading.intake import Intake
from app.services.trading.kill_switch_runner import KillSwitchRunner
from app.services.trading.shard_leases import ShardLeases

POLL_SECONDS = 0.5
FIRST_CLOCK_SECONDS = 0.05
TEND_FRACTION = 1 / 3
ROWS_AT_ONCE = 64
TASKS_AT_ONCE = 16
LOOK_SECONDS = 1.0
LOOK_PAUSES = 20  # times as long as a look took: thousands of restless trades are read more seldom
SWEEP_PATIENCE_SECONDS = 1.0
LEAVING_PAUSES = 19  # times as long as a comparison took, while a kill switch leaves accounts
POSTPONE_SECONDS = 0.5
RETRY_SECONDS = 0.5
KILL_SWITCH_SECONDS = 0.25
SIGNALS_AT_ONCE = 12  # the rest of the tasks is left to exits, stops and questions
COMPARED_AT_ONCE = 32  # accounts of a shard that was gained
COMPARE_PATIENCE_SECONDS = 90.0  # longer than a venue's minute of weight
FOLLOW_AFTER_SECONDS = 30.0  # streams of a shard that was gained, however many accounts are compared by then
FOLLOW_LATER_SECONDS = 1.0
STREAM_SECONDS = 0.1  # between the openings of two streams
STREAMS = 300  # accounts whose stream is followed; those beyond are found by the sweep alone

log = structlog.get_logger(__name__)


class Notifications(Protocol):
    """NOTIFY of one channel: payloads, and None whenever listening has begun (again)."""

    def listen(self, channel: str) -> AsyncIterator[str | None]: ...


class Executor:
    """One process's part of the trading work."""

    def __init__(self, desk: Desk, leases: ShardLeases, notifications: Notifications) -> None:
        self._desk = desk
        self._leases = leases
        self._notifications = notifications
        self._queues: dict[UUID, AccountQueue] = {}
        self._intake = Intake(desk, self._queues.get)
        self._clocks = ClockWatch(desk)
        self._kill_switch = KillSwitchRunner(desk, self._queues.get)
        self._wake = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._signals_under_way: set[int] = set()
        self._catching_up: asyncio.Task[None] | None = None
        self._sweep_place = 0
        self._look_due = 0.0
        self._to_follow: dict[UUID, None] = {}
        self._following: asyncio.Task[None] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is under way and give the leases back."""
        loops = [
            asyncio.create_task(self._repeat("leases", self._tend, self._tend_seconds)),
            asyncio.create_task(self._repeat("outbox", self._take_work, 0.0)),
            asyncio.create_task(self._repeat("sweep", self._sweep, 0.0)),
            asyncio.create_task(self._repeat("kill switch", self._kill_switch.advance, KILL_SWITCH_SECONDS)),
            asyncio.create_task(self._repeat("listen", self._listen, RETRY_SECONDS)),
            asyncio.create_task(self._repeat("clocks", self._look_at_clocks, 0.0)),
        ]
        await stop.wait()
        for task in loops[1:]:
            task.cancel()
        for started in (self._catching_up, self._following):
            if started is not None:
                started.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=3)
        await asyncio.gather(*(queue.stop() for queue in self._queues.values()))
        loops[0].cancel()
        await asyncio.gather(*loops, *self._under_way.values(), return_exceptions=True)
        await self._leases.release()

    @property
    def accounts(self) -> int:
        """How many accounts this process acts for."""
        return len(self._queues)

    @property
    def _tend_seconds(self) -> float:
        return self._desk.terms.lease_seconds * TEND_FRACTION

    async def _repeat(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Do it again and again; an error is logged and followed by a pause that grows."""
        failures = 0
        while True:
            try:
                await work()
                failures = 0
                await asyncio.sleep(seconds)
            except Exception:
                failures += 1
                total = loop_failed(f"executor {name}")
                log.exception("a loop of the executor failed", loop=name, failures=total, in_a_row=failures)
                await asyncio.sleep(min(RETRY_SECONDS * failures, 2.0))

    async def _tend(self) -> None:
        gained, lost = await self._leases.tend()
        for queue in [held for held in self._queues.values() if held.account.shard in lost]:
            del self._queues[queue.account.wallet_id]
            await queue.stop()
        opened = await self._open_accounts()
        if gained:
            log.info("shards were gained", shards=sorted(gained), accounts=self.accounts)
            await self._recover(gained)
            self._wake.set()
        else:
            for queue in opened:
                queue.reconcile(None)
            self._follow([queue.account.wallet_id for queue in opened])

    async def _open_accounts(self) -> list[AccountQueue]:
        """A queue for every account of our shards, none for those that are gone; returns the new ones."""
        async with self._desk.system.system() as session:
            accounts = await FanOutTransaction(session).accounts.of_shards(sorted(self._desk.leases.epochs))
        wanted = {account.wallet_id: account for account in accounts}
        for wallet_id in self._queues.keys() - wanted.keys():
            await self._queues.pop(wallet_id).stop()
        opened = [
            AccountQueue(self._desk, wanted[wallet_id]) for wallet_id in wanted.keys() - self._queues.keys()
        ]
        for queue in opened:
            self._queues[queue.account.wallet_id] = queue
            queue.start()
        return opened

    def _follow(self, wallets: Iterable[UUID]) -> None:
        """Follow the streams of these accounts, as far as there is room; one after the other, because opening many
        at once would hold up everything else."""
        self._to_follow.update(dict.fromkeys(wallets))
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._open_streams())

    async def _open_streams(self) -> None:
        while self._to_follow:
            if any(queue.is_leaving for queue in self._queues.values()):
                await asyncio.sleep(FOLLOW_LATER_SECONDS)  # who leaves everything needs the time more
                continue
            wallet_id = next(iter(self._to_follow))
            del self._to_follow[wallet_id]
            queue = self._queues.get(wallet_id)
            following = sum(held.is_followed for held in self._queues.values())
            if queue is not None and following < STREAMS and not queue.is_followed:
                queue.follow()
                await asyncio.sleep(STREAM_SECONDS)

    async def _recover(self, shards: Iterable[int]) -> None:
        """Drive what was under way, unprotected and unknown first, then compare every account in that order. Trades
        that were at rest are left to the comparison, which finds out whether they still are."""
        async with self._desk.system.system() as session:
            live = await FanOutTransaction(session).trades.live_of_shards(sorted(shards))
        order: dict[UUID, None] = {}
        for trade in sorted(live, key=urgency):
            queue = self._queues.get(trade.wallet_id)
            if queue is None:
                continue
            order[trade.wallet_id] = None
            self._look_at(queue, trade)
        order |= dict.fromkeys(self._queues)
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._catching_up = asyncio.create_task(
            self._catch_up(list(order), Counter(trade.wallet_id for trade in live))
        )

    @staticmethod
    def _look_at(queue: AccountQueue, trade: LiveTrade) -> None:
        """Have a trade driven that is not at rest."""
        if trade.is_at_rest:
            return
        if _is_entering(trade):
            queue.enter(trade.trade_id)
        else:
            queue.drive(trade.trade_id)

    def _at_once(self, live: Mapping[UUID, int]) -> int:
        """How many accounts are compared side by side, by the scarcest budget of their venues."""
        budgets = [
            compared_at_once(
                live.get(wallet_id, 0),
                self._desk.gateways.weight_per_minute(queue.account.venue),
                COMPARED_AT_ONCE,
            )
            for wallet_id, queue in self._queues.items()
        ]
        return min(budgets, default=COMPARED_AT_ONCE)

    async def _catch_up(self, wallets: Sequence[UUID], live: Mapping[UUID, int]) -> None:
        """Compare accounts in this order, some at a time, so that the budget serves the most urgent ones first; then
        follow their streams, each of which has its account compared once more when it is connected. An account
        whose venue gives no answer stays in doubt and goes on by itself: it holds up neither streams nor sweeps."""
        places = asyncio.Semaphore(self._at_once(live))
        due = asyncio.get_running_loop().call_later(FOLLOW_AFTER_SECONDS, self._follow, wallets)

        async def one(wallet_id: UUID) -> None:
            try:
                queue = self._queues.get(wallet_id)
                if queue is not None and queue.in_doubt:
                    async with asyncio.timeout(COMPARE_PATIENCE_SECONDS):
                        await queue.compare()
            except TimeoutError:
                log.warning("an account could not be compared yet", wallet_id=str(wallet_id))
            finally:
                places.release()

        try:
            async with asyncio.TaskGroup() as group:
                for wallet_id in wallets:
                    await places.acquire()
                    group.create_task(one(wallet_id))
        finally:
            due.cancel()
        log.info("every account was compared", accounts=len(wallets))
        self._follow(wallets)

    async def _look_at_clocks(self) -> None:
        """Measure the venues' clocks now and every few seconds; at once when the first account comes."""
        venues = {queue.account.venue for queue in self._queues.values()}
        await self._clocks.look(sorted(venues))
        await asyncio.sleep(MEASURE_SECONDS if venues else FIRST_CLOCK_SECONDS)

    async def _listen(self) -> None:
        async for _ in self._notifications.listen("outbox"):
            self._wake.set()

    async def _take_work(self) -> None:
        """Start what is due, then wait to be woken; a poll finds what no notification told of."""
        room = TASKS_AT_ONCE - len(self._under_way)
        shards = sorted(self._desk.leases.epochs)
        self._wake.clear()
        if room > 0 and shards:
            async with self._desk.system.system() as session:
                items = await FanOutTransaction(session).outbox.pending(
                    shards,
                    sorted(self._under_way),
                    min(room, ROWS_AT_ONCE),
                    signals=SIGNALS_AT_ONCE - len(self._signals_under_way),
                )
            if not all(item.wallet_id is None or item.wallet_id in self._queues for item in items):
                opened = await self._open_accounts()
                for queue in opened:
                    queue.reconcile(None)
                self._follow([queue.account.wallet_id for queue in opened])
            for item in items:
                task = asyncio.create_task(self._carry_out(item))
                self._under_way[item.id] = task
                if item.kind in ENTERING_WORK:
                    self._signals_under_way.add(item.id)
                task.add_done_callback(partial(self._finished, item.id))
            if len(items) == room:
                return
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return

    def _finished(self, item_id: int, _task: asyncio.Task[None]) -> None:
        self._under_way.pop(item_id, None)
        self._signals_under_way.discard(item_id)
        self._wake.set()

    async def _carry_out(self, item: OutboxItem) -> None:
        try:
            await self._intake.carry_out(item)
        except Exception as error:
            log.exception(
                "work out of the outbox failed",
                outbox_id=item.id,
                kind=item.kind,
                failures=loop_failed("outbox work"),
            )
            await self._postpone(item, error)

    async def _postpone(self, item: OutboxItem, error: Exception) -> None:
        try:
            async with self._desk.system.system() as session:
                await FanOutTransaction(session).outbox.postpone(
                    item.id, POSTPONE_SECONDS * min(item.attempts + 1, 10), repr(error)
                )
        except Exception:
            failures = loop_failed("outbox postponement")
            log.exception("work could not be postponed, it stays due", outbox_id=item.id, failures=failures)
            await asyncio.sleep(RETRY_SECONDS)

    async def _sweep(self) -> None:
        """Compare one account at a time, evenly within the budget of the addresses; and each second look at every
        trade that is not at rest."""
        now = asyncio.get_running_loop().time()
        if now >= self._look_due:
            await self._look_at_restless()
            took = asyncio.get_running_loop().time() - now
            self._look_due = now + max(LOOK_SECONDS, took * LOOK_PAUSES)
        # a kill switch asks the venue itself about each of its accounts
        wallets = sorted(wallet_id for wallet_id, queue in self._queues.items() if not queue.is_leaving)
        catching_up = self._catching_up is not None and not self._catching_up.done()
        if not wallets or catching_up:
            await asyncio.sleep(RETRY_SECONDS)
            return
        self._sweep_place = (self._sweep_place + 1) % len(wallets)
        queue = self._queues[wallets[self._sweep_place]]
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(SWEEP_PATIENCE_SECONDS):
                await queue.compare()
        except TimeoutError:
            log.debug("a comparison takes long, the sweep goes on", wallet_id=str(queue.account.wallet_id))
        took = asyncio.get_running_loop().time() - begun
        # never more than half of the time: whoever has work to do comes before a sweep
        pauses = LEAVING_PAUSES if self._desk.under_kill_switch else 1
        await asyncio.sleep(max(self._pause(queue.account.venue, queue.symbols) - took, took * pauses))

    async def _look_at_restless(self) -> None:
        async with self._desk.system.system() as session:
            trades = FanOutTransaction(session).trades
            restless = await trades.live_of_shards(sorted(self._desk.leases.epochs), restless=True)
        for trade in sorted(restless, key=urgency):
            queue = self._queues.get(trade.wallet_id)
            if queue is not None and not queue.is_leaving:
                self._look_at(queue, trade)

    def _pause(self, venue: str, symbols: int) -> float:
        """Time to the next account of the sweep: the budget's, or the asked-for interval shared by all."""
        share = len(self._desk.leases.epochs) / max(self._leases.shard_count, 1)
        weight = self._desk.gateways.weight_per_minute(venue)
        by_budget = pause_seconds(average_weight(symbols), weight, min(max(share, 0.01), 1.0))
        return max(by_budget, self._desk.terms.sweep_interval_seconds / max(len(self._queues), 1))


def _is_entering(trade: LiveTrade) -> bool:
    """Nothing is held yet and nothing is under way: what comes next would be an entry."""
    return trade.status is TradeStatus.INTENT and not trade.has_unknown_outcome


def urgency(trade: LiveTrade) -> int:
    """The trade's place in a sweep: unprotected and unknown first."""
    reason = sweep_reason(trade.status, has_unknown_outcome=trade.has_unknown_outcome)
    return 99 if reason is None else sweep_rank(reason)
