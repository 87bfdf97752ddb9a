"""A venue makes a contract's tick coarser while it is traded: stops are placed on the new one."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.services.trading.floor import BTC, TradingFloor

TICK, COARSE = Decimal("0.1"), Decimal(7)


@pytest.fixture
def coarsen(floor: TradingFloor) -> Iterator[None]:
    """Every desk of the floor has read the contract before its tick is another."""
    yield
    floor.venue.set_tick("BTCUSDT", TICK)


async def read_and_coarsen(floor: TradingFloor) -> None:
    instrument = await floor.desk.markets.instrument("paper", BTC)
    assert instrument is not None
    assert instrument.price_tick == TICK
    floor.venue.set_tick("BTCUSDT", COARSE)


@pytest.mark.usefixtures("coarsen")
@pytest.mark.parametrize(("side", "sign"), [("long", 1), ("short", -1)])
async def test_position_that_was_entered_before_is_protected_on_the_new_tick(
    side: str, sign: int, floor: TradingFloor
) -> None:
    account = await floor.wallet(await floor.user())
    busy = {"path": "/fapi/v1/algoOrder", "method": "POST", "mode": "503", "count": None}
    async with floor.executor():
        floor.venue.control("POST", "/sim/fault", {"rules": [busy]})
        await floor.signal(BTC, side)
        entered = await floor.until_status(account, "OPEN_UNPROTECTED")
        await read_and_coarsen(floor)
        floor.venue.control("POST", "/sim/fault", {})
        trade = await floor.until_status(account, "PROTECTED", "CLOSED")
        (stop,) = await floor.venue_orders(account)
    assert (trade["status"], stop.trigger_price) == ("PROTECTED", trade["stop_price"])
    assert stop.trigger_price % COARSE == 0
    assert 0 < sign * (stop.trigger_price - entered["stop_price"]) < COARSE


@pytest.mark.usefixtures("coarsen")
async def test_entry_on_the_old_tick_is_refused_once(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await read_and_coarsen(floor)
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "REJECTED")
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")


@pytest.mark.usefixtures("coarsen")
async def test_stop_that_is_moved_is_moved_onto_the_new_tick(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
        await read_and_coarsen(floor)
        asked = trade["stop_price"] + Decimal("20.3")
        await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(asked)})
        (stop,) = await floor.until_orders(account, 1, lambda order: order.trigger_price >= asked)
    assert stop.trigger_price % COARSE == 0
    assert stop.trigger_price - asked < COARSE + TICK
    wanted = await floor.sql.fetchval("SELECT stop_price FROM trades WHERE id = $1", trade["id"])
    assert wanted == stop.trigger_price
