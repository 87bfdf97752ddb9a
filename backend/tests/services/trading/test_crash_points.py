"""kill -9 at every labelled point between two durable steps; another executor goes on, and nothing is lost.

One executor at a time works; it dies at the label, the next one recovers. What the venue has is the judge.
"""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from app.core.config import Settings
from app.core.crash_points import CRASH_POINTS
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.audit import verify_wallet
from app.services.trading.balances import account_key
from tests.paper_venue import PaperVenue
from tests.services.trading.additions import ADDING, at_rest, entered_lower, grown, orders_of
from tests.services.trading.executor_host import ExecutorHost
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.ladders import LADDER, ask_for_step, fallen, laddered
from tests.services.trading.nursery import ForkedProcess
from tests.services.trading.worked_entries import (
    DOGE,
    POSTED,
    SLICED,
    large,
    moving,
    time_is_over,
    until_entered,
    until_first_fill,
)

SHARD_OF_NOBODY = 4  # executors share shards 0 to 3
PLAIN, CONDITIONAL = "/fapi/v1/order", "/fapi/v1/algoOrder"
PATHS = {
    "entry": PLAIN,
    "slice": PLAIN,
    "stop": CONDITIONAL,
    "move": CONDITIONAL,
    "exit": PLAIN,
    "scale_out": PLAIN,
    "add": PLAIN,
}
OF_AN_ADDITION = tuple(label for label in CRASH_POINTS if label.endswith("_add"))
NEVER_ARRIVED = ("after_not_accepted", "after_end_add")
NEVER_SENT = ("after_commit_sending_add", *NEVER_ARRIVED)
ADDED = "SELECT count(*) FROM orders WHERE wallet_id = $1 AND leg = 'add' AND filled_quantity > 0"
OF_A_WORKED_ENTRY = (
    "before_cancel_entry",
    "after_cancel_entry",
    "after_record_cancel_entry",
    "after_end_entry",
)


@pytest.fixture(scope="module")
def host(
    trading_settings: Settings,
    trading_venue: PaperVenue,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ExecutorHost]:
    """Executors before a market that stands still."""
    folder: Path = tmp_path_factory.mktemp("executors")
    held = ExecutorHost(trading_settings, trading_venue, folder)
    yield held
    held.close()


@pytest_asyncio.fixture(scope="module")
async def crash_floor(
    trading_settings: Settings, trading_venue: PaperVenue, host: ExecutorHost
) -> AsyncIterator[TradingFloor]:
    """One floor for every label: each has a wallet of its own."""
    trading_venue.pause()
    connection = await asyncpg.connect(trading_settings.database_url)
    floor = TradingFloor(trading_settings, connection, trading_venue)
    await floor.open()
    host.start()
    yield floor
    host.close()
    await floor.close()
    await connection.close()


def leg_of(label: str) -> str:
    """What the executor is doing when it dies there."""
    if label in OF_A_WORKED_ENTRY:
        return "slice"
    if label in ("before_cancel_stop", "after_cancel_stop", "after_record_cancel"):
        return "move"
    if label == "after_end_ladder":
        return "exit"
    return next((leg for leg in PATHS if label.endswith(f"_{leg}")), "entry")


def fault_for(label: str, skip: int = 0) -> dict[str, object]:
    """The venue's behaviour without which the label is never passed, after `skip` orders that go well."""
    leg = leg_of(label)
    mode = None
    if label.startswith(("after_unknown", "after_query")):
        mode = "503exec"
    elif label.startswith(NEVER_ARRIVED):
        mode = "reset"
    if mode is None:
        return {}
    return {"rules": [{"path": PATHS[leg], "method": "POST", "mode": mode, "count": 1, "skip": skip}]}


async def dies(process: ForkedProcess) -> None:
    async def look() -> bool | None:
        return None if process.is_alive else True

    await until(look)


async def crash_once(floor: TradingFloor, host: ExecutorHost, label: str, account: TradingAccount) -> None:
    """When the executor has died of the label, start another."""
    process = host.processes[-1]
    try:
        await dies(process)
    except AssertionError:
        told = await floor.describe(account)
        raise AssertionError(f"{label} was never passed:\n{told}\n{host.log()}") from None
    assert not host.crash_file.exists()
    host.start()


async def protected(floor: TradingFloor, account: TradingAccount) -> Decimal:
    """Wait until the trade is protected; returns its quantity. Audits what the venue has."""
    trade = await floor.until_status(account, "PROTECTED")
    (stop,) = await floor.until_orders(account, 1, lambda order: order.trigger_price is not None)
    assert (stop.reduce_only, stop.quantity) == (True, trade["quantity"])
    assert await floor.venue_position(account) == trade["quantity"]
    return Decimal(trade["quantity"])


async def entries_at_venue(floor: TradingFloor, account: TradingAccount) -> int:
    gateway = await floor.desk.gateways.for_account(account_key(account))
    return len({fill.exchange_order_id for fill in await gateway.fills(BTC) if fill.side == "buy"})


async def added_once(floor: TradingFloor, host: ExecutorHost, label: str, account: TradingAccount) -> None:
    """Add to the position and die on the way; what was added is under the stop, and what was not is reserved no more.
    An order that never came to be is not tried again."""
    await entered_lower(floor, account)
    await floor.signal(stop="0.03")
    await crash_once(floor, host, label, account)
    gone = label.startswith(NEVER_SENT)
    trade = await (at_rest(floor, account) if gone else grown(floor, account))
    assert await protected(floor, account) == trade["quantity"]
    assert await floor.sql.fetchval(ADDED, account.wallet_id) == (0 if gone else 1)
    assert len(await orders_of(floor, trade)) == 1
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert (found.duplicate_entries, found.unprotected_positions, found.unknown_orders) == (0, 0, 0)


async def put_aside_what_was(floor: TradingFloor) -> None:
    """The next signal is for none of the wallets before, and the next executor compares none of them: their shard is
    one that executors here do not hold."""
    await floor.sql.execute("UPDATE wallets SET auto_trade_enabled = false, shard = $1", SHARD_OF_NOBODY)


async def worked_once(floor: TradingFloor, host: ExecutorHost, label: str) -> None:
    """Enter in slices, or by an order that waits in the book, and die on the way; what was not sent twice is held
    under one stop, and the entry comes to its end. The market stands still until then, so that the first order is
    a slice and the second, whichever way it goes, passes the label."""
    waits = label in OF_A_WORKED_ENTRY and label != "after_end_entry"
    account = await large(floor, POSTED if waits else SLICED)
    floor.venue.control("POST", "/sim/fault", fault_for(label, skip=1))
    host.crash_file.write_text(label)
    await floor.signal(DOGE)
    if waits:
        await floor.until_orders(account, 1, lambda order: True)
    elif label == "after_end_entry":
        await until_first_fill(floor, account)
    if label in OF_A_WORKED_ENTRY:
        await time_is_over(floor, account)
    await crash_once(floor, host, label, account)
    if waits:
        trade = await floor.until_status(account, "EXPIRED", symbol=DOGE)
    else:
        async with moving(floor):
            trade = await until_entered(floor, account)
    orders = await floor.venue_orders(account)
    assert await floor.venue_position(account, DOGE) == trade["quantity"] <= trade["planned_quantity"]
    assert [(order.reduce_only, order.quantity) for order in orders] == [(True, trade["quantity"])] * (
        not waits
    )
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert (found.duplicate_entries, found.lost_fills, found.unprotected_positions) == (0, 0, 0)


@pytest.mark.parametrize("label", CRASH_POINTS)
async def test_kill_at_label_leaves_nothing_duplicate_lost_or_unprotected(
    label: str, crash_floor: TradingFloor, host: ExecutorHost
) -> None:
    floor, leg = crash_floor, leg_of(label)
    await put_aside_what_was(floor)
    if leg == "slice":
        await worked_once(floor, host, label)
        return
    settings = LADDER if label == "after_end_ladder" else ADDING
    account = await floor.wallet(await floor.user(**settings))
    if leg in ("entry", "stop"):
        floor.venue.control("POST", "/sim/fault", fault_for(label))
        host.crash_file.write_text(label)
        await floor.signal()
        await crash_once(floor, host, label, account)
        await protected(floor, account)
    else:
        await floor.signal(stop="0.03")
        await protected(floor, account)
        floor.venue.control("POST", "/sim/fault", fault_for(label))
        host.crash_file.write_text(label)
        trade = await floor.trade(account)
        assert trade is not None
        if leg == "scale_out":
            await floor.bring_into_profit(trade)
            await floor.ask_for_part(trade, "1")
            await crash_once(floor, host, label, account)
            await floor.until_orders(account, 1, lambda order: order.quantity < trade["quantity"])
            assert 0 < await protected(floor, account) < trade["quantity"]
        elif leg == "add":
            await added_once(floor, host, label, account)
        elif leg == "move":
            price = trade["stop_price"] * Decimal("1.01")
            await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(price)})
            await crash_once(floor, host, label, account)
            await floor.until_orders(account, 1, lambda order: order.trigger_price > trade["stop_price"])
            await protected(floor, account)
        else:
            await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
            await crash_once(floor, host, label, account)
            await floor.until_status(account, "CLOSED")
            assert await floor.venue_position(account) == 0
            assert await floor.venue_orders(account) == []
    added = await floor.sql.fetchval(ADDED, account.wallet_id)
    assert await entries_at_venue(floor, account) == 1 + added


@pytest.mark.parametrize("label", OF_AN_ADDITION)
async def test_kill_while_a_step_of_a_ladder_is_bought_buys_it_once(
    label: str, crash_floor: TradingFloor, host: ExecutorHost
) -> None:
    floor = crash_floor
    await put_aside_what_was(floor)
    account = await floor.wallet(await floor.user(**LADDER))
    before = await laddered(floor, account)
    floor.venue.control("POST", "/sim/fault", fault_for(label))
    await fallen(floor, before)
    host.crash_file.write_text(label)
    await ask_for_step(floor, before)
    await crash_once(floor, host, label, account)
    gone = label.startswith(NEVER_SENT)
    await (at_rest(floor, account) if gone else grown(floor, account))
    await ask_for_step(floor, before)
    await floor.until_outbox_empty()
    trade = await at_rest(floor, account)
    (order,) = await orders_of(floor, trade)
    assert await protected(floor, account) == before["quantity"] + order["filled_quantity"]
    assert (order["filled_quantity"] == 0) is gone
    assert (trade["ladder_step"], trade["stop_price"]) == (2, before["stop_price"])
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert (found.duplicate_entries, found.unprotected_positions, found.unknown_orders) == (0, 0, 0)
    assert await entries_at_venue(floor, account) == (1 if gone else 2)
