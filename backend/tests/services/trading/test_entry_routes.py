"""How entries go out on the real paper exchange: chosen from its book, written on the order, never in doubt."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from app.core.clock import utc_now
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.slippage_events import tell_of_slippage
from app.services.trading.trade_case import TradeCase
from tests.services.trading.floor import BTC, TradingFloor, until


async def entry_of(floor: TradingFloor, trade: asyncpg.Record) -> asyncpg.Record:
    return await floor.sql.fetchrow("SELECT * FROM orders WHERE trade_id = $1 AND leg = 'entry'", trade["id"])


async def breaches_of(floor: TradingFloor, account: TradingAccount) -> list[dict[str, Any]]:
    found = await floor.sql.fetchval(
        "SELECT breaches FROM risk_decisions WHERE wallet_id = $1 AND NOT approved", account.wallet_id
    )
    breaches: list[dict[str, Any]] = json.loads(found)
    return breaches


async def test_entry_without_market_orders_is_capped_at_the_allowed_slippage(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await floor.carry_out_as(account, use_market_orders=False, max_slippage=40)
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
    entry = await entry_of(floor, trade)
    assert (entry["order_type"], entry["time_in_force"], entry["route"]) == ("limit", "IOC", "capped")
    allowed = entry["requested_price"] * 40 / 10_000
    assert 0 < entry["limit_price"] - entry["requested_price"] <= allowed
    assert trade["entry_price"] <= entry["limit_price"]
    log = await floor.sql.fetchrow(
        "SELECT * FROM execution_logs WHERE trade_id = $1 AND action = 'enter'", trade["id"]
    )
    assert (log["route"], log["outcome"], log["venue"]) == ("capped", "answered", "paper")
    assert log["spread_bps"] > 0
    assert log["market_liquidity"] > trade["quantity"] * trade["entry_price"]
    assert min(log["gate_ms"], log["network_ms"], log["venue_ms"]) > 0


async def test_slippage_in_percent_and_in_points_is_the_same_cap(floor: TradingFloor) -> None:
    instrument = await floor.reader.instrument("paper", BTC)
    assert instrument is not None
    limits = []
    for unit, value in (("percent", 1), ("points", round(1_000 / instrument.price_tick))):
        account = await floor.wallet(await floor.user())
        await floor.carry_out_as(account, use_market_orders=False, max_slippage=value, max_slippage_unit=unit)
        async with floor.executor():
            await floor.signal()
            trade = await floor.until_status(account, "PROTECTED")
        entry = await entry_of(floor, trade)
        limits.append(entry["limit_price"] - entry["requested_price"])
        expected = entry["requested_price"] / 100 if unit == "percent" else 1_000
        assert 0 <= expected - limits[-1] <= instrument.price_tick


async def test_entry_that_the_book_cannot_take_is_refused_with_figure_and_limit(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await floor.carry_out_as(account, max_slippage="0.0001", max_deviation=100)
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "REJECTED")
    (breach,) = await breaches_of(floor, account)
    assert breach["code"] in ("spread_too_wide", "book_too_thin")
    assert breach["limit"] is not None
    assert breach["value"] is not None
    entry = await entry_of(floor, trade)
    assert (entry["status"], entry["route"], entry["error_code"]) == ("REJECTED", "refused", breach["code"])
    log = await floor.sql.fetchrow("SELECT * FROM execution_logs WHERE trade_id = $1", trade["id"])
    assert (log["outcome"], log["error_code"], log["network_ms"]) == ("refused", breach["code"], None)
    assert await floor.venue_position(account) == 0


async def test_entry_waits_for_the_book_and_is_refused_when_it_stays_unknown(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await floor.carry_out_as(account, execution_timeout_seconds=1)
    rule = {"path": "/fapi/v1/depth", "method": "GET", "mode": "503", "count": 1000}
    floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
    async with floor.executor():
        await floor.signal()
        await floor.until_status(account, "REJECTED")
        floor.venue.control("POST", "/sim/fault", {})
    (breach,) = await breaches_of(floor, account)
    assert breach["code"] == "book_unknown"


@pytest.mark.parametrize("answer", ["yes", "none"])
async def test_entry_waits_for_its_owner(floor: TradingFloor, answer: str) -> None:
    account = await floor.wallet(await floor.user())
    await floor.carry_out_as(account, confirm_trades=True)

    async def asked() -> asyncpg.Record | None:
        trade = await floor.trade(account)
        return trade if trade is not None and trade["confirm_by"] is not None else None

    async with floor.executor():
        await floor.signal()
        trade = await until(asked)
        entry = await entry_of(floor, trade)
        assert entry["status"] == "INTENT"
        assert timedelta(seconds=100) < trade["confirm_by"] - utc_now() <= timedelta(seconds=120)
    column = "confirmed_at" if answer == "yes" else "confirm_by"
    await floor.sql.execute(f"UPDATE trades SET {column} = now() WHERE id = $1", trade["id"])  # noqa: S608
    async with floor.executor():  # another process, which finds what the first one left
        await floor.until_status(account, "PROTECTED" if answer == "yes" else "REJECTED")
    if answer == "none":
        (breach,) = await breaches_of(floor, account)
        assert breach["code"] == "not_confirmed"


@pytest.mark.parametrize(("asked_worse_by", "told"), [("0.0029", 0), ("0.0032", 1)])
async def test_fill_worse_than_the_largest_slippage_is_told_once(
    floor: TradingFloor, asked_worse_by: str, told: int
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
    # As if the fill, at 30 basis points and a little less or more, had come after a lower decision price.
    await floor.sql.execute(
        "UPDATE orders SET requested_price = $2 WHERE trade_id = $1 AND leg = 'entry'",
        trade["id"],
        trade["entry_price"] * (1 - Decimal(asked_worse_by)),
    )
    for _ in range(2):
        async with floor.desk.database.tenant(account.user_id) as session:
            transaction = TradingTransaction(session, account.user_id)
            case = await TradeCase.load(transaction, trade["id"])
            assert case is not None
            entry = next(order for order in case.orders if order.leg == "entry")
            await tell_of_slippage(floor.desk, transaction, case, entry)
    rows = await floor.sql.fetch(
        "SELECT figures FROM notifications WHERE user_id = $1 AND event = 'large_slippage'", account.user_id
    )
    assert [json.loads(row["figures"])["limit_bps"] for row in rows] == ["30"] * told
