"""Answers that prove nothing: the order is asked for by its id, and never sent again under doubt."""

import pytest

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.services.trading.balances import account_key
from tests.services.trading.floor import BTC, TradingFloor, until

PLAIN, CONDITIONAL = "/fapi/v1/order", "/fapi/v1/algoOrder"
MODES = ("503exec", "timeout_exec", "reset_exec", "reset")


@pytest.mark.parametrize("path", [PLAIN, CONDITIONAL])
@pytest.mark.parametrize("mode", MODES)
async def test_ambiguous_answer_ends_protected_with_one_entry_and_one_stop(
    mode: str, path: str, floor: TradingFloor
) -> None:
    account = await floor.wallet(await floor.user())
    rule = {"path": path, "method": "POST", "mode": mode, "count": 1}
    async with floor.executor():
        floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
        gateway = await floor.desk.gateways.for_account(account_key(account))
        fills = await gateway.fills(BTC)
        (stop,) = await floor.venue_orders(account)
    assert len({fill.exchange_order_id for fill in fills}) == 1
    assert sum(fill.quantity for fill in fills) == trade["quantity"] == stop.quantity
    attempts = await floor.sql.fetch(
        "SELECT leg, attempt, status FROM orders WHERE trade_id = $1 ORDER BY leg, attempt", trade["id"]
    )
    sent_again = mode == "reset"
    leg = "entry" if path == PLAIN else "stop"
    assert [row["status"] for row in attempts if row["leg"] == leg] == (
        (["NOT_ACCEPTED"] if sent_again else []) + ["FILLED" if leg == "entry" else "OPEN"]
    )


def resets(floor: TradingFloor) -> int:
    """How many requests the venue has cut off so far."""
    fired = floor.venue.control("GET", "/sim/fault")["fired"]
    assert isinstance(fired, dict)
    return int(fired.get("reset", 0))


async def test_a_trade_of_somebody_else_is_not_taken_for_an_exit_that_never_arrived(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    rule = {"path": PLAIN, "method": "POST", "mode": "reset", "count": 1}
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
        before = resets(floor)
        floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})

        async def is_lost() -> bool | None:
            return True if resets(floor) > before else None

        await until(is_lost)  # the exit, and not the order by hand that follows
        gateway = await floor.desk.gateways.for_account(account_key(account))
        assert isinstance(gateway, CcxtGateway)
        await gateway._client.fapiPrivatePostOrder(
            {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": f"{trade['quantity']:f}"}
        )
        await floor.until_status(account, "CLOSED")
    exits = await floor.sql.fetch("SELECT status FROM orders WHERE leg = 'exit' ORDER BY attempt")
    statuses = [row["status"] for row in exits]
    assert statuses[0] == "NOT_ACCEPTED"
    assert "FILLED" not in statuses
    assert await floor.venue_position(account) == 0
