"""One writer per account: a queue of what is to be looked at, and the task that works through it.

Work is named, not piled up: the same trade or symbol waits once. Trades come before reconciliation.
"""

import asyncio
import random
from collections import OrderedDict
from uuid import UUID

import structlog

from app.domain.backoff import backoff_seconds
from app.domain.venue import VenueUnavailableError
from app.repositories.kill_switch_work import OpenRun
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.desk import Desk
from app.services.trading.flattening import AccountFlattening
from app.services.trading.gate import NotOurShardError
from app.services.trading.reconcile import Found, Reconciler
from app.services.trading.trade_driver import TradeDriver

RETRY_SECONDS = 0.5
MOST_RETRY_SECONDS = 10.0
MOST_TRADE_RETRY_SECONDS = 2.0  # a stop or an exit may be what waits
HINT_RETRY_SECONDS = 1.0
HINT_GATHER_SECONDS = 0.03
SWEEPS_PER_FULL_READ = 20

Key = UUID | str | None  # a trade, a symbol, or the whole account

log = structlog.get_logger(__name__)


class AccountQueue:
    """Looks after one account until stopped."""

    def __init__(self, desk: Desk, account: TradingAccount) -> None:
        self.account = account
        self._desk = desk
        self._trades: OrderedDict[Key, None] = OrderedDict()
        self._symbols: OrderedDict[Key, None] = OrderedDict()
        self._runs: OrderedDict[UUID, OpenRun] = OrderedDict()
        self._balance_due = False
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._failures = 0
        self._failed: dict[UUID, int] = {}  # times in a row that a trade's step failed
        self._sweeps = 0

    def start(self, *, follow_hints: bool = True) -> None:
        """Begin to work."""
        name = f"account {self.account.wallet_id}"
        self._tasks = [asyncio.create_task(self._work(), name=name)]
        if follow_hints:
            self._tasks.append(asyncio.create_task(self._follow_hints(), name=f"{name} hints"))

    async def stop(self) -> None:
        """Stop between two steps where possible; a step under way is cut off, as a crash would."""
        for timer in self._timers.values():
            timer.cancel()
        self._trades.clear()
        self._symbols.clear()
        self._runs.clear()
        if self._tasks:
            await asyncio.wait([asyncio.create_task(self._idle.wait())], timeout=2)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def drive(self, trade_id: UUID, after_seconds: float = 0.0) -> None:
        """Look at a trade, now or later."""
        self._schedule(trade_id, self._trades, after_seconds)

    def reconcile(self, symbol: str | None, after_seconds: float = 0.0) -> None:
        """Compare one symbol (None: the whole account) with the venue, now or later."""
        self._schedule(symbol, self._symbols, after_seconds)

    def flatten(self, run: OpenRun) -> None:
        """Look at the account for a kill switch: leave what is live, then prove it flat at the venue."""
        self._runs[run.id] = run
        self._wake.set()

    def _schedule(self, key: Key, work: OrderedDict[Key, None], after_seconds: float) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if after_seconds <= 0:
            work[key] = None
            self._wake.set()
            return
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(after_seconds, self._schedule, key, work, 0.0)

    async def _work(self) -> None:
        while True:
            if not (self._trades or self._symbols or self._runs or self._balance_due):
                self._wake.clear()
                self._idle.set()
                await self._wake.wait()
            self._idle.clear()
            try:
                await self._next()
                self._failures = 0
            except VenueUnavailableError as error:
                log.warning(
                    "the venue gives no certain answer",
                    wallet_id=str(self.account.wallet_id),
                    error=str(error),
                )
                await self._pause()
            except Exception:
                log.exception("work on an account failed", wallet_id=str(self.account.wallet_id))
                await self._pause()

    async def _pause(self) -> None:
        self._failures += 1
        self._idle.set()
        await asyncio.sleep(_wait(self._failures, RETRY_SECONDS, MOST_RETRY_SECONDS))

    async def _next(self) -> None:
        if self._trades:
            trade_id, _ = self._trades.popitem(last=False)
            if isinstance(trade_id, UUID):
                await self._drive(trade_id)
        elif self._runs:
            _, run = self._runs.popitem(last=False)
            await self._flatten(run)
        elif self._balance_due:
            self._balance_due = False
            await self._desk.balances.refresh(self.account, with_ledger=False)
        elif self._symbols:
            symbol, _ = self._symbols.popitem(last=False)
            if not isinstance(symbol, UUID):
                await self._reconcile(symbol)

    async def _drive(self, trade_id: UUID) -> None:
        try:
            gateway = await self._desk.gateway(self.account)
            rest = await TradeDriver(self._desk, self.account, gateway).drive(trade_id)
        except NotOurShardError as error:
            log.warning("another executor acts for this account", trade_id=str(trade_id), why=str(error))
            return
        except BaseException:
            self.drive(trade_id, RETRY_SECONDS)
            raise
        if rest.failed:
            self._failed[trade_id] = self._failed.get(trade_id, 0) + 1
        else:
            self._failed.pop(trade_id, None)
        if rest.changed:
            self._balance_due = True
        if rest.suspicious:
            self.reconcile(None)
        if rest.seconds is not None:
            times = self._failed.get(trade_id)
            again = rest.seconds if times is None else _wait(times, rest.seconds, MOST_TRADE_RETRY_SECONDS)
            self.drive(trade_id, again)

    async def _flatten(self, run: OpenRun) -> None:
        """A look that fails is asked for again by the run, for as long as it is not flat."""
        look = await AccountFlattening(self._desk, self.account).look(run)
        for trade_id in look.trades:
            self.drive(trade_id)
        if look.differs:
            self.reconcile(None)

    async def _reconcile(self, symbol: str | None) -> None:
        try:
            gateway = await self._desk.gateway(self.account)
            reconciler = Reconciler(self._desk, self.account, gateway, lambda: bool(self._trades))
            found = await self._whole(reconciler) if symbol is None else await reconciler.symbol(symbol)
        except BaseException:
            self.reconcile(symbol, RETRY_SECONDS * (self._failures + 1))
            raise
        self._balance_due |= found.changed
        if found.cut_short:
            self.reconcile(symbol, HINT_GATHER_SECONDS)
        for trade_id in found.trades:
            self.drive(trade_id)

    async def _whole(self, reconciler: Reconciler) -> Found:
        every_order = self._sweeps % SWEEPS_PER_FULL_READ == 0
        found = await reconciler.whole(every_order=every_order)
        self._sweeps += 1
        return found

    async def _follow_hints(self) -> None:
        """Every nudge of the venue is followed by a look at what it is about."""
        while True:
            try:
                gateway = await self._desk.gateway(self.account)
                async for hint in gateway.hints():
                    if hint.symbol not in self._timers:  # several nudges about one thing are one
                        self.reconcile(hint.symbol, HINT_GATHER_SECONDS)
            except VenueUnavailableError as error:
                log.warning(
                    "no hints about an account", wallet_id=str(self.account.wallet_id), error=str(error)
                )
            except Exception:
                log.exception("following hints failed", wallet_id=str(self.account.wallet_id))
            await asyncio.sleep(HINT_RETRY_SECONDS)


def _wait(failures: int, base_seconds: float, most_seconds: float) -> float:
    return backoff_seconds(
        failures,
        base_seconds=base_seconds,
        most_seconds=most_seconds,
        draw=random.random(),  # noqa: S311 - it spreads, it hides nothing
    )
