"""SIGTERM and a new version: what is under way is finished, the next executor goes on, stops stay."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.config import Settings
from app.services.trading.balances import account_key
from tests.paper_venue import PaperVenue
from tests.services.trading.executor_host import ExecutorHost
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.nursery import ForkedProcess

DRAIN_SECONDS = 10.0


@pytest.fixture
def host(trading_settings: Settings, trading_venue: PaperVenue, tmp_path: Path) -> Iterator[ExecutorHost]:
    held = ExecutorHost(trading_settings, trading_venue, tmp_path)
    yield held
    held.close()


async def is_gone(process: ForkedProcess) -> None:
    async def look() -> bool | None:
        return None if process.is_alive else True

    await until(look, DRAIN_SECONDS)


@pytest.mark.parametrize("delay_ms", [300, 3_000])
async def test_told_to_stop_in_the_middle_of_an_entry_the_next_one_ends_it_protected(
    delay_ms: int, floor: TradingFloor, host: ExecutorHost
) -> None:
    account = await floor.wallet(await floor.user())
    rule = {"path": "/fapi/v1/order", "method": "POST", "mode": "latency", "delay_ms": delay_ms, "count": 1}
    first = host.start()
    floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
    await floor.signal(BTC)

    async def is_sending() -> bool | None:
        sent = await floor.sql.fetchval("SELECT true FROM orders WHERE status <> 'INTENT' LIMIT 1")
        return True if sent else None

    await until(is_sending)
    first.send_signal(signal.SIGTERM)
    host.start()
    await is_gone(first)
    trade = await floor.until_status(account, "PROTECTED")
    gateway = await floor.desk.gateways.for_account(account_key(account))
    fills = await gateway.fills(BTC)
    assert len({fill.exchange_order_id for fill in fills}) == 1
    assert await floor.venue_position(account) == trade["quantity"]


async def test_a_new_version_takes_over_without_a_gap_in_stops(
    floor: TradingFloor, host: ExecutorHost
) -> None:
    account = await floor.wallet(await floor.user())
    first = host.start()
    await floor.signal(BTC, stop="0.03")
    trade = await floor.until_status(account, "PROTECTED")
    tighter = trade["stop_price"] * 1001 / 1000
    await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(tighter)})
    first.send_signal(signal.SIGTERM)
    host.start()
    seen: list[bool] = []

    async def moved_by_the_next_one() -> bool | None:
        orders = await floor.venue_orders(account)
        seen.append(any(order.quantity >= trade["quantity"] and order.reduce_only for order in orders))
        done = len(orders) == 1 and orders[0].trigger_price > trade["stop_price"]
        return True if done and not first.is_alive else None

    await until(moved_by_the_next_one, DRAIN_SECONDS)
    assert seen == [True] * len(seen)
    holders = await floor.sql.fetchval("SELECT count(DISTINCT holder) FROM shard_leases")
    assert holders == 1
