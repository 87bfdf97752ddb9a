"""A position is never left without a stop: where none can be placed, it is left at market."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.services.trading.floor import BTC, TradingFloor
from tests.services.trading.test_risk_management import decide


async def test_stop_that_would_trigger_at_once_leaves_at_market(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC, stop="0.03")
        trade = await floor.until_status(account, "PROTECTED")
        beyond = trade["entry_price"] * Decimal("1.01")
        await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(beyond)})
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "trailing_stop"
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []


async def test_position_without_a_stop_for_too_long_is_left_with_that_reason(floor: TradingFloor) -> None:
    floor.terms = replace(floor.terms, unprotected_ms=700)
    desk = floor.new_desk()
    account = await floor.wallet(await floor.user())
    rule = {"path": "/fapi/v1/algoOrder", "method": "POST", "mode": "503", "count": 1_000}
    floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
    async with floor.executor(desk):
        await floor.signal(BTC)
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "unprotected"
    told = await floor.sql.fetchval(
        "SELECT sentence FROM notifications WHERE event = 'position_unprotected' AND subject = $1",
        str(closed["id"]),
    )
    assert "closed at market" in told
    assert "unknown" not in told
    assert await floor.venue_position(account) == 0
    assert closed["protected_at"] is None


@pytest.mark.parametrize("code", [-2023, -4118, -4141, -4192])
async def test_stop_that_the_venue_forbids_is_not_waited_for(code: int, floor: TradingFloor) -> None:
    """An account in liquidation, too little margin to reduce, a closed symbol, a cooling-off period: each is a no, and
    not an answer that got lost, after which the position would wait for certainty without a stop."""
    account = await floor.wallet(await floor.user())
    rule = {"path": "/fapi/v1/algoOrder", "method": "POST", "mode": f"code:{code}", "count": None}
    floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
    async with floor.executor():
        await floor.signal(BTC)
        closed = await floor.until_status(account, "CLOSED")
    stops = await floor.sql.fetch("SELECT status, error_code FROM orders WHERE leg = 'stop'")
    assert [tuple(row) for row in stops] == [("REJECTED", str(code))] * 3
    assert closed["exit_reason"] == "unprotected"
    assert await floor.venue_position(account) == 0


async def test_entry_refused_by_the_venue_ends_rejected_and_logged(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    refusal = {"path": "/fapi/v1/order", "method": "POST", "mode": "code:-2019", "count": 1}
    floor.venue.control("POST", "/sim/fault", {"rules": [refusal]})
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "REJECTED")
    order = await floor.sql.fetchrow("SELECT status, error_code FROM orders WHERE trade_id = $1", trade["id"])
    assert order is not None
    assert (order["status"], order["error_code"]) == ("REJECTED", "-2019")
    log = await floor.sql.fetchrow("SELECT * FROM execution_logs WHERE trade_id = $1", trade["id"])
    assert log is not None
    assert log["status"] == "rejected"
    assert log["filled_size"] == 0
    assert log["error_message"].startswith("-2019")
    assert await floor.venue_position(account) == 0


async def test_quantity_that_was_trimmed_at_the_gate_is_what_the_books_say(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await floor.desk.balances.refresh(account)
    (decision,) = await decide(floor.desk, await floor.signal(BTC, enqueue=False), account)
    assert decision.is_approved
    await floor.sql.execute("UPDATE risk_settings SET max_position_size_usd = 300")
    async with floor.executor():
        trade = await floor.until_status(account, "PROTECTED")
    order = await floor.sql.fetchrow(
        "SELECT quantity, filled_quantity FROM orders WHERE trade_id = $1 AND leg = 'entry'", trade["id"]
    )
    assert order is not None
    assert order["quantity"] == order["filled_quantity"] == trade["planned_quantity"] == trade["quantity"]
    assert trade["planned_notional"] <= 300


async def test_every_attempt_is_logged_with_its_figures(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        await floor.until_status(account, "CLOSED")
    rows = await floor.sql.fetch(
        "SELECT * FROM execution_logs WHERE trade_id = $1 ORDER BY timestamp", trade["id"]
    )
    assert [row["action"] for row in rows] == ["enter", "place_stop", "exit"]
    entry, stop, leave = rows
    assert (entry["status"], entry["fill_percent"], entry["retry_count"]) == ("filled", 100, 0)
    assert abs(entry["slippage_bps"] - entry["slippage_percent"] * 100) <= Decimal("0.005")
    assert (entry["slippage_bps"] > 0) == (entry["executed_price"] > entry["requested_price"])
    assert entry["fees_paid"] > 0
    assert entry["execution_time_ms"] >= 0
    assert (stop["status"], stop["filled_size"]) == ("open", 0)
    assert leave["realized_pnl"] < 0
    ledger = await floor.sql.fetch("SELECT kind, sum(amount) AS total FROM ledger_events GROUP BY kind")
    sums = {row["kind"]: row["total"] for row in ledger}
    assert sums["realized_pnl"] == leave["realized_pnl"]
    assert -sums["commission"] == entry["fees_paid"] + leave["fees_paid"]


async def test_stop_that_arrives_too_late_is_signed_for_longer_until_it_is_taken(floor: TradingFloor) -> None:
    """A machine or a line that is slow for the moment: with the same short signature each try would be refused."""
    floor.terms = replace(floor.terms, unprotected_ms=600_000)
    desk = floor.new_desk()
    account = await floor.wallet(await floor.user())
    delay_ms = floor.terms.receive_window_ms + 300
    slow = {
        "path": "/fapi/v1/algoOrder",
        "method": "POST",
        "mode": "latency",
        "delay_ms": delay_ms,
        "count": None,
    }
    floor.venue.control("POST", "/sim/fault", {"rules": [slow]})
    async with floor.executor(desk):
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
    stop = await floor.sql.fetchrow("SELECT * FROM orders WHERE leg = 'stop'")
    assert (stop["status"], stop["attempt"]) == ("OPEN", 1)
    assert stop["retry_count"] > 0
    signed_ms = (stop["deadline"] - stop["sent_at"]).total_seconds() * 1_000
    assert signed_ms > delay_ms
