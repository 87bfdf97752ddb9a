"""Leaving in parts, and turning around: what is at the venue is the judge."""

from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from app.domain.trade_steps import MAX_STOP_FAILURES, RETRY_STOP_AFTER
from app.repositories.outbox import OutboxItem
from app.repositories.trading_accounts import TradingAccount
from app.services.price_book import PriceBook
from app.services.trading.intake import Intake
from app.services.trading.markets import MarketView
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.still_market import MARKET_TIME, StillMarket

LOST_MOVE = """
    INSERT INTO orders
    SELECT (jsonb_populate_record(o, jsonb_build_object(
        'client_order_id', 'lost-' || $2::int, 'attempt', $2::int, 'status', 'NOT_ACCEPTED',
        'trigger_price', $3::numeric, 'exchange_order_id', NULL, 'updated_at', now() - $4::interval))).*
    FROM orders o WHERE o.trade_id = $1 AND o.leg = 'stop' AND o.attempt = 1
"""
BIG = {"position_sizing_method": "fixed_amount", "fixed_amount_usd": Decimal(3_000)}


async def part_left(floor: TradingFloor, account: TradingAccount, step: int) -> asyncpg.Record:
    """Wait until what is due up to `step` has left, and one stop over the rest stands."""

    async def look() -> asyncpg.Record | None:
        # One statement: between two, the part may leave, and the stop of before would seem to fit.
        trade = await floor.sql.fetchrow(
            "SELECT * FROM trades WHERE wallet_id = $1 AND scale_out_step = $2 AND status = 'PROTECTED'"
            " AND scale_out_quantity = (SELECT coalesce(sum(filled_quantity), 0) FROM orders"
            " WHERE trade_id = trades.id AND leg = 'scale_out')",
            account.wallet_id,
            step,
        )
        if trade is None:
            return None
        orders = await floor.venue_orders(account)
        return trade if [order.quantity for order in orders] == [trade["quantity"]] else None

    return await until(look, describe=lambda: floor.describe(account))


async def test_parts_leave_one_after_the_other_and_the_stop_follows_to_break_even(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(**BIG))
    async with floor.executor():
        await floor.signal(BTC, stop="0.03")
        trade = await floor.until_status(account, "PROTECTED")
        whole = trade["quantity"]
        await floor.bring_into_profit(trade)
        await floor.ask_for_part(trade, "1")
        first = await part_left(floor, account, 1)
        (stop,) = await floor.venue_orders(account)
        assert stop.quantity == first["quantity"] == await floor.venue_position(account) < whole
        assert stop.trigger_price == first["stop_price"] > trade["entry_price"] * Decimal("0.98")
        await floor.ask_for_part(trade, "1")  # asked for twice, left once
        await floor.ask_for_part(trade, "2")
        second = await part_left(floor, account, 2)
        assert second["stop_price"] == first["stop_price"]
        await floor.ask_for_part(trade, "3")
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "take_profit"
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []
    parts = await floor.sql.fetch(
        "SELECT leg, filled_quantity, reduce_only FROM orders"
        " WHERE trade_id = $1 AND leg IN ('scale_out', 'exit')",
        trade["id"],
    )
    assert sorted(row["leg"] for row in parts) == ["exit", "scale_out", "scale_out"]
    assert sum(row["filled_quantity"] for row in parts) == whole
    assert all(row["reduce_only"] for row in parts)


async def test_a_position_larger_than_the_venue_takes_at_once_leaves_in_orders_that_fit(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(**BIG))
    async with floor.executor():
        await floor.signal(BTC, stop="0.03")
        trade = await floor.until_status(account, "PROTECTED")
        most = (trade["quantity"] / 3).quantize(Decimal("0.001"))
        floor.venue.take_at_most("BTCUSDT", most)
        try:
            await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
            closed = await floor.until_status(account, "CLOSED")
        finally:
            floor.venue.take_at_most("BTCUSDT", Decimal(120))
    assert closed["exit_reason"] == "manual"
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []
    exits = await floor.sql.fetch(
        "SELECT status, quantity, filled_quantity, error_code FROM orders"
        " WHERE trade_id = $1 AND leg = 'exit' ORDER BY attempt",
        trade["id"],
    )
    refused, *taken = exits
    assert (refused["status"], refused["error_code"]) == ("REJECTED", "too_large")
    assert len(taken) >= 3
    assert all(row["filled_quantity"] == row["quantity"] <= most for row in taken)
    assert sum(row["filled_quantity"] for row in taken) == trade["quantity"]


async def test_parts_that_were_passed_together_leave_as_one(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**BIG))
    async with floor.executor():
        await floor.signal(BTC, stop="0.03")
        trade = await floor.until_status(account, "PROTECTED")
        await floor.bring_into_profit(trade)
        await floor.ask_for_part(trade, "2")
        await part_left(floor, account, 2)
    orders = await floor.sql.fetchval(
        "SELECT count(*) FROM orders WHERE trade_id = $1 AND leg = 'scale_out'", trade["id"]
    )
    assert orders == 1


async def test_a_part_that_is_not_one_of_the_plan_is_marked_with_its_error(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**BIG))
    async with floor.executor():
        await floor.signal(BTC, stop="0.03")
        trade = await floor.until_status(account, "PROTECTED")
        for step in ("4", "0", "one"):
            await floor.ask_for_part(trade, step)
        await floor.until_outbox_empty()
        assert await floor.venue_position(account) == trade["quantity"]
    errors = await floor.sql.fetch("SELECT error FROM outbox WHERE kind = 'scale_out' ORDER BY id")
    assert [row["error"] for row in errors] == ["part 4 of 3", "part 0 of 3", "not a number of parts: one"]


async def test_an_opposite_signal_of_the_same_strategy_closes_and_enters_the_other_way(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC, "long")
        first = await floor.until_status(account, "PROTECTED")
        await floor.signal(BTC, "short")

        async def turned() -> asyncpg.Record | None:
            trade = await floor.trade(account)
            there = trade is not None and trade["side"] == "short" and trade["status"] == "PROTECTED"
            return trade if there else None

        second = await until(turned, describe=lambda: floor.describe(account))
        assert await floor.venue_position(account) == -second["quantity"]
    closed = await floor.sql.fetchrow("SELECT status, exit_reason FROM trades WHERE id = $1", first["id"])
    assert closed is not None
    assert (closed["status"], closed["exit_reason"]) == ("CLOSED", "reverse_signal")


@pytest.mark.parametrize("made_before", [timedelta(days=3), timedelta(hours=1)])
async def test_a_signal_of_days_ago_turns_nothing_while_the_prices_stand_still(
    made_before: timedelta, floor: TradingFloor
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC, "long")
        trade = await floor.until_status(account, "PROTECTED")
    signal_id = await floor.signal(BTC, "short", enqueue=False)  # lives two days
    await floor.sql.execute(
        "UPDATE signals SET created_at = now() - $2::interval, bar_close = $3, expires_at = $4 WHERE id = $1",
        signal_id,
        made_before,
        MARKET_TIME,
        MARKET_TIME + timedelta(days=2),
    )
    await floor.enqueue("signal", {"signal_id": str(signal_id)})
    silent = StillMarket()
    silent.quoted_before = made_before
    floor.desk.markets = MarketView(silent, PriceBook())
    outbox_id = await floor.sql.fetchval("SELECT max(id) FROM outbox WHERE processed_at IS NULL")
    item = OutboxItem(outbox_id, 0, None, None, "signal", {"signal_id": str(signal_id)}, 0)
    await Intake(floor.desk, lambda _wallet_id: None).carry_out(item)
    asked = await floor.sql.fetchval("SELECT exit_requested FROM trades WHERE id = $1", trade["id"])
    assert asked == (None if made_before > timedelta(days=2) else "reverse_signal")


@pytest.mark.parametrize(("column", "value"), [("strategy", "another"), ("timeframe", "4h")])
async def test_a_signal_of_another_strategy_or_timeframe_turns_nothing(
    column: str, value: str, floor: TradingFloor
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC, "long")
        trade = await floor.until_status(account, "PROTECTED")
        await floor.sql.execute(f"UPDATE trades SET {column} = $2 WHERE id = $1", trade["id"], value)  # noqa: S608
        await floor.signal(BTC, "short")
        await floor.until_outbox_empty()
        held = await floor.trade(account)
    assert held is not None
    assert (held["id"], held["status"], held["exit_requested"]) == (trade["id"], "PROTECTED", None)


async def test_a_stop_whose_moves_never_arrived_is_moved_once_the_pause_is_over(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
    (former,) = await floor.venue_orders(account)
    wanted = ((9 * trade["stop_price"] + trade["entry_price"]) / 10).quantize(Decimal("0.1"))
    for attempt in range(2, 2 + MAX_STOP_FAILURES):
        await floor.sql.execute(LOST_MOVE, trade["id"], attempt, wanted, RETRY_STOP_AFTER)
    await floor.sql.execute("UPDATE trades SET stop_price = $2 WHERE id = $1", trade["id"], wanted)
    async with floor.executor():

        async def moved() -> bool | None:
            stops = [order.trigger_price for order in await floor.venue_orders(account)]
            return True if stops == [wanted] else None

        await until(moved, describe=lambda: floor.describe(account))
    assert former.trigger_price == trade["stop_price"] != wanted
