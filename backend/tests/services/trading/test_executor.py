"""From a signal to a position that is filled, protected and in the end closed, on the real paper exchange."""

from decimal import Decimal

from tests.services.trading.floor import BTC, TradingFloor


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
