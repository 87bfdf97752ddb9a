"""One writer per account: a queue of what is to be looked at, and the task that works through it.

Work is named, not piled up: the same trade or symbol waits once. Trades come before reconciliation, until that has
waited so long that it goes first now and then: what somebody does by hand is found however busy we are. Of the trades
those whose position has no stop, or is to be left, come first and entries last (`TradeLanes`). Entries wait for a turn
of the process besides, so that the stops of other accounts do not wait for many of them. A trade that is to be left
waits for nothing else: while the venue owes an answer about another trade, or is being compared, it is driven beside
that. Each trade still has one driver at a time, and each step its row lock and its compare-and-swap.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from app.core.metrics import loop_failed
from app.domain.sweep_budget import SWEEPS_PER_FULL_READ
from app.domain.venue import BudgetSpentError, VenueUnavailableError
from app.repositories.kill_switch_work import OpenRun
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.account_stream import AccountStream
from app.services.trading.comparison_turns import ComparisonTurns
from app.services.trading.desk import Desk
from app.services.trading.flattening import AccountFlattening
from app.services.trading.gate import NotOurShardError
from app.services.trading.owed_balance import OwedBalance
from app.services.trading.reconcile import Found, Reconciler
from app.services.trading.request_pace import CHANCE, RequestPace, retry_wait
from app.services.trading.trade_driver import TradeDriver
from app.services.trading.trade_lanes import TradeLanes

RETRY_SECONDS = 0.5
MOST_RETRY_SECONDS = 10.0
MOST_TRADE_RETRY_SECONDS = 2.0  # a stop or an exit may be what waits
MOST_ASIDE = 4  # trades that are left beside the account's other work; more wait for their turn
DRIVEN_SECONDS = 0.05  # until a trade is looked at again whose driver is at work
HINT_GATHER_SECONDS = 0.03

Key = UUID | str | None  # a trade, a symbol, or the whole account
Named = TypeVar("Named", bound=Key)

log = structlog.get_logger(__name__)


class AccountQueue:
    """Looks after one account until stopped."""

    def __init__(self, desk: Desk, account: TradingAccount) -> None:
        self.account = account
        self.symbols = 0  # in which something went on when the account was last compared
        self._desk = desk
        self._trades = TradeLanes()
        self._symbols: OrderedDict[str | None, None] = OrderedDict()
        self._asked: dict[str | None, float] = {}  # since when a comparison waits
        self._comparisons = ComparisonTurns()
        self._turn_taken = False
        self._runs: OrderedDict[UUID, OpenRun] = OrderedDict()
        self._driven: set[UUID] = set()  # trades whose driver is at work
        self._aside: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._one_by_one = False
        self._pace = RequestPace(places=desk.questions_to(account.venue))
        self._turns = desk.entry_turns
        self._entries: OrderedDict[UUID, None] = OrderedDict()
        self._in_doubt = True
        self._compared = asyncio.Event()
        self._wake = asyncio.Event()
        self._balance = OwedBalance(account.wallet_id, desk.under_kill_switch, self._wake.set)
        self._idle = asyncio.Event()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._failures = 0
        self._failed: dict[UUID, int] = {}  # times in a row that a trade's step failed
        self._sweeps = 1 + account.wallet_id.int % (SWEEPS_PER_FULL_READ - 1)  # full reads come spread out
        self._stream = AccountStream(desk, account, self._hinted)

    @property
    def in_doubt(self) -> bool:
        """Whether the account has to be compared with its venue before anything enters."""
        return self._in_doubt

    async def compare(self) -> None:
        """Have the whole account compared, and wait until it was."""
        self._compared.clear()
        self.reconcile(None)
        await self._compared.wait()

    def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._work(), name=f"account {self.account.wallet_id}")]

    @property
    def is_followed(self) -> bool:
        """Whether the account's stream is followed."""
        return self._stream.is_open

    def follow(self) -> None:
        """Follow the account's stream; once connected, the account is compared."""
        self._stream.open()

    async def stop(self) -> None:
        """Stop between two steps where possible; a step under way is cut off, as a crash would."""
        for timer in self._timers.values():
            timer.cancel()
        self._balance.stop()
        self._trades.clear()
        self._symbols.clear()
        self._asked.clear()
        self._runs.clear()
        self._desk.under_kill_switch.discard(self.account.wallet_id)
        if self._tasks:
            await asyncio.wait([asyncio.create_task(self._idle.wait()), *self._aside], timeout=2)
        tasks = [*self._tasks, *self._aside]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, self._stream.close(), return_exceptions=True)
        self._tasks = []
        self._turns.end(self.account.wallet_id)

    def drive(self, trade_id: UUID, after_seconds: float = 0.0) -> None:
        """Look at a trade of which something is, or may be, at the venue, now or later."""
        self._trades.learn_of_position(trade_id)
        self._look_at(trade_id, after_seconds)

    def leave(self, trade_id: UUID) -> None:
        """Look at a trade that is to be left: before the others that wait, and beside what is under way."""
        self._take_timer(trade_id)
        is_busy = not (self._idle.is_set() or self._leaving)
        if is_busy and trade_id not in self._driven and len(self._aside) < MOST_ASIDE:
            self._trades.remove(trade_id)
            task = asyncio.create_task(self._guarded(partial(self._drive, trade_id)))
            self._aside.add(task)
            task.add_done_callback(self._aside.discard)
            return
        self._trades.put(trade_id, first=True)
        self._wake.set()

    def enter(self, trade_id: UUID) -> None:
        """Look at a trade that is to enter. While the account is in doubt (just taken over, or its venue was
        away) it is compared first: no entry leaves on facts that may be stale."""
        self._trades.learn_of_entry(trade_id)
        if not self._in_doubt:
            self._look_at(trade_id)
            return
        self._entries[trade_id] = None
        self.reconcile(None)

    def reconcile(self, symbol: str | None, after_seconds: float = 0.0) -> None:
        """Compare one symbol (None: the whole account) with the venue, now or later."""
        self._asked.setdefault(symbol, asyncio.get_running_loop().time() + after_seconds)
        self._take_timer(symbol)
        if after_seconds > 0:
            self._timers[symbol] = self._later(after_seconds, self.reconcile, symbol)
            return
        self._symbols[symbol] = None
        self._wake.set()

    def flatten(self, run: OpenRun) -> None:
        """Look at the account for a kill switch: leave what is live, then prove it flat at the venue."""
        if not self._leaving:
            self._runs[run.id] = run
            self._desk.under_kill_switch.add(self.account.wallet_id)
            self._wake.set()

    @property
    def is_leaving(self) -> bool:
        """Whether a kill switch takes care of every trade of the account, now or in its turn."""
        return self._leaving or bool(self._runs)

    def _look_at(self, trade_id: UUID, after_seconds: float = 0.0) -> None:
        """Look at a trade, as urgent as it is known to be, now or later."""
        self._take_timer(trade_id)
        if after_seconds > 0:
            self._timers[trade_id] = self._later(after_seconds, self._look_at, trade_id)
            return
        self._trades.put(trade_id)
        self._wake.set()

    def _take_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    @staticmethod
    def _later(seconds: float, call: Callable[[Named], None], key: Named) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, call, key)

    async def _work(self) -> None:
        while True:
            held = self._trades.is_held or self._symbols or self._runs or self._balance.is_due
            if not (held or self._may_enter()):
                self._wake.clear()
                self._idle.set()
                await self._wake.wait()
            self._idle.clear()
            await self._guarded(self._next)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work; what goes wrong is noted, and what failed has its own timer."""
        try:
            await work()
            self._failures = 0
        except BudgetSpentError:
            self._failures = 0  # the venue was not asked: nothing is known to be wrong
        except VenueUnavailableError as error:
            self._doubt(error)
        except Exception:
            log.exception(
                "work on an account failed",
                wallet_id=str(self.account.wallet_id),
                failures=loop_failed("account"),
            )
            self._failures += 1

    def _doubt(self, error: VenueUnavailableError) -> None:
        """The venue did not answer: what we know of the account may be stale until it was compared again. What
        failed has its own timer, so that an exit that comes now is tried at once."""
        self._failures += 1
        self._in_doubt = True
        log.warning(
            "the venue gives no certain answer", wallet_id=str(self.account.wallet_id), error=str(error)
        )
        self.reconcile(None, self._backoff())

    def _backoff(self, error: BaseException | None = None) -> float:
        """Seconds to the next try: doubled with each failure, jittered, or what the budget says."""
        if isinstance(error, BudgetSpentError):
            return min(error.seconds, MOST_RETRY_SECONDS) * CHANCE.uniform(1.0, 1.3)
        return retry_wait(max(self._failures, 1), RETRY_SECONDS, MOST_RETRY_SECONDS)

    async def _next(self) -> None:
        if self._takes_turn():
            await self._reconcile_first()
        elif self._trades.is_held:
            await self._drive(self._trades.next_held())
        elif self._runs:
            _, run = self._runs.popitem(last=False)
            await self._flatten(run)
        elif self._may_enter():
            try:
                await self._drive(self._trades.next_entering())
            finally:
                self._turns.end(self.account.wallet_id)
        elif self._balance.take():
            await self._refresh_balance()
        elif self._symbols:
            await self._reconcile_next()

    def _may_enter(self) -> bool:
        """Whether an entry waits and it is this account's turn; a turn for which nothing waits is given back."""
        if self._trades.is_entering and not self._runs:
            return self._turns.ask(self.account.wallet_id, self._wake.set)
        self._turns.end(self.account.wallet_id)
        return False

    def _takes_turn(self) -> bool:
        """Whether the comparison that waits longest goes before the trades now."""
        waits = self._symbols and not self._runs  # a kill switch is behind nothing that it does not ask for
        asked = self._asked.get(next(iter(self._symbols))) if waits else None
        now, lanes = asyncio.get_running_loop().time(), self._trades
        self._turn_taken = self._comparisons.may_go_first(asked, now, exposed=lanes.is_exposed)
        return self._turn_taken

    async def _reconcile_first(self) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            await self._reconcile_next()
        finally:
            self._comparisons.taken(begun, loop.time())

    async def _reconcile_next(self) -> None:
        symbol, _ = self._symbols.popitem(last=False)
        await self._reconcile(symbol)

    async def _drive(self, trade_id: UUID) -> None:
        if trade_id in self._driven:
            self._look_at(trade_id, DRIVEN_SECONDS)
            return
        self._driven.add(trade_id)
        try:
            await self._drive_alone(trade_id)
        finally:
            self._driven.discard(trade_id)

    async def _drive_alone(self, trade_id: UUID) -> None:
        try:
            gateway = await self._desk.gateway(self.account)
            driver = TradeDriver(self._desk, self.account, gateway, lambda: self._in_doubt)
            rest = await driver.drive(trade_id)
        except NotOurShardError as error:
            # where the shard is lost this queue ends; where only its lease lapsed, the trade goes on once it is renewed
            log.warning("another executor may act for this account", trade_id=str(trade_id), why=str(error))
            self._look_at(trade_id, RETRY_SECONDS)
            return
        except BaseException as error:
            self._look_at(trade_id, self._trade_backoff(error))
            raise
        if rest.failed:
            self._failed[trade_id] = self._failed.get(trade_id, 0) + 1
        else:
            self._failed.pop(trade_id, None)
        if rest.changed:
            self._balance.owe()
        if rest.suspicious:
            self.reconcile(None)
        self._trades.learn(trade_id, None if rest.seconds is None else rest.urgency)
        if rest.seconds is not None:
            times = self._failed.get(trade_id)
            again = (
                rest.seconds if times is None else retry_wait(times, rest.seconds, MOST_TRADE_RETRY_SECONDS)
            )
            self._look_at(trade_id, again)

    async def _flatten(self, run: OpenRun) -> None:
        """A look that fails is asked for again by the run, for as long as it is not flat."""
        self._leaving = True
        flattening = AccountFlattening(self._desk, self.account, self._pace)
        try:
            if self._aside:  # whoever leaves everything is the account's only writer
                await asyncio.wait(self._aside)
            look = await flattening.look(run, one_by_one=self._one_by_one)
            self._one_by_one = False
        except VenueUnavailableError:
            raise
        except NotOurShardError as error:
            log.warning("another executor may leave this account", why=str(error))
            return
        except Exception:
            self._one_by_one = True  # what went wrong for all of them together need not for each alone
            raise
        finally:
            self._leaving = False
        if look.proven and not self._runs:
            self._desk.under_kill_switch.discard(self.account.wallet_id)
        for trade_id, seconds in look.trades.items():
            self.drive(trade_id, seconds)
        if look.changed:
            self._balance.owe_after_others()
        if look.differs:
            self.reconcile(None)

    def _trade_backoff(self, error: BaseException) -> float:
        """A trade is tried again soon, whatever went wrong: it may be a position without a stop."""
        return min(self._backoff(error), MOST_TRADE_RETRY_SECONDS)

    async def _refresh_balance(self) -> None:
        try:
            touched = await self._desk.balances.refresh(self.account, with_ledger=False)
        except BaseException as error:
            self.reconcile(None, self._backoff(error))
            raise
        # Not only we may have traded: the balance that is kept now tells no more of it.
        for symbol in touched:
            if symbol not in self._timers:
                self.reconcile(symbol, HINT_GATHER_SECONDS)

    async def _reconcile(self, symbol: str | None) -> None:
        asked, taken = self._asked.pop(symbol, None), self._turn_taken
        try:
            gateway = await self._desk.gateway(self.account)
            reconciler = Reconciler(
                self._desk, self.account, gateway, lambda: bool(self._trades) and not taken
            )
            found = await self._whole(reconciler) if symbol is None else await reconciler.symbol(symbol)
        except BaseException as error:
            self.reconcile(symbol, self._backoff(error))
            raise
        if found.changed:
            self._balance.owe()
        if found.cut_short:
            if asked is not None:
                self._asked[symbol] = asked
            self.reconcile(symbol, HINT_GATHER_SECONDS)
        for trade_id in found.trades:
            self._look_at(trade_id)

    async def _whole(self, reconciler: Reconciler) -> Found:
        every_order = self._sweeps % SWEEPS_PER_FULL_READ == 0
        found = await reconciler.whole(every_order=every_order)
        self.symbols = found.symbols
        self._sweeps += 1
        self._in_doubt = False
        self._compared.set()
        for trade_id in self._entries:
            self.enter(trade_id)
        self._entries.clear()
        if found.changed:
            self._stream.suspect()
        return found

    def _hinted(self, symbol: str | None) -> None:
        """Look at what the venue nudged about: several nudges about one thing are one, and a kill switch looks by
        itself."""
        if symbol not in self._timers and not self.is_leaving:
            self.reconcile(symbol, HINT_GATHER_SECONDS)
