"""An entry that waits in the book is taken away while it fills: whatever was first, the books are the venue's."""

import asyncio
from collections.abc import Iterable

import asyncpg
import pytest

from app.repositories.trading_accounts import TradingAccount
from app.services.trading.audit import verify_wallet
from tests.services.trading.floor import TradingFloor, until
from tests.services.trading.worked_entries import DOGE, POSTED, large, moving, until_entered

PLAIN = "/fapi/v1/order"


async def until_it_waits(floor: TradingFloor, account: TradingAccount, side: str = "long") -> asyncpg.Record:
    """Wait until the entry's order is known to wait in the book; the market stands still."""

    async def look() -> asyncpg.Record | None:
        return await floor.sql.fetchrow(
            "SELECT * FROM orders WHERE wallet_id = $1 AND leg = 'entry' AND status = 'OPEN'",
            account.wallet_id,
        )

    await floor.signal(DOGE, side)
    return await until(look, describe=lambda: floor.describe(account))


async def waiting_on_both_sides(floor: TradingFloor) -> dict[TradingAccount, asyncpg.Record]:
    """A wallet whose order waits to buy, and one whose order waits to sell: wherever the market goes, it hits one."""
    accounts = {side: await large(floor, POSTED * 2) for side in ("long", "short")}
    orders = {}
    for side, account in accounts.items():
        await floor.sql.execute("UPDATE wallets SET auto_trade_enabled = id = $1", account.wallet_id)
        orders[account] = await until_it_waits(floor, account, side)
    return orders


async def fill_some(floor: TradingFloor, accounts: Iterable[TradingAccount]) -> TradingAccount:
    """Let the market go on, step by step, until something of a waiting order has filled; returns whose."""
    held = list(accounts)

    async def look() -> TradingAccount | None:
        await asyncio.to_thread(floor.venue.step, 1)
        positions = {account: await floor.venue_position(account, DOGE) for account in held}
        return next((account for account, quantity in positions.items() if quantity != 0), None)

    return await until(look)


async def fill_all(floor: TradingFloor, accounts: Iterable[TradingAccount]) -> TradingAccount:
    """The same until nothing of one of them waits any more."""
    held = list(accounts)

    async def look() -> TradingAccount | None:
        await asyncio.to_thread(floor.venue.step, 1)
        waiting = {account: await floor.venue_orders(account) for account in held}
        return next((account for account, orders in waiting.items() if not orders), None)

    return await until(look)


async def leave(floor: TradingFloor, order: asyncpg.Record) -> None:
    await floor.enqueue("exit", {"trade_id": str(order["trade_id"]), "reason": "manual"})


async def until_befell(floor: TradingFloor, *modes: str) -> None:
    """Wait until each of these faults befell something."""

    async def tell() -> str:
        rows = await floor.sql.fetch(
            "SELECT t.status, t.exit_requested, o.status AS entry, o.error_code FROM trades t"
            " JOIN orders o ON o.trade_id = t.id"
        )
        return f"{floor.venue.control('GET', '/sim/fault')} {[dict(row) for row in rows]}"

    async def look() -> bool | None:
        fired = floor.venue.control("GET", "/sim/fault")["fired"]
        assert isinstance(fired, dict)
        return True if all(fired.get(mode) for mode in modes) else None

    await until(look, describe=tell)


async def assert_books_agree(floor: TradingFloor, account: TradingAccount) -> list[asyncpg.Record]:
    """The venue's own record and ours say the same; returns the orders of the entry, which may have been priced
    again on the way. None of them works any more."""
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert found.is_sound, found
    rows = await floor.sql.fetch(
        "SELECT o.*, (SELECT coalesce(sum(f.quantity), 0) FROM fills f"
        " WHERE f.client_order_id = o.client_order_id) AS recorded"
        " FROM orders o WHERE wallet_id = $1 AND leg = 'entry' ORDER BY attempt",
        account.wallet_id,
    )
    assert all(entry["filled_quantity"] == entry["recorded"] for entry in rows)
    assert {entry["status"] for entry in rows} <= {"CANCELED", "FILLED", "REJECTED"}
    return list(rows)


async def test_fill_that_comes_while_the_cancel_is_on_its_way_is_left_at_market(floor: TradingFloor) -> None:
    async with floor.executor():
        orders = await waiting_on_both_sides(floor)
        cut = [
            {
                "path": PLAIN,
                "method": "DELETE",
                "mode": mode,
                "count": None,
                "account": str(account.wallet_id),
            }
            for mode, account in zip(("reset", "503"), orders, strict=True)
        ]
        floor.venue.control("POST", "/sim/fault", {"rules": cut})
        for order in orders.values():
            await leave(floor, order)
        await until_befell(floor, "reset", "503")
        account = await fill_some(floor, orders)
        floor.venue.control("POST", "/sim/fault", {})
        async with moving(floor):  # so that the book has enough for a way out
            await floor.until_status(account, "CLOSED", symbol=DOGE)
        assert await floor.venue_position(account, DOGE) == 0
        assert await floor.venue_orders(account) == []
    assert sum(entry["filled_quantity"] for entry in await assert_books_agree(floor, account)) > 0


@pytest.mark.parametrize("mode", [None, "reset_exec", "503exec", "1007exec"])
async def test_part_that_filled_before_the_cancel_is_held_under_its_stop(
    mode: str | None, floor: TradingFloor
) -> None:
    """Also where the venue cancels and its answer is lost: the second cancel finds no such order."""
    account = await large(floor, POSTED * 2)
    async with floor.executor():
        order = await until_it_waits(floor, account)
        await fill_some(floor, [account])
        if mode is not None:
            lost = {"path": PLAIN, "method": "DELETE", "mode": mode, "count": 1}
            floor.venue.control("POST", "/sim/fault", {"rules": [lost]})
        await floor.sql.execute("UPDATE trades SET entry_stopped = true WHERE id = $1", order["trade_id"])
        trade = await until_entered(floor, account)
        (stop,) = await floor.until_orders(account, 1, lambda working: working.trigger_price is not None)
        assert stop.quantity == trade["quantity"] == await floor.venue_position(account, DOGE)
    entries = await assert_books_agree(floor, account)
    assert sum(entry["filled_quantity"] for entry in entries) == trade["quantity"]


async def test_cancel_that_finds_no_order_because_it_filled_finds_its_fills(floor: TradingFloor) -> None:
    """Nobody was there when it filled, and who comes then cannot compare the account: the cancel is the first to
    learn of it."""
    async with floor.executor():
        orders = await waiting_on_both_sides(floor)
    account = await fill_all(floor, orders)
    order, held = orders[account], abs(await floor.venue_position(account, DOGE))
    assert held == order["quantity"]
    blind = [
        {"path": path, "method": "GET", "mode": "503", "count": None}
        for path in ("/fapi/v3/account", "/fapi/v3/positionRisk", "/fapi/v1/openOrders")
    ]
    seen = {"path": PLAIN, "method": "DELETE", "mode": "latency", "delay_ms": 1, "count": None}
    floor.venue.control("POST", "/sim/fault", {"rules": [*blind, seen | {"account": str(account.wallet_id)}]})
    wish = "UPDATE trades SET exit_requested = 'manual' WHERE id = $1"  # written by one that died before its next step
    await floor.sql.execute(wish, order["trade_id"])
    async with floor.executor(floor.new_desk()):
        await until_befell(floor, "latency")
        await until(
            lambda: floor.sql.fetchrow(
                "SELECT 1 FROM orders WHERE client_order_id = $1 AND status = 'FILLED'",
                order["client_order_id"],
            ),
            describe=lambda: floor.describe(account),
        )
        floor.venue.control("POST", "/sim/fault", {})
        async with moving(floor):
            await floor.until_status(account, "CLOSED", symbol=DOGE)
        assert await floor.venue_position(account, DOGE) == 0
        assert await floor.venue_orders(account) == []
    (entry,) = await assert_books_agree(floor, account)
    assert (entry["status"], entry["filled_quantity"]) == ("FILLED", held)
