"""Every position of an account left at once, against the real paper exchange, with and without faults of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
import pytest_asyncio

from app.core.clock import utc_now
from app.core.process_identity import own_identity
from app.domain.types import ExitReason
from app.domain.venue import Accepted, OrderTicket
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.account_leaving import AccountLeaving, Left
from app.services.trading.audit import verify_wallet
from app.services.trading.balances import account_key
from app.services.trading.desk import Desk
from app.services.trading.gate import NotOurShardError
from app.services.trading.request_pace import Found, RequestPace
from app.services.trading.shard_leases import ShardLeases
from tests.services.trading.floor import BTC, ETH, SOL, TradingFloor
from tests.services.trading.kill_trials import FREE

HELD = (BTC, ETH, SOL)
LEASE_SECONDS = 600.0
PATIENT_MS = 600_000  # however slow the machine, nothing counts as not accepted yet


@pytest_asyncio.fixture
async def account(floor: TradingFloor) -> TradingAccount:
    """An account with three protected positions, and no executor any more."""
    found = await floor.wallet(await floor.user(**FREE), "100000")
    async with floor.executor():
        for symbol in HELD:
            await floor.signal(symbol)
            await floor.until_status(found, "PROTECTED", symbol=symbol)
    return found


@pytest_asyncio.fixture
async def ours(floor: TradingFloor, account: TradingAccount) -> AsyncIterator[Desk]:
    """A desk that holds the leases of every shard."""
    desk = floor.new_desk()
    leases = ShardLeases(desk.system, desk.leases, own_identity(), shard_count=4, seconds=LEASE_SECONDS)
    await leases.tend()
    yield desk
    await leases.release()


class SlowAnswers(RequestPace):
    """Every question waits until `answers`; `asked` once there was one."""

    def __init__(self, answers: asyncio.Event) -> None:
        super().__init__()
        self._answers = answers
        self.asked = asyncio.Event()

    async def answer(self, question: Callable[[], Awaitable[Found]], requests: int = 1) -> Found:
        self.asked.set()
        await self._answers.wait()
        return await super().answer(question, requests)


async def leave(desk: Desk, account: TradingAccount) -> Left:
    gateway = await desk.gateways.for_account(account_key(account))
    return await AccountLeaving(desk, account, gateway, RequestPace()).leave(ExitReason.KILL_SWITCH)


def fault(floor: TradingFloor, path: str, mode: str, count: int, method: str = "POST") -> None:
    rule = {"path": path, "method": method, "mode": mode, "count": count}
    floor.venue.control("POST", "/sim/fault", {"rules": [rule]})


async def assert_left(floor: TradingFloor, account: TradingAccount) -> None:
    """Everything is closed in the books and gone at the venue, and both tell the same of every fill and posting."""
    trades = await floor.sql.fetch("SELECT * FROM trades WHERE wallet_id = $1", account.wallet_id)
    assert [(row["status"], row["exit_reason"]) for row in trades] == [("CLOSED", "kill_switch")] * len(HELD)
    assert all(row["exit_price"] is not None and row["closed_at"] is not None for row in trades)
    for symbol in HELD:
        assert await floor.venue_position(account, symbol) == 0
    assert await floor.venue_orders(account) == []
    audit = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert audit.is_sound, audit
    told = await floor.sql.fetchval(
        "SELECT count(*) FROM notifications WHERE user_id = $1 AND event = 'trade_closed'", account.user_id
    )
    assert told == len(HELD)
    logged = await floor.sql.fetchval(
        "SELECT count(*) FROM execution_logs WHERE wallet_id = $1 AND action = 'exit' AND status = 'filled'",
        account.wallet_id,
    )
    assert logged == len(HELD)
    held = await floor.sql.fetch(
        "SELECT positions, notional FROM risk_usage WHERE user_id = $1", account.user_id
    )
    assert all(row["positions"] == 0 and row["notional"] == 0 for row in held)


async def test_everything_is_left_in_two_transactions(
    floor: TradingFloor, account: TradingAccount, ours: Desk
) -> None:
    left = await leave(ours, account)
    assert (left.live, left.later, left.changed, left.suspicious) == (False, {}, True, False)
    await assert_left(floor, account)


async def test_an_account_whose_fills_take_long_holds_up_no_other(
    floor: TradingFloor, account: TradingAccount, ours: Desk
) -> None:
    ours.leaving[account.venue] = asyncio.Semaphore(1)
    venue_answers = asyncio.Event()
    pace = SlowAnswers(venue_answers)
    gateway = await ours.gateways.for_account(account_key(account))
    leaving = AccountLeaving(ours, account, gateway, pace).leave(ExitReason.KILL_SWITCH)
    slow = asyncio.create_task(leaving)
    await pace.asked.wait()
    async with ours.leaving_at(account.venue):  # the place of the next account
        sent = await floor.sql.fetchval(
            "SELECT count(*) FROM orders WHERE wallet_id = $1 AND leg = 'exit' AND status = 'SENDING'",
            account.wallet_id,
        )
    assert (sent, slow.done()) == (len(HELD), False)
    venue_answers.set()
    assert not (await slow).live
    await assert_left(floor, account)


@pytest.mark.parametrize("mode", ["503exec", "reset_exec"])
async def test_exits_whose_answer_is_lost_are_asked_for_and_not_sent_again(
    floor: TradingFloor, account: TradingAccount, ours: Desk, mode: str
) -> None:
    fault(floor, "/fapi/v1/batchOrders", mode, 1)
    left = await leave(ours, account)
    assert (left.live, left.later) == (False, {})
    await assert_left(floor, account)
    attempts = await floor.sql.fetchval(
        "SELECT max(attempt) FROM orders WHERE leg = 'exit' AND wallet_id = $1", account.wallet_id
    )
    assert attempts == 1


async def test_exits_that_never_arrived_keep_their_stops_and_are_handed_back(
    floor: TradingFloor, account: TradingAccount, ours: Desk
) -> None:
    fault(floor, "/fapi/v1/batchOrders", "reset", 1)
    patient = replace(ours, terms=replace(ours.terms, outcome_margin_ms=PATIENT_MS))
    left = await leave(patient, account)
    assert left.live
    assert len(left.later) == len(HELD)
    working = await floor.venue_orders(account)
    assert len(working) == len(HELD)
    orders = await floor.sql.fetch(
        "SELECT leg, status FROM orders WHERE wallet_id = $1 AND leg <> 'entry'", account.wallet_id
    )
    assert sorted((row["leg"], row["status"]) for row in orders) == sorted(
        [("exit", "SENDING"), ("stop", "OPEN")] * len(HELD)
    )
    async with floor.executor(ours):  # which asks until they can no longer arrive, and leaves then
        for symbol in HELD:
            await floor.until_status(account, "CLOSED", symbol=symbol)
    await assert_left(floor, account)


async def test_exits_that_can_no_longer_arrive_are_sent_once_more_at_once(
    floor: TradingFloor, account: TradingAccount, ours: Desk
) -> None:
    fault(floor, "/fapi/v1/batchOrders", "reset", 1)
    late = replace(ours, terms=replace(ours.terms, outcome_margin_ms=-PATIENT_MS))  # every deadline is over
    left = await leave(late, account)
    assert (left.live, left.later) == (False, {})
    await assert_left(floor, account)
    orders = await floor.sql.fetch(
        "SELECT attempt, status FROM orders WHERE wallet_id = $1 AND leg = 'exit'", account.wallet_id
    )
    assert sorted((row["attempt"], row["status"]) for row in orders) == sorted(
        [(1, "NOT_ACCEPTED"), (2, "FILLED")] * len(HELD)
    )


@pytest.mark.parametrize(
    ("path", "mode", "method"),
    [
        ("/fapi/v1/userTrades", "503unknown", "GET"),
        ("/fapi/v1/algoOrder", "reset_exec", "DELETE"),
        ("/fapi/v1/algoOrder", "503unknown", "DELETE"),
    ],
)
async def test_a_question_without_an_answer_is_asked_again(
    floor: TradingFloor, account: TradingAccount, ours: Desk, path: str, mode: str, method: str
) -> None:
    fault(floor, path, mode, 2, method)
    left = await leave(ours, account)
    assert (left.live, left.later) == (False, {})
    await assert_left(floor, account)


async def test_stops_stay_while_the_venue_does_not_tell_the_trades_of_the_exits(
    floor: TradingFloor, account: TradingAccount, ours: Desk
) -> None:
    fault(floor, "/fapi/v1/userTrades", "503unknown", 1_000, "GET")
    left = await leave(ours, account)
    assert (left.live, sorted(left.later.values())) == (True, [0.0] * len(HELD))
    assert len(await floor.venue_orders(account)) == len(HELD)
    floor.venue.control("POST", "/sim/fault", {})
    async with floor.executor(ours):
        for symbol in HELD:
            await floor.until_status(account, "CLOSED", symbol=symbol)
    await assert_left(floor, account)


async def test_what_a_batch_refuses_of_one_position_says_nothing_of_the_others(
    floor: TradingFloor, account: TradingAccount, ours: Desk
) -> None:
    gateway = await floor.desk.gateways.for_account(account_key(account))
    held = next(one for one in await gateway.positions(ETH) if one.side is not None)
    assert held.side is not None
    now_ms = int(utc_now().timestamp() * 1000)
    by_hand = OrderTicket(f"byhand{now_ms}", ETH, held.side.exit_order_side, held.quantity, now_ms, 5_000)
    assert isinstance(await gateway.place_exit(by_hand), Accepted)
    left = await leave(ours, account)
    assert (left.live, len(left.later), left.suspicious) == (True, 1, True)
    statuses = await floor.sql.fetch(
        "SELECT symbol, status FROM trades WHERE wallet_id = $1", account.wallet_id
    )
    assert {row["symbol"]: row["status"] for row in statuses} == {
        BTC: "CLOSED",
        ETH: "EXITING",
        SOL: "CLOSED",
    }


async def test_nothing_is_written_without_the_lease(floor: TradingFloor, account: TradingAccount) -> None:
    desk = floor.new_desk()
    with pytest.raises(NotOurShardError):
        await leave(desk, account)
    asked = await floor.sql.fetchval(
        "SELECT count(*) FROM trades WHERE wallet_id = $1 AND exit_requested IS NOT NULL", account.wallet_id
    )
    assert asked == 0
    exits = await floor.sql.fetchval(
        "SELECT count(*) FROM orders WHERE leg = 'exit' AND wallet_id = $1", account.wallet_id
    )
    assert exits == 0
    assert len(await floor.venue_orders(account)) == len(HELD)


async def test_an_account_with_nothing_to_leave_asks_the_venue_nothing(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    left = await leave(floor.desk, account)
    assert left == Left()
