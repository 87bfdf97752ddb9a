"""A venue whose reads lag: what it took a moment ago and does not show yet is neither gone nor sent again."""

import pytest

from tests.services.trading.floor import BTC, TradingFloor, until


@pytest.mark.parametrize("delay_ms", [400, 900])
async def test_a_live_stop_that_is_not_shown_yet_is_not_placed_again(
    delay_ms: int, floor: TradingFloor
) -> None:
    account = await floor.wallet(await floor.user())
    rule = {"path": "/fapi/", "method": "GET", "mode": "stale", "delay_ms": delay_ms, "count": None}
    async with floor.executor():
        floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
        for _ in range(4):  # looks that come while the lag hides the stop
            await floor.enqueue("reconcile", {"wallet_id": str(account.wallet_id), "symbol": BTC})
            await floor.until_outbox_empty()

        async def is_shown() -> bool | None:
            return True if await floor.venue_orders(account) else None

        await until(is_shown)
        floor.venue.control("POST", "/sim/fault", {})
        (stop,) = await floor.venue_orders(account)
    assert stop.quantity == trade["quantity"]
    orders = await floor.sql.fetch(
        "SELECT leg, status FROM orders WHERE trade_id = $1 ORDER BY leg", trade["id"]
    )
    assert [tuple(row) for row in orders] == [("entry", "FILLED"), ("stop", "OPEN")]
