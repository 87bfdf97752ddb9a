"""The gate with real facts: limits hold under concurrency, and every refusal is stored with its figures."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app.core.clock import utc_now
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.decision_lanes import TradeDecision
from app.services.trading.desk import Desk
from tests.services.trading.floor import BTC, ETH, SOL, SYMBOLS, TradingFloor


async def decide(desk: Desk, signal_id: UUID, *accounts: TradingAccount) -> list[TradeDecision]:
    async with desk.system.system() as session:
        signal = await FanOutTransaction(session).accounts.signal(signal_id)
    assert signal is not None
    return await desk.risk.validate_trade(signal, accounts)


def codes(decision: TradeDecision) -> set[str]:
    return {breach.code.value for breach in decision.breaches}


async def test_hundred_concurrent_signals_against_a_capacity_of_five_accept_exactly_five(
    floor: TradingFloor,
) -> None:
    user_id = await floor.user(max_open_positions=5, max_single_asset_exposure_percent=None)
    accounts = [await floor.wallet(user_id) for _ in range(20)]
    signals = [await floor.signal(symbol, enqueue=False) for symbol in SYMBOLS]
    await floor.desk.balances.refresh_many(accounts)
    answers = await asyncio.gather(
        *(decide(floor.desk, signal, account) for signal in signals for account in accounts)
    )
    decisions = [decision for answer in answers for decision in answer]
    assert len(decisions) == 100
    assert sum(decision.is_approved for decision in decisions) == 5
    refused = [decision for decision in decisions if not decision.is_approved]
    assert all("max_open_positions" in codes(decision) for decision in refused)
    assert await floor.sql.fetchval("SELECT count(*) FROM trades") == 5
    assert await floor.sql.fetchval("SELECT count(*) FROM risk_decisions") == 100


async def test_an_approval_is_announced_as_a_position_and_as_a_decision_a_refusal_as_a_decision(
    floor: TradingFloor,
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    user_id = await floor.user(max_open_positions=1)
    accounts = [await floor.wallet(user_id) for _ in range(2)]
    await floor.desk.balances.refresh_many(accounts)
    await floor.sql.add_listener("user_events", lambda *event: heard.put_nowait(str(event[3])))
    decisions = await decide(floor.desk, await floor.signal(enqueue=False), *accounts)
    expected = {("decision", str(decision.decision_id)) for decision in decisions} | {
        ("position", str(decision.trade_id)) for decision in decisions if decision.is_approved
    }
    assert len(expected) == 3
    told: set[tuple[str, str]] = set()
    while not expected <= told:
        event = json.loads(await heard.get())
        assert event["user_id"] == str(user_id)
        told.add((event["kind"], event["id"]))
    assert {one for one in told if one[0] in ("decision", "position")} == expected


async def test_one_batch_over_many_wallets_of_a_user_keeps_the_users_capacity(floor: TradingFloor) -> None:
    user_id = await floor.user(max_open_positions=5, max_single_asset_exposure_percent=None)
    accounts = [await floor.wallet(user_id) for _ in range(8)]
    decisions = await decide(floor.desk, await floor.signal(enqueue=False), *accounts)
    assert sum(decision.is_approved for decision in decisions) == 5


async def lose(floor: TradingFloor, account: TradingAccount, amount: str) -> None:
    """The day began with that much more than there is now."""
    await floor.desk.balances.refresh(account)
    await floor.sql.execute(
        "UPDATE risk_state SET day_start_equity = day_start_equity + $2 WHERE user_id = $1",
        account.user_id,
        Decimal(amount),
    )


async def test_day_loss_of_500_refuses_the_next_entry_and_stores_why(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(max_daily_loss_usd=Decimal(500)))
    await lose(floor, account, "500")
    (decision,) = await decide(floor.desk, await floor.signal(enqueue=False), account)
    assert {"daily_loss_usd"} <= codes(decision)
    stored = await floor.sql.fetchrow(
        "SELECT approved, breaches FROM risk_decisions WHERE id = $1", decision.decision_id
    )
    assert stored is not None
    assert stored["approved"] is False
    breach = next(one for one in json.loads(stored["breaches"]) if one["code"] == "daily_loss_usd")
    assert Decimal(breach["limit"]) == 500
    assert Decimal(breach["value"]) == 500


@pytest.mark.parametrize(("lost", "refused"), [("400", set()), ("499.99999999", {"daily_loss_budget_usd"})])
async def test_day_loss_inside_the_limit_must_leave_room_for_the_order(
    floor: TradingFloor, lost: str, refused: set[str]
) -> None:
    user_id = await floor.user(max_daily_loss_usd=Decimal(500), max_daily_loss_percent=None)
    account = await floor.wallet(user_id)
    await lose(floor, account, lost)
    (decision,) = await decide(floor.desk, await floor.signal(enqueue=False), account)
    assert codes(decision) == refused


async def test_tripped_day_stays_tripped_after_a_rebound(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(max_daily_loss_usd=Decimal(500)))
    await lose(floor, account, "600")
    await floor.desk.balances.refresh(account)
    await lose(floor, account, "-600")
    (decision,) = await decide(floor.desk, await floor.signal(enqueue=False), account)
    assert "daily_loss_tripped" in codes(decision)


async def test_deposit_inside_the_day_is_not_a_gain(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(max_daily_loss_usd=Decimal(500)))
    await lose(floor, account, "500")
    payment: dict[str, object] = {
        "account": str(account.wallet_id),
        "amount": "1000",
        "reference": "second payment",
    }
    floor.venue.control("POST", "/sim/deposit", payment)
    await floor.desk.balances.refresh(account)
    (decision,) = await decide(floor.desk, await floor.signal(enqueue=False), account)
    assert "daily_loss_usd" in codes(decision)


async def test_balance_that_cannot_be_read_refuses(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    rule = {"path": "/fapi/v3/account", "mode": "503", "count": 50}
    floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
    (decision,) = await decide(floor.desk, await floor.signal(enqueue=False), account)
    assert "margin_unknown" in codes(decision)
    assert not decision.is_approved


async def test_confidence_below_the_wallets_minimum_is_refused(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await floor.sql.execute(
        "INSERT INTO wallet_risk_settings (user_id, wallet_id, min_signal_confidence) VALUES ($1, $2, 0.95)",
        account.user_id,
        account.wallet_id,
    )
    (decision,) = await decide(floor.desk, await floor.signal(confidence="0.94", enqueue=False), account)
    assert codes(decision) == {"signal_confidence"}


async def test_paused_user_is_refused_and_the_others_are_not(floor: TradingFloor) -> None:
    paused, other = await floor.wallet(await floor.user()), await floor.wallet(await floor.user())
    await floor.sql.execute(
        "INSERT INTO breaker_states (scope, scope_id, user_id, state, reason, changed_by)"
        " VALUES ('user', $1, $2, 'reduce_only', 'pause', 'user')",
        str(paused.user_id),
        paused.user_id,
    )
    answers = await decide(floor.desk, await floor.signal(enqueue=False), paused, other)
    by_wallet = {answer.account.wallet_id: answer for answer in answers}
    assert codes(by_wallet[paused.wallet_id]) == {"trading_not_active"}
    assert by_wallet[other.wallet_id].is_approved


async def test_pause_whose_time_is_over_refuses_nothing(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await floor.sql.execute(
        "INSERT INTO breaker_states (scope, scope_id, user_id, state, reason, changed_by, until)"
        " VALUES ('user', $1, $2, 'reduce_only', 'pause', 'user', $3)",
        str(account.user_id),
        account.user_id,
        utc_now() - timedelta(seconds=1),
    )
    (decision,) = await decide(floor.desk, await floor.signal(enqueue=False), account)
    assert decision.is_approved


async def test_pause_between_decision_and_gate_stops_the_entry(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    (decision,) = await decide(floor.desk, await floor.signal(enqueue=False), account)
    assert decision.is_approved
    await floor.sql.execute("UPDATE risk_settings SET trading_paused = true")
    async with floor.executor():
        trade = await floor.until_status(account, "REJECTED")
    assert trade["quantity"] == 0
    assert await floor.venue_position(account) == 0
    stored = await floor.sql.fetchrow("SELECT approved, breaches FROM risk_decisions")
    assert stored is not None
    assert stored["approved"] is False
    assert "trading_not_active" in stored["breaches"]


async def test_expired_signal_never_reaches_the_venue(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    signal_id = await floor.signal(enqueue=False, valid_for=timedelta(seconds=0))
    (decision,) = await decide(floor.desk, signal_id, account)
    assert codes(decision) == {"signal_expired"}


async def test_second_trade_in_a_symbol_is_refused_and_another_symbol_is_not(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
        await floor.signal(BTC)
        await floor.signal(ETH)
        await floor.until_status(account, "PROTECTED", symbol=ETH)
    rows = await floor.sql.fetch("SELECT breaches FROM risk_decisions WHERE NOT approved")
    assert len(rows) == 1
    assert "symbol_already_open" in rows[0]["breaches"]


async def test_fixed_amount_is_the_notional_of_the_trade(floor: TradingFloor) -> None:
    account = await floor.wallet(
        await floor.user(position_sizing_method="fixed_amount", fixed_amount_usd=Decimal(200))
    )
    (decision,) = await decide(floor.desk, await floor.signal(SOL, enqueue=False), account)
    stored = await floor.sql.fetchrow(
        "SELECT notional FROM risk_decisions WHERE id = $1", decision.decision_id
    )
    assert stored is not None
    assert Decimal(190) < stored["notional"] <= Decimal(200)
