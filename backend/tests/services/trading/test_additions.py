"""Adding to a position, the whole way of a worker: what is at the venue is the judge."""

import json
from decimal import Decimal

import asyncpg
import pytest

from app.domain.decimal_text import grouped
from app.domain.fixed_point import UNIT
from tests.services.trading.additions import (
    ADDING,
    ask,
    at_break_even,
    at_rest,
    decision,
    enqueue,
    entered_lower,
    grown,
    orders_of,
    reserved,
)
from tests.services.trading.floor import TradingFloor

HALTED = (
    "INSERT INTO breaker_states (scope, scope_id, user_id, state, reason, changed_by)"
    " VALUES ('user', $1::uuid::text, $1::uuid, 'halted', 'test', 'test')"
)


async def test_a_further_signal_adds_to_a_position_in_profit_once_its_stop_is_at_break_even(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    async with floor.executor():
        await floor.signal(stop="0.03")
        before = await entered_lower(floor, account)
        signal_id = await floor.signal(stop="0.03")
        trade = await grown(floor, account)
        answer = await decision(floor, account, signal_id)
    (order,) = await orders_of(floor, trade)
    row = await floor.sql.fetchrow("SELECT * FROM trade_additions WHERE trade_id = $1", trade["id"])
    assert row is not None
    assert (answer["approved"], answer["trade_id"], answer["quantity"]) == (
        True,
        trade["id"],
        row["quantity"],
    )
    assert (order["status"], order["reduce_only"], order["side"]) == ("FILLED", False, "buy")
    assert trade["quantity"] == before["quantity"] + order["filled_quantity"] == trade["planned_quantity"]
    # the stop was at break-even with every cost before anything was added
    assert before["stop_price"] < before["entry_price"] < trade["stop_price"] == row["stop_price"]
    moved = await floor.sql.fetchrow(
        "SELECT accepted_at FROM orders WHERE trade_id = $1 AND leg = 'stop' AND quantity = $2 AND trigger_price = $3",
        trade["id"],
        before["quantity"],
        trade["stop_price"],
    )
    assert moved is not None
    # what it was planned at is the sum of its parts
    assert trade["planned_notional"] == row["before_notional"] + row["notional"]
    assert trade["risk_amount"] == row["before_risk_amount"] + row["risk_amount"]
    assert before["initial_stop_price"] == trade["initial_stop_price"] < trade["reference_stop_price"]
    assert (row["before_quantity"], row["before_risk_amount"]) == (before["quantity"], before["risk_amount"])


async def test_owner_is_told_of_every_addition_once(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    async with floor.executor():
        await floor.signal(stop="0.03")
        for number in (1, 2):
            await entered_lower(floor, account)
            await floor.signal(stop="0.03")
            trade = await grown(floor, account, number)
        await floor.enqueue("drive", {"trade_id": str(trade["id"])})
        await floor.until_outbox_empty()
    told = await floor.sql.fetch(
        "SELECT title, sentence, figures FROM notifications WHERE event = 'position_added' AND user_id = $1"
        " ORDER BY created_at",
        account.user_id,
    )
    orders = await orders_of(floor, trade)
    assert [json.loads(row["figures"])["added"] for row in told] == [
        grouped(order["filled_quantity"]) for order in orders
    ]
    assert [row["title"] for row in told] == ["Added to BTC/USDT:USDT long"] * 2
    assert all("unknown" not in row["sentence"] for row in told)
    assert all(", by a further signal. The long position" in row["sentence"] for row in told)
    assert f"position is {grouped(trade['quantity'])} at" in told[-1]["sentence"]


async def test_ledger_counts_an_addition_from_its_decision_on_and_what_is_held_afterwards(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    trade, signal_id = await at_break_even(floor, account)

    async def sums() -> tuple[Decimal, Decimal]:
        row = await floor.sql.fetchrow(
            "SELECT notional, open_risk FROM risk_usage WHERE user_id = $1 AND scope = 'user'",
            account.user_id,
        )
        assert row is not None
        return row["notional"], row["open_risk"]

    notional, risk = await sums()
    assert (await ask(floor, account, trade, signal_id)).approved
    row = await floor.sql.fetchrow("SELECT * FROM trade_additions WHERE trade_id = $1", trade["id"])
    assert row is not None
    assert await sums() == (notional + row["notional"], risk + row["risk_amount"])
    async with floor.executor():
        held = await grown(floor, account)
    reserved = await floor.sql.fetchrow("SELECT * FROM risk_reservations WHERE trade_id = $1", trade["id"])
    assert reserved is not None
    assert (reserved["state"], reserved["positions"]) == ("used", 1)
    notional_held = round(held["quantity"] * held["entry_price"], 8)
    assert (
        abs(reserved["notional"] - notional_held) <= 2 * UNIT
    )  # price and share are rounded, each by less than one


async def test_a_signal_that_comes_twice_adds_once(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    async with floor.executor():
        await floor.signal(stop="0.03")
        before = await entered_lower(floor, account)
        signal_id = await floor.signal(stop="0.03")
        trade = await grown(floor, account)
        await floor.enqueue("signal", {"signal_id": str(signal_id)})
        await enqueue(floor, account, trade, signal_id)
        await enqueue(floor, account, trade, before["signal_id"])  # the trade's own signal is answered
        await floor.until_outbox_empty()
        again = await grown(floor, account)
    assert again["quantity"] == trade["quantity"]
    assert len(await orders_of(floor, trade)) == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_no_more_is_added_than_the_limit_on_additions_allows(floor: TradingFloor, times: int) -> None:
    account = await floor.wallet(await floor.user(**ADDING | {"max_adds_per_trade": times}))
    async with floor.executor():
        await floor.signal(stop="0.03")
        await entered_lower(floor, account)
        for number in range(1, times + 1):
            await floor.signal(stop="0.03")
            trade = await grown(floor, account, number)
            await entered_lower(floor, account)  # the average is near the price again
        answer = await decision(floor, account, await floor.signal(stop="0.03"))
    assert [one["code"] for one in json.loads(answer["breaches"])] == ["max_adds_per_trade"]
    assert len(await orders_of(floor, trade)) == times


@pytest.mark.parametrize(
    ("code", "share", "change"),
    [
        ("pyramiding_not_enabled", "0.98", "UPDATE risk_settings SET enable_pyramiding = false"),
        ("pyramiding_not_in_profit", "1.01", None),
        ("pyramiding_stop_at_risk", "0.9996", None),
        ("max_adds_per_trade", "0.98", "UPDATE risk_settings SET max_adds_per_trade = 0"),
        ("pyramiding_partly_left", "0.98", "UPDATE trades SET scale_out_quantity = quantity / 4"),
        ("pyramiding_while_leaving", "0.98", "UPDATE trades SET exit_requested = 'manual'"),
        ("trading_paused", "0.98", "UPDATE risk_settings SET trading_paused = true"),
    ],
)
async def test_what_may_not_be_added_is_a_stored_refusal(
    floor: TradingFloor, code: str, share: str, change: str | None
) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    async with floor.executor():
        await floor.signal(stop="0.03")
        trade = await entered_lower(floor, account, Decimal(share))
        await floor.until_outbox_empty()
    if change is not None:
        await floor.sql.execute(change)
    signal_id = await floor.signal(stop="0.03", enqueue=False)
    answer = await ask(floor, account, trade, signal_id)
    assert (answer.approved, answer.stop_moved, answer.wait_seconds) == (False, False, None)
    stored = await decision(floor, account, signal_id)
    assert (stored["approved"], stored["trade_id"]) == (False, None)
    assert code in {one["code"] for one in json.loads(stored["breaches"])}
    assert await orders_of(floor, trade) == []


async def test_a_position_of_the_other_side_is_not_added_to(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    async with floor.executor():
        await floor.signal(stop="0.03")
        trade = await entered_lower(floor, account)
        await floor.until_outbox_empty()
    signal_id = await floor.signal(side="short", enqueue=False)
    await ask(floor, account, trade, signal_id)
    stored = await decision(floor, account, signal_id)
    assert "pyramiding_without_position" in {one["code"] for one in json.loads(stored["breaches"])}


@pytest.mark.parametrize(
    "opinion",
    [
        "UPDATE risk_settings SET enable_pyramiding = false",
        "INSERT INTO wallet_risk_settings (user_id, wallet_id, enable_pyramiding)"
        " SELECT user_id, id, false FROM wallets",
        "INSERT INTO scoped_risk_settings (user_id, scope, scope_key, enable_pyramiding)"
        " SELECT user_id, 'symbol', 'BTC/USDT:USDT', false FROM wallets",
        "INSERT INTO scoped_risk_settings (user_id, scope, scope_key, enable_pyramiding)"
        " SELECT user_id, 'strategy', 'ema_trend', false FROM wallets",
    ],
)
async def test_one_level_that_says_no_leaves_the_signal_refused_as_ever(
    floor: TradingFloor, opinion: str
) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    async with floor.executor():
        await floor.signal(stop="0.03")
        trade = await entered_lower(floor, account)
        await floor.sql.execute(opinion)
        stored = await decision(floor, account, await floor.signal(stop="0.03"))
        await floor.until_outbox_empty()
    assert "symbol_already_open" in {one["code"] for one in json.loads(stored["breaches"])}
    assert await orders_of(floor, trade) == []


async def test_a_halt_between_decision_and_sending_refuses_and_gives_the_reservation_back(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    trade = await reserved(floor, account)
    await floor.sql.execute(HALTED, account.user_id)
    try:
        async with floor.executor():
            await floor.enqueue("drive", {"trade_id": str(trade["id"])})
            held = await at_rest(floor, account)
    finally:
        await floor.sql.execute("DELETE FROM breaker_states")
    (order,) = await orders_of(floor, trade)
    assert (order["status"], order["error_code"], order["sent_at"]) == (
        "REJECTED",
        "trading_not_active",
        None,
    )
    assert (held["quantity"], held["adding_notional"], held["adding_risk"]) == (trade["quantity"], 0, 0)
    approved = await floor.sql.fetch(
        "SELECT approved FROM risk_decisions WHERE wallet_id = $1 ORDER BY created_at", account.wallet_id
    )
    assert [row["approved"] for row in approved] == [True, False]
    assert await floor.venue_position(account) == trade["quantity"]


async def test_leaving_drops_an_addition_that_was_not_sent(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    trade = await reserved(floor, account)
    await floor.sql.execute("UPDATE trades SET exit_requested = 'manual' WHERE id = $1", trade["id"])
    async with floor.executor():
        await floor.enqueue("drive", {"trade_id": str(trade["id"])})
        closed = await floor.until_status(account, "CLOSED")
    (order,) = await orders_of(floor, trade)
    assert (order["status"], order["sent_at"]) == ("CANCELED", None)
    assert (closed["adding_notional"], closed["adding_risk"]) == (0, 0)
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []


async def test_what_does_not_fit_under_the_ledgers_ceiling_is_not_written(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    trade = await reserved(floor, account)
    await floor.sql.execute("UPDATE trades SET adding_notional = 0, adding_risk = 0")
    await floor.sql.execute("UPDATE risk_usage SET notional_ceiling = notional WHERE scope = 'user'")
    with pytest.raises(asyncpg.CheckViolationError, match="notional"):
        await floor.sql.execute(
            "INSERT INTO trade_additions SELECT (jsonb_populate_record(a, jsonb_build_object("
            "'id', gen_random_uuid(), 'number', 2, 'signal_id', $2::uuid))).*"
            " FROM trade_additions a WHERE trade_id = $1",
            trade["id"],
            await floor.signal(enqueue=False),
        )


async def test_an_order_larger_than_its_reservation_is_refused_by_the_database(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    trade = await reserved(floor, account)
    with pytest.raises(asyncpg.CheckViolationError, match="reserved are"):
        await floor.sql.execute(
            "UPDATE orders SET quantity = quantity + 0.001 WHERE leg = 'add' AND trade_id = $1", trade["id"]
        )
