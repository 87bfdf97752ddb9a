"""From a signal to a position that is filled, protected and in the end closed, on the real paper exchange."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from app.core.process_identity import own_identity
from app.services.trading import executor
from app.services.trading.executor import Executor
from app.services.trading.shard_leases import ShardLeases
from tests.services.trading.floor import BTC, TradingFloor, until


async def test_signal_becomes_a_filled_and_protected_position(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
    assert trade["quantity"] > 0
    assert await floor.venue_position(account) == trade["quantity"]
    (stop,) = await floor.venue_orders(account)
    assert (stop.trigger_price, stop.quantity, stop.reduce_only) == (
        trade["stop_price"],
        trade["quantity"],
        True,
    )


async def test_requested_exit_leaves_flat_with_no_order_behind(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "manual"
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []
    fills = await floor.sql.fetch("SELECT * FROM fills WHERE trade_id = $1", trade["id"])
    assert closed["realized_pnl"] == sum(fill["venue_realized_pnl"] for fill in fills)
    assert closed["fees"] == sum(fill["fee"] for fill in fills)
    told = await floor.sql.fetch(
        "SELECT event, title, sentence FROM notifications WHERE subject = $1 AND event LIKE 'trade%'"
        " ORDER BY created_at",
        str(trade["id"]),
    )
    assert [row["event"] for row in told] == ["trade_opened", "trade_closed"]
    assert all("unknown" not in row["title"] + row["sentence"] for row in told)


async def test_moved_stop_is_tighter_and_the_only_one(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(stop="0.03")
        trade = await floor.until_status(account, "PROTECTED")
        tighter = trade["stop_price"] * Decimal("1.01")
        await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(tighter)})
        await floor.until_orders(account, 1, lambda order: order.trigger_price > trade["stop_price"])
        looser = trade["stop_price"] * Decimal("0.99")
        await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(looser)})
        await floor.until_outbox_empty()
    (stop,) = await floor.venue_orders(account)
    assert stop.trigger_price > trade["stop_price"]
    assert (await floor.trade(account, BTC) or {})["stop_price"] == stop.trigger_price


class NudgedBy:
    """Notifications that come when the test gives one."""

    def __init__(self) -> None:
        self.nudge = asyncio.Event()

    async def listen(self, channel: str) -> AsyncIterator[str | None]:
        while True:
            await self.nudge.wait()
            self.nudge.clear()
            yield channel


@pytest.mark.parametrize("turns", range(4))
async def test_an_executor_that_is_woken_as_it_is_told_to_stop_stops(floor: TradingFloor, turns: int) -> None:
    desk, notifications, stop = floor.desk, NudgedBy(), asyncio.Event()
    leases = ShardLeases(desk.system, desk.leases, own_identity(), shard_count=4, seconds=60)
    running = asyncio.create_task(Executor(desk, leases, notifications).run(stop))
    await until(lambda: floor.sql.fetchval("SELECT true FROM shard_leases WHERE epoch > 0 LIMIT 1"))
    notifications.nudge.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(90):
        await running


async def test_an_account_whose_venue_never_answers_holds_up_no_sweep_of_the_others(
    floor: TradingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "COMPARE_PATIENCE_SECONDS", 0.2)
    floor.desk.terms = replace(floor.desk.terms, sweep_interval_seconds=0.2)
    broken, sound = [await floor.wallet(await floor.user()) for _ in range(2)]
    silence = {"path": "/fapi/", "mode": "503", "count": None, "account": str(broken.wallet_id)}
    floor.venue.control("POST", "/sim/fault", {"rules": [silence]})
    compared = "SELECT completed_at FROM reconciliations WHERE wallet_id = $1"
    async with floor.executor():
        first = await until(lambda: floor.sql.fetchval(compared, sound.wallet_id))

        async def again() -> bool | None:
            return True if await floor.sql.fetchval(compared, sound.wallet_id) > first else None

        await until(again)
        assert await floor.sql.fetchval(compared, broken.wallet_id) is None
