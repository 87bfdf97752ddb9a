"""Averaging down by a ladder, the whole way of a worker: what is at the venue is the judge."""

from decimal import Decimal

import asyncpg
import pytest

from app.domain.fixed_point import UNIT
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.additions import at_rest, grown, orders_of
from tests.services.trading.floor import TradingFloor, until
from tests.services.trading.ladders import FALLEN, LADDER, ask_for_step, fallen, laddered, steps_of, usage

HALTED = (
    "INSERT INTO breaker_states (scope, scope_id, user_id, state, reason, changed_by)"
    " VALUES ('user', $1::uuid::text, $1::uuid, 'halted', 'test', 'test')"
)


async def test_an_entry_reserves_its_whole_ladder(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    async with floor.executor():
        trade = await laddered(floor, account)
    steps = await steps_of(floor, trade)
    assert [step["number"] for step in steps] == [1, 2]
    assert trade["entry_price"] > steps[0]["price"] > steps[1]["price"] > trade["stop_price"]
    assert {step["quantity"] for step in steps} == {trade["quantity"]}
    assert (trade["ladder_step"], trade["ladder_price"]) == (1, steps[0]["price"])
    assert trade["ladder_notional"] == sum(step["notional"] for step in steps)
    assert trade["ladder_risk"] == sum(step["risk_amount"] for step in steps)
    notional, margin, risk = await usage(floor, account)
    held = round(trade["quantity"] * trade["entry_price"], 8)
    assert abs(notional - held - trade["ladder_notional"]) <= 2 * UNIT  # each is rounded
    assert notional <= 3_000
    assert abs(margin - notional / trade["leverage"]) <= UNIT
    assert risk > trade["ladder_risk"]
    decided = await floor.sql.fetchrow("SELECT quantity FROM risk_decisions WHERE trade_id = $1", trade["id"])
    assert decided is not None
    assert decided["quantity"] == 3 * trade["quantity"]  # the answer is about the whole


async def test_a_step_that_the_price_has_come_to_is_bought_once_and_the_stop_is_over_all(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    async with floor.executor():
        before = await laddered(floor, account)
        await fallen(floor, before)
        reserved = await usage(floor, account)
        for _ in range(2):
            await ask_for_step(floor, before)
        trade = await grown(floor, account)
        await ask_for_step(floor, before)
        await floor.until_outbox_empty()
        again = await grown(floor, account)
    (order,) = await orders_of(floor, trade)
    first, second = await steps_of(floor, trade)
    row = await floor.sql.fetchrow("SELECT * FROM trade_additions WHERE trade_id = $1", trade["id"])
    assert row is not None
    assert (order["status"], order["reason"]) == ("FILLED", "step 1 of the ladder")
    assert (row["step"], row["signal_id"]) == (1, None)
    assert 0 < order["quantity"] <= first["quantity"]
    assert (row["notional"] <= first["notional"], row["risk_amount"] <= first["risk_amount"]) == (True, True)
    assert again["quantity"] == trade["quantity"] == before["quantity"] + order["filled_quantity"]
    assert again["stop_price"] == before["stop_price"]  # one stop, where it was
    assert trade["entry_price"] < before["entry_price"] * FALLEN  # averaged down
    assert (trade["ladder_step"], trade["ladder_price"]) == (2, second["price"])
    assert (trade["ladder_notional"], trade["ladder_risk"]) == (second["notional"], second["risk_amount"])
    assert trade["planned_notional"] == row["before_notional"] + row["notional"]
    assert trade["risk_amount"] == row["before_risk_amount"] + row["risk_amount"]
    after = await usage(floor, account)
    assert after[0] <= reserved[0] + 2 * UNIT
    (told,) = await floor.sql.fetch(
        "SELECT sentence FROM notifications WHERE event = 'position_added' AND user_id = $1", account.user_id
    )
    assert ", step 1 of the ladder. The long position is" in told["sentence"]


async def test_the_last_step_ends_the_ladder_and_leaving_frees_one_that_is_not_over(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(**LADDER | {"dca_max_steps": 1}))
    other = await floor.wallet(await floor.user(**LADDER))
    async with floor.executor():
        await floor.signal(stop="0.03")
        trade, kept = await at_rest_of(floor, account), await at_rest_of(floor, other)
        await fallen(floor, trade, Decimal("1.0153"))
        await ask_for_step(floor, trade)
        whole = await grown(floor, account)
        await floor.enqueue("exit", {"trade_id": str(kept["id"]), "reason": "manual"})
        closed = await floor.until_status(other, "CLOSED")
    assert (whole["ladder_step"], whole["ladder_price"], whole["ladder_notional"]) == (None, None, 0)
    assert kept["ladder_notional"] > 0
    assert (closed["ladder_step"], closed["ladder_notional"], closed["ladder_risk"]) == (None, 0, 0)
    assert set(await usage(floor, other)) == {Decimal(0)}
    assert await orders_of(floor, kept) == []


async def at_rest_of(floor: TradingFloor, account: TradingAccount) -> asyncpg.Record:
    await floor.until_status(account, "PROTECTED")
    return await at_rest(floor, account)


async def due(floor: TradingFloor, account: TradingAccount) -> asyncpg.Record:
    """A position whose price stands at the first step; nobody executes."""
    async with floor.executor():
        trade = await laddered(floor, account)
        await floor.until_outbox_empty()
    await fallen(floor, trade)
    return trade


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("dca_not_enabled", "UPDATE risk_settings SET enable_dca = false"),
        ("max_dca_steps", "UPDATE risk_settings SET dca_max_steps = 0"),
        ("trading_not_active", "UPDATE risk_settings SET trading_paused = true"),
        ("trading_not_active", "UPDATE wallets SET auto_trade_enabled = false"),
    ],
)
async def test_a_step_that_the_gate_refuses_is_not_bought_and_says_why(
    floor: TradingFloor, code: str, change: str
) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    trade = await due(floor, account)
    await floor.sql.execute(change)
    async with floor.executor():
        await ask_for_step(floor, trade)
        await until_refused(floor, trade)
        held = await at_rest(floor, account)
    (order,) = await orders_of(floor, trade)
    assert (order["status"], order["sent_at"]) == ("REJECTED", None)
    assert order["error_code"] == code
    assert (held["quantity"], held["adding_notional"], held["ladder_step"]) == (trade["quantity"], 0, 2)
    approved = await floor.sql.fetchval(
        "SELECT approved FROM risk_decisions WHERE trade_id = $1", trade["id"]
    )
    assert approved is True  # the answer about the entry stands


async def until_refused(floor: TradingFloor, trade: asyncpg.Record) -> None:
    async def look() -> bool | None:
        orders = await orders_of(floor, trade)
        return True if [order["status"] for order in orders] == ["REJECTED"] else None

    await until(look)


async def test_an_entry_that_is_turned_down_at_the_gate_leaves_no_ladder(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    signal_id = await floor.signal(stop="0.03", enqueue=False)
    async with floor.desk.system.system() as session:
        signal = await FanOutTransaction(session).accounts.signal(signal_id)
    assert signal is not None
    (decided,) = await floor.desk.risk.validate_trade(signal, [account])
    assert decided.trade_id is not None
    assert (await usage(floor, account))[0] > 0
    await floor.sql.execute("UPDATE risk_settings SET trading_paused = true")
    async with floor.executor():
        await floor.enqueue("drive", {"trade_id": str(decided.trade_id)})
        trade = await floor.until_status(account, "REJECTED")
    assert (trade["ladder_step"], trade["ladder_price"], trade["ladder_notional"]) == (None, None, 0)
    assert set(await usage(floor, account)) == {Decimal(0)}


async def test_a_halt_refuses_a_step_that_was_asked_for(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    trade = await due(floor, account)
    assert (await floor.desk.risk.ladders.take(trade["id"], 1)).approved
    await floor.sql.execute(HALTED, account.user_id)
    try:
        async with floor.executor():
            await floor.enqueue("drive", {"trade_id": str(trade["id"])})
            await until_refused(floor, trade)
    finally:
        await floor.sql.execute("DELETE FROM breaker_states")
    (order,) = await orders_of(floor, trade)
    assert (order["error_code"], order["sent_at"]) == ("trading_not_active", None)
    assert await floor.venue_position(account) == trade["quantity"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE trades SET exit_requested = 'manual'",
        "UPDATE trades SET scale_out_quantity = quantity / 4",
        "UPDATE trades SET status = 'NEEDS_OPERATOR'",
        "UPDATE trades SET stop_price = ladder_price + 1",  # the price has come to the stop as well
        "UPDATE ladder_steps SET price = price * 0.98",  # the price has left the step again
        "UPDATE trades SET ladder_step = NULL, ladder_price = NULL, ladder_notional = 0, ladder_risk = 0",
    ],
)
async def test_no_step_is_bought_when_the_position_is_left_or_the_price_is_elsewhere(
    floor: TradingFloor, change: str
) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    trade = await due(floor, account)
    await floor.sql.execute(change)
    answer = await floor.desk.risk.ladders.take(trade["id"], 1)
    assert answer.approved is False
    assert await orders_of(floor, trade) == []


async def test_a_step_waits_until_the_position_is_at_rest_and_is_written_once(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    trade = await due(floor, account)
    await floor.sql.execute("UPDATE trades SET stop_price = stop_price - 1")  # not the one at the venue
    assert (await floor.desk.risk.ladders.take(trade["id"], 1)).wait_seconds is not None
    await floor.sql.execute("UPDATE trades SET stop_price = stop_price + 1")
    assert (await floor.desk.risk.ladders.take(trade["id"], 2)).approved is False  # not the next one
    reserved = await usage(floor, account)
    assert (await floor.desk.risk.ladders.take(trade["id"], 1)).approved
    assert await usage(floor, account) == reserved  # it passes from the ladder to the addition
    again = await floor.desk.risk.ladders.take(trade["id"], 1)
    assert (again.approved, again.wait_seconds) == (False, None)
    assert len(await orders_of(floor, trade)) == 1


async def test_database_refuses_more_than_was_reserved_for_a_step(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    trade = await due(floor, account)
    with pytest.raises(asyncpg.CheckViolationError, match="never raised"):
        await floor.sql.execute("UPDATE trades SET ladder_risk = ladder_risk + 1")
    with pytest.raises(asyncpg.CheckViolationError, match="not what was reserved"):
        await floor.sql.execute(
            "INSERT INTO ladder_steps (user_id, wallet_id, trade_id, number, price, quantity, notional, risk_amount)"
            " SELECT user_id, wallet_id, trade_id, 3, price, quantity, notional, risk_amount FROM ladder_steps"
            " WHERE number = 2"
        )
    assert (await floor.desk.risk.ladders.take(trade["id"], 1)).approved
    for name in ("quantity", "notional", "risk_amount"):
        with pytest.raises(asyncpg.CheckViolationError, match="more than was reserved"):
            await floor.sql.execute(
                "UPDATE trade_additions SET quantity = quantity + ($1 = 'quantity')::int,"
                " notional = notional + ($1 = 'notional')::int,"
                " risk_amount = risk_amount + ($1 = 'risk_amount')::int",
                name,
            )


async def test_an_owner_who_says_yes_to_entries_has_said_yes_to_their_ladder(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**LADDER))
    trade = await due(floor, account)
    await floor.carry_out_as(account, confirm_trades=True)
    async with floor.executor():
        await ask_for_step(floor, trade)
        await until_refused(floor, trade)  # nobody was asked about this one
    (order,) = await orders_of(floor, trade)
    assert order["error_code"] == "not_confirmed"
    other = await floor.wallet(await floor.user(**LADDER))
    trade = await due(floor, other)
    await floor.carry_out_as(other, confirm_trades=True)
    await floor.sql.execute("UPDATE trades SET confirmed_at = now() WHERE id = $1", trade["id"])
    async with floor.executor():
        await ask_for_step(floor, trade)
        grown_trade = await grown(floor, other)
    assert grown_trade["quantity"] > trade["quantity"]
