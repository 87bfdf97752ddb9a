"""One lane of the crash run: its own database, paper exchange, wallets, and an executor that is killed."""

import asyncio
import random
import shutil
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import asyncpg

from app.core.config import Settings
from app.domain.venue import VenueOrder, VenuePosition, VenueUnavailableError
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.audit import TOLERANCE, WalletAudit, verify_wallet
from app.services.trading.balances import account_key
from tests.conftest import create_database, settings_for
from tests.paper_venue import PaperVenue
from tests.service_host import TestServices
from tests.services.trading.executor_host import ExecutorHost
from tests.services.trading.floor import SYMBOLS, WEIGHT_LIMIT, TradingFloor, until
from tests.services.trading.nursery import ForkedProcess
from tests.soak.crash_plan import Blow, rules_of
from tests.soak.crash_queries import AT_REST, NAKED, RACES
from tests.soak.venue_record import taken_orders

Told = TypeVar("Told")
READS = 40
SMALL = Decimal(2_000)
CAP_FRACTION = Decimal("0.003")  # an entry's cap by default
RECEIVE_WINDOW_MS = 500  # as in production
MARGIN_MS = 1_900  # clock offset 0, a read lag of 700 ms, one second, and a little
LABEL_SECONDS = 8.0
AUDIT_AGAIN_SECONDS = 1.0  # an audit reads every trade of an account
POSTED_SECONDS = 60.0  # in which a comparison takes up what the venue posted just now, as funding
SETTLE_SECONDS = 90.0  # on a machine that does much else; how long it took is told
RANDOM_SECONDS = 0.4
WORKED_SECONDS = 3
LARGE = Decimal(900_000)
UNLIMITED = (
    "max_daily_loss_usd",
    "max_daily_loss_percent",
    "max_weekly_loss_percent",
    "max_monthly_loss_percent",
    "max_position_size_usd",
    "max_portfolio_heat",
    "max_open_risk_percent",
    "max_open_positions",
    "max_correlated_positions",
    "max_correlation",
    "max_consecutive_losses",
    "min_risk_reward_ratio",
)
NO_LIMITS: dict[str, object] = dict.fromkeys(UNLIMITED, None) | {
    "position_sizing_method": "fixed_amount",
    "enable_pyramiding": True,
}


@dataclass
class Cycle:
    """What one life of a set of trades showed. Times in seconds from the sending of an entry: `naked` to its live stop,
    `known` to when we knew of it."""

    struck: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    duplicates: int = 0
    lost: int = 0
    unwritten: int = 0
    unprotected: int = 0
    differences: int = 0
    partial_fills: int = 0
    cancel_races: int = 0
    orders: int = 0
    naked: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        return self.duplicates + self.lost + self.unwritten + self.unprotected + self.differences

    def as_row(self) -> dict[str, object]:
        return asdict(self)


class Lane:
    """Arranges, kills, waits, and lets the venue judge. `SPEED` is market seconds per second; `WEIGHT` what the
    venue grants the address in a minute, which executors share through Redis where `SHARES_BUDGET`."""

    SPEED = 60.0
    WEIGHT = WEIGHT_LIMIT
    SHARES_BUDGET = False

    def __init__(
        self,
        number: int,
        services: TestServices,
        services_folder: Path,
        folder: Path,
        *,
        wallets: int,
        mutant: str | None = None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.settle_seconds = settle_seconds
        self.name = f"lane_{mutant or number}"
        self._services, self._root = services, services_folder
        self._folder = folder / self.name
        self.wallets, self._mutant, self._number = wallets, mutant, number
        self.dice = random.Random(number)
        self.moving = number % 2 == 1
        self._cycles = 0

    def options(self, weight: int) -> tuple[str, ...]:
        """The venue's command line, where it grants that weight a minute."""
        return (*self.feed(), "--weight-limit", str(weight), "--speed", str(self.SPEED))

    def feed(self) -> tuple[str, ...]:
        """Where the venue's prices come from."""
        return ("--feed", "synthetic", "--seed", str(7 + self._number))

    async def open(self) -> None:
        """Start everything that this lane alone uses; what was started is ended where that fails."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        await asyncio.to_thread(create_database, self._services, self._root, self.name)
        self.settings: Settings = settings_for(self._services, self.name, self._folder, 1 + self._number % 15)
        self.venue = PaperVenue(self._folder, self.options(self.WEIGHT))
        async with AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, self.venue.stop)
            await asyncio.to_thread(self.venue.start)
            self.sql = await asyncpg.connect(self.settings.database_url)
            stack.push_async_callback(self.sql.close)
            self.floor = TradingFloor(self.settings, self.sql, self.venue)
            await self.floor.open()
            stack.push_async_callback(self.floor.close)
            if not self.moving:
                self.venue.pause()
            self.host = ExecutorHost(
                self.settings,
                self.venue,
                self._folder,
                margin_ms=MARGIN_MS,
                receive_window_ms=RECEIVE_WINDOW_MS,
                mutant=self._mutant,
                redis_url=self.settings.redis_url if self.SHARES_BUDGET else "",
                paper_weight=self.WEIGHT,
            )
            stack.push_async_callback(asyncio.to_thread, self.host.close)
            await asyncio.to_thread(self.host.start)
            self._stack = stack.pop_all()

    async def close(self) -> None:
        await self._stack.aclose()

    async def cycle(self, blows: Sequence[Blow]) -> Cycle:
        """Enter, add, move, leave a part, leave: with a kill at each, and an audit at the end."""
        found, self._cycles = Cycle(), self._cycles + 1
        symbol = SYMBOLS[self._cycles % len(SYMBOLS)]
        if not self.moving:
            self.venue.step(1)  # the book that was consumed comes back
        is_large = any(blow.leg == "slice" for blow in blows)
        amounts = [LARGE] * self.wallets if is_large else await self._amounts(symbol)
        accounts = [await self.account(amount) for amount in amounts]
        for blow in blows:
            await self._strike(blow, symbol, accounts, found)
            await self.settle(accounts, found, blow.key)
        if any([await self.is_held(account) for account in accounts]):
            await self.ask("exit", symbol, accounts)
            await self.settle(accounts, found, "end", flat=True)
        await self.audit(accounts, found)
        await self.sql.execute(
            "UPDATE wallets SET auto_trade_enabled = false, status = 'archived' WHERE id = ANY($1)",
            [account.wallet_id for account in accounts],
        )
        return found

    async def _amounts(self, symbol: str) -> list[Decimal]:
        """What the wallets enter with, in USDT. In two cycles of three they want more together than the book has
        within an entry's cap, or each alone does: some are filled in part, some are refused."""
        book = await self.floor.reader.order_book("paper", symbol, 1000)
        best = None if book is None else book.asks.best
        if book is None or best is None:
            return [SMALL] * self.wallets
        depth = book.asks.quantity_within(best * (1 + CAP_FRACTION)) * best
        share = self.dice.choice([Decimal("0.15"), Decimal("0.7"), Decimal("1.2")])
        return [SMALL, *([(depth * share).quantize(SMALL)] * (self.wallets - 1))]

    async def account(self, amount: Decimal | None = None) -> TradingAccount:
        """A funded wallet that enters with that amount, in USDT; LARGE goes in slices or waits in the book."""
        if amount is None:
            amount = Decimal(self.dice.choice([2_000, 20_000, 200_000]))
        user = await self.floor.user(**NO_LIMITS, fixed_amount_usd=amount, enable_dca=amount != LARGE)
        account = await self.floor.wallet(user, deposit="50000000")
        slippage = {"max_slippage": 1, "max_deviation": 1_000} if amount == LARGE else {}
        await self.floor.carry_out_as(account, execution_timeout_seconds=WORKED_SECONDS, **slippage)
        return account

    async def _strike(
        self, blow: Blow, symbol: str, accounts: Sequence[TradingAccount], found: Cycle
    ) -> None:
        """Kill the executor once while it does the leg's work, and start the next one."""
        process = self.host.processes[-1]
        self.venue.control("POST", "/sim/fault", rules_of(blow, len(accounts)))
        if blow.label is not None:
            self.host.crash_file.write_text(blow.label)
        if not await self.ask(blow.leg, symbol, accounts):
            self.host.crash_file.unlink(missing_ok=True)
            found.missed.append(blow.key)
            return
        if blow.label is None:
            await asyncio.sleep(self.dice.uniform(0, RANDOM_SECONDS))
            process.send_signal(signal.SIGKILL)
        died = await self._is_gone(process)
        if not died and not self._withdrawn():  # it has taken the label just now, and is dying
            died = await self._is_gone(process)
        (found.struck if died else found.missed).append(blow.key)
        if died:
            await asyncio.to_thread(self.host.start)

    def _withdrawn(self) -> bool:
        """Take the label away; False where there is none any more, since an executor was faster."""
        try:
            self.host.crash_file.unlink()
        except FileNotFoundError:
            return False
        return True

    async def _is_gone(self, process: ForkedProcess) -> bool:
        async def look() -> bool | None:
            return None if process.is_alive else True

        try:
            return await until(look, LABEL_SECONDS)
        except AssertionError:
            return False

    async def ask(self, leg: str, symbol: str, accounts: Sequence[TradingAccount]) -> int:
        """Give the executor the leg's work, for every wallet that has a position to do it with; returns how many."""
        if leg in ("entry", "stop", "slice"):
            await self.floor.signal(symbol, stop="0.03")
            return len(accounts)
        asked = 0
        if leg == "add":
            asked = await self._bring_into_profit(symbol, accounts)
            if asked:
                await self.floor.signal(symbol, stop="0.03")
            return asked
        for account in accounts:
            trade = await self.floor.trade(account, symbol)
            if trade is None or trade["status"] != "PROTECTED":
                continue
            asked += 1
            match leg:
                case "move":
                    price = await self._tighter(trade)
                    await self.floor.enqueue(
                        "move_stop", {"trade_id": str(trade["id"]), "stop_price": str(price)}
                    )
                case "scale_out":
                    await self.floor.bring_into_profit(trade)
                    await self.floor.ask_for_part(trade, "1")
                case _:
                    await self.floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        return asked

    async def _bring_into_profit(self, symbol: str, accounts: Sequence[TradingAccount]) -> int:
        """Write every position as if it had been entered lower, so that it may be added to; returns how many."""
        found = [await self.floor.trade(account, symbol) for account in accounts]
        held = [trade for trade in found if trade is not None and trade["status"] == "PROTECTED"]
        for trade in held:
            await self.floor.bring_into_profit(trade)
        return len(held)

    async def _tighter(self, trade: asyncpg.Record) -> Decimal:
        """A stop a little tighter; where the market moves, so near that it may trigger while it is moved."""
        near = Decimal(str(trade["stop_price"])) * Decimal("1.005")
        if not self.moving:
            return near
        quote = await self.floor.reader.quote("paper", trade["symbol"])
        return near if quote is None else max(near, quote.mark_price * Decimal("0.9995"))

    async def settle(
        self, accounts: Sequence[TradingAccount], found: Cycle, after: str, *, flat: bool = False
    ) -> None:
        """Wait until every wallet is at rest: flat without an order, or held under one stop over all of it."""
        loop = asyncio.get_running_loop()
        begun, restless = loop.time(), list(accounts)
        end = begun + self.settle_seconds
        while restless and loop.time() < end:
            if not self.moving and self.dice.random() < 0.05:
                self.venue.step(1)  # a book that was eaten up comes back
            restless = await self._restless(restless, flat=flat)
            await asyncio.sleep(0.03)
        self.venue.control("POST", "/sim/fault", {})
        found.settled.append(round(loop.time() - begun, 1))
        for account in restless:
            held, orders = await self._at_venue(account)
            found.unprotected += bool(held) and not orders
            found.lost += not (held and not orders)
            found.wrong.append(
                f"{self.name} after {after}: {held} {orders}\n{await self.floor.describe(account)}"
            )

    async def _restless(self, accounts: Sequence[TradingAccount], *, flat: bool) -> list[TradingAccount]:
        """Those that are not at rest. The venue is asked only about those that are by our books."""
        if await self.sql.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE processed_at IS NULL)"):
            return list(accounts)
        rows = await self.sql.fetch(AT_REST, [account.wallet_id for account in accounts], flat)
        ours = {row["wallet_id"]: row["quantities"] for row in rows}
        still = [account for account in accounts if account.wallet_id in ours]
        shown = await asyncio.gather(*(self._at_venue(account) for account in still))
        agree = {
            account.wallet_id
            for account, (held, orders) in zip(still, shown, strict=True)
            if held == sum(ours[account.wallet_id]) and sorted(orders) == sorted(ours[account.wallet_id])
        }
        return [account for account in accounts if account.wallet_id not in agree]

    async def is_held(self, account: TradingAccount) -> bool:
        return bool((await self._at_venue(account))[0])

    async def _at_venue(self, account: TradingAccount) -> tuple[Decimal, list[Decimal]]:
        """What the venue shows: quantity held, and the quantities of the working orders."""
        gateway = await self.floor.desk.gateways.for_account(account_key(account))

        async def read() -> tuple[Sequence[VenuePosition], Sequence[VenueOrder]]:
            return await gateway.positions(None), await gateway.open_orders(None)

        positions, orders = await _patiently(read)
        return sum((one.quantity for one in positions), Decimal(0)), [order.quantity for order in orders]

    async def audit(self, accounts: Sequence[TradingAccount], found: Cycle) -> None:
        """Books against the venue's own record of every trade that it made."""
        ids = [account.wallet_id for account in accounts]
        for account, audited in zip(
            accounts, await asyncio.gather(*map(self._audited, accounts)), strict=True
        ):
            found.duplicates += audited.duplicate_entries
            found.lost += audited.lost_fills + audited.unknown_orders
            found.unprotected += audited.unprotected_positions
            found.differences += audited.position_differences + (audited.difference > TOLERANCE)
            if not audited.is_sound:
                found.wrong.append(f"{self.name}: {audited}\n{await self.floor.describe(account)}")
        await self._hold_against_the_record(ids, found)
        rows = await self.sql.fetch(NAKED, ids)
        found.naked += [row["seconds"] for row in rows if row["seconds"] is not None]
        found.known += [row["known"] for row in rows if row["known"] is not None]
        found.orders += await self.sql.fetchval("SELECT count(*) FROM orders WHERE wallet_id = ANY($1)", ids)
        found.partial_fills += await self.sql.fetchval(
            "SELECT count(*) FROM orders WHERE wallet_id = ANY($1) AND filled_quantity > 0"
            " AND filled_quantity < quantity",
            ids,
        )
        found.cancel_races += await self.sql.fetchval(RACES, ids)

    async def _audited(self, account: TradingAccount) -> WalletAudit:
        """The account's audit, asked for again while it may be that the venue's newest postings are on their way."""
        desk, loop = self.floor.desk, asyncio.get_running_loop()
        read = partial(verify_wallet, desk.database, desk.gateways, account, desk.terms.deployment)
        end = loop.time() + POSTED_SECONDS
        audited = await _patiently(read)
        while not audited.is_sound and loop.time() < end:
            await asyncio.sleep(AUDIT_AGAIN_SECONDS)
            audited = await _patiently(read)
        return audited

    async def _hold_against_the_record(self, ids: Sequence[UUID], found: Cycle) -> None:
        """What the venue's own journal holds of these accounts: an id that it took twice is a duplicate; one that no
        committed row of ours names as sent is an order without an intent."""
        taken = await asyncio.to_thread(taken_orders, self.venue.journal, ids)
        times = Counter((order.client_order_id, order.is_conditional) for order in taken)
        twice = [name for (name, _), count in times.items() if count > 1]
        sent = await self.sql.fetch(
            "SELECT client_order_id FROM orders WHERE wallet_id = ANY($1) AND sent_at IS NOT NULL", ids
        )
        unwritten = {order.client_order_id for order in taken} - {row["client_order_id"] for row in sent}
        found.duplicates += len(twice)
        found.unwritten += len(unwritten)
        found.wrong += [f"{self.name}: the venue took {name} twice" for name in twice]
        found.wrong += [f"{self.name}: {name} is at the venue and not in our books" for name in unwritten]


async def _patiently(read: Callable[[], Awaitable[Told]]) -> Told:
    """Ask until the venue answers: its faults are meant for the executor, not for the judge."""
    for _ in range(READS):
        try:
            return await read()
        except VenueUnavailableError:
            await asyncio.sleep(0.1)
    return await read()
