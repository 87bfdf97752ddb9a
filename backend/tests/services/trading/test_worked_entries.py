"""Entries that one order cannot carry, on the real paper exchange: in slices, or waiting in the book."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from app.core.clock import utc_now
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.audit import verify_wallet
from tests.services.trading.floor import TradingFloor, until
from tests.services.trading.worked_entries import (
    DOGE,
    LONG,
    POSTED,
    SLICED,
    large,
    moving,
    time_is_over,
    until_entered,
    until_first_fill,
)

WAITING_WALLETS = 8
WAITING_STEPS = 40  # of the market before a waiting order: far more than most need to be hit


async def entries_of(floor: TradingFloor, trade: asyncpg.Record) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await floor.sql.fetch(
        "SELECT * FROM orders WHERE trade_id = $1 AND leg = 'entry' ORDER BY attempt", trade["id"]
    )
    return rows


async def reservation(floor: TradingFloor, trade: asyncpg.Record) -> asyncpg.Record:
    return await floor.sql.fetchrow("SELECT * FROM risk_reservations WHERE trade_id = $1", trade["id"])


async def test_large_order_goes_in_slices_and_every_one_of_them_is_protected(floor: TradingFloor) -> None:
    account = await large(floor, SLICED)
    async with floor.executor():
        await floor.signal(DOGE)
        part = await until_first_fill(floor, account)
        held = await reservation(floor, part)
        assert (held["state"], held["notional"]) == ("reserved", part["planned_notional"])
        assert 0 < part["quantity"] < part["planned_quantity"]
        async with moving(floor):
            trade = await until_entered(floor, account, enough=3)
        entries = await entries_of(floor, trade)
        (stop,) = await floor.until_orders(account, 1, lambda order: order.trigger_price is not None)
        assert (stop.quantity, stop.reduce_only) == (trade["quantity"], True)
        assert await floor.venue_position(account, DOGE) == trade["quantity"]
    assert len(entries) > 1
    assert [entry["attempt"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0]["route"] == "sliced"
    assert "slices" in entries[0]["route_reason"]
    assert all(entry["time_in_force"] in ("IOC", None) or entry["route"] == "posted" for entry in entries)
    assert (
        sum(entry["filled_quantity"] for entry in entries) == trade["quantity"] <= trade["planned_quantity"]
    )
    assert all(
        entry["limit_price"] is None or entry["limit_price"] <= trade["entry_cap_price"] for entry in entries
    )
    logged = await floor.sql.fetch(
        "SELECT route, route_reason FROM execution_logs WHERE trade_id = $1 AND action = 'enter'", trade["id"]
    )
    assert len(logged) == len(entries)
    assert all(row["route_reason"] for row in logged)
    settled = await reservation(floor, trade)
    assert (settled["state"], settled["notional"]) == (
        "used",
        round(trade["quantity"] * trade["entry_price"], 8),
    )


async def test_parts_that_were_decided_anew_are_no_duplicates(floor: TradingFloor) -> None:
    """A slice whose executor died may be sent as another kind of order, and is a part of the entry still."""
    account = await large(floor, SLICED)
    async with floor.executor():
        await floor.signal(DOGE)
        await until_first_fill(floor, account)
        async with moving(floor):
            trade = await until_entered(floor, account)
    assert len(await entries_of(floor, trade)) > 1
    await floor.sql.execute("UPDATE orders SET route = 'capped' WHERE trade_id = $1", trade["id"])
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert (found.duplicate_entries, found.lost_fills) == (0, 0)


async def test_exit_between_two_slices_ends_the_entry(floor: TradingFloor) -> None:
    account = await large(floor, SLICED)
    async with floor.executor():
        await floor.signal(DOGE)
        trade = await until_first_fill(floor, account)
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        closed = await floor.until_status(account, "CLOSED", symbol=DOGE)
        entries = await entries_of(floor, closed)
        assert await floor.venue_position(account, DOGE) == 0
        assert await floor.venue_orders(account) == []
    assert sum(entry["filled_quantity"] for entry in entries) < closed["planned_quantity"]
    over = {
        "FILLED",
        "CANCELED",
        "REJECTED",
    }  # refused: one that should have waited but would have been filled
    assert {entry["status"] for entry in entries} <= over


async def test_entry_that_is_stopped_keeps_what_it_has(floor: TradingFloor) -> None:
    account = await large(floor, SLICED)
    async with floor.executor():
        await floor.signal(DOGE)
        part = await until_first_fill(floor, account)
        await floor.sql.execute("UPDATE trades SET entry_stopped = true WHERE id = $1", part["id"])
        trade = await until_entered(floor, account)
        (stop,) = await floor.until_orders(account, 1, lambda order: order.trigger_price is not None)
    assert trade["quantity"] < trade["planned_quantity"]
    assert stop.quantity == trade["quantity"]
    assert (await reservation(floor, trade))["state"] == "used"


async def test_order_that_waits_in_the_book_is_taken_away_when_its_time_is_over(floor: TradingFloor) -> None:
    account = await large(floor, POSTED)
    async with floor.executor():
        await floor.signal(DOGE)
        await floor.until_orders(account, 1, lambda order: True)
        trade = await floor.trade(account, DOGE)
        assert trade is not None
        (entry,) = await entries_of(floor, trade)
        assert (entry["route"], entry["time_in_force"], entry["order_type"]) == ("posted", "GTX", "limit")
        assert entry["sent_at"] < trade["entry_until"] <= utc_now() + timedelta(seconds=LONG)
        await floor.until_compared(account)  # and looked at: before its time it is left alone
        (waiting,) = await floor.venue_orders(account)
        assert waiting.client_order_id == entry["client_order_id"]
        await time_is_over(floor, account)
        await floor.until_status(account, "EXPIRED", symbol=DOGE)
        assert await floor.venue_orders(account) == []
    (entry,) = await entries_of(floor, trade)
    assert entry["status"] == "CANCELED"
    assert (await reservation(floor, trade))["state"] == "released"


async def test_order_that_is_not_first_any_more_is_priced_again(floor: TradingFloor) -> None:
    account = await large(floor, POSTED)
    async with floor.executor():
        await floor.signal(DOGE)
        await floor.until_orders(account, 1, lambda order: True)
        trade = await floor.trade(account, DOGE)
        assert trade is not None
        # As if the market had gone on after it was sent: what is first now is better than where it waits.
        await floor.sql.execute(
            "UPDATE orders SET limit_price = limit_price * 0.999 WHERE trade_id = $1", trade["id"]
        )

        async def again() -> list[asyncpg.Record] | None:
            entries = await entries_of(floor, trade)
            return entries if len(entries) > 1 and entries[1]["status"] == "OPEN" else None

        first, second = await until(again, describe=lambda: floor.describe(account))
        (working,) = await floor.venue_orders(account)
    assert (first["status"], first["route"], second["route"]) == ("CANCELED", "posted", "posted")
    assert first["limit_price"] < second["limit_price"] <= trade["entry_cap_price"]
    assert working.client_order_id == second["client_order_id"]


async def test_post_only_order_that_would_take_is_tried_again(floor: TradingFloor) -> None:
    account = await large(floor, POSTED)
    rule = {"path": "/fapi/v1/order", "method": "POST", "mode": "code:-5022", "count": 1}
    async with floor.executor():
        await floor.until_compared(account)
        floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
        await floor.signal(DOGE)
        await floor.until_orders(account, 1, lambda order: True)
        trade = await floor.trade(account, DOGE)
        assert trade is not None

        async def open_again() -> list[asyncpg.Record] | None:
            entries = await entries_of(floor, trade)
            return entries if len(entries) > 1 and entries[1]["status"] == "OPEN" else None

        first, second = await until(open_again, describe=lambda: floor.describe(account))
    assert (first["status"], first["error_code"], first["route"]) == ("REJECTED", "would_take", "posted")
    assert (second["status"], second["route"]) == ("OPEN", "posted")


async def is_hit(floor: TradingFloor, account: TradingAccount) -> bool:
    """Whether something of a waiting order fills as the market goes on."""
    for _ in range(WAITING_STEPS):
        await asyncio.to_thread(floor.venue.step, 1)
        if await floor.venue_position(account, DOGE):
            return True
    return False


async def until_a_waiting_order_is_hit(floor: TradingFloor) -> TradingAccount:
    """A wallet of whose waiting order something filled. The market may as well walk away from it: then the next
    wallet's order waits."""
    for _ in range(WAITING_WALLETS):
        account = await large(floor, POSTED)
        await floor.signal(DOGE)
        await floor.until_orders(account, 1, lambda order: True)
        if await is_hit(floor, account):
            return account
        await time_is_over(floor, account)
        await floor.sql.execute(
            "UPDATE wallets SET auto_trade_enabled = false WHERE id = $1", account.wallet_id
        )
    raise AssertionError(f"the market walked away from {WAITING_WALLETS} orders")


async def test_what_filled_of_a_waiting_order_is_protected_as_it_comes(floor: TradingFloor) -> None:
    async with floor.executor():
        account = await until_a_waiting_order_is_hit(floor)
        trade = await until_entered(floor, account, enough=1)
        (stop,) = await floor.until_orders(account, 1, lambda order: order.trigger_price is not None)
        assert stop.quantity == trade["quantity"] == await floor.venue_position(account, DOGE)
    entries = await entries_of(floor, trade)
    assert sum(entry["filled_quantity"] for entry in entries) == trade["quantity"]


async def test_database_refuses_entry_orders_that_may_fill_more_than_was_planned(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
    (entry,) = await entries_of(floor, trade)
    left = trade["planned_quantity"] - entry["filled_quantity"]
    row = (
        "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, order_type,"
    )
    row += (
        " side, quantity) SELECT 'second', user_id, wallet_id, trade_id, symbol, leg, 2, order_type, side, $2"
    )
    row += " FROM orders WHERE client_order_id = $1"
    with pytest.raises(asyncpg.CheckViolationError, match="planned"):
        await floor.sql.execute(row, entry["client_order_id"], left + Decimal("0.001"))
