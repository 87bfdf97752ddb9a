"""The whole way of a worker: a signal in, an order at the venue or a stored refusal out; and always a way out."""

import json
from decimal import Decimal
from typing import Final
from uuid import UUID

import pytest

from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.floor import BTC, ETH, TradingFloor, until

BREAKER = (
    "INSERT INTO breaker_states (scope, scope_id, user_id, state, reason, changed_by)"
    " VALUES ('{scope}', {subject}, {owner}, 'halted', 'test', 'test')"
)
OBSTACLES = {
    "platform halted": BREAKER.format(scope="platform", subject="'exits'", owner="NULL"),
    "user halted": BREAKER.format(scope="user", subject="$1::uuid::text", owner="$1::uuid"),
    "wallet halted": BREAKER.format(scope="wallet", subject="$2::uuid::text", owner="$1::uuid"),
    "paused": "UPDATE risk_settings SET trading_paused = true WHERE user_id = $1",
    "every limit zero": "UPDATE risk_settings SET max_open_positions = 0, max_portfolio_heat = 0,"
    " max_daily_loss_usd = 0, max_position_size_usd = 0, min_signal_confidence = 1 WHERE user_id = $1",
    "tripped": "UPDATE risk_state SET day_tripped_at = now(), month_tripped_at = now() WHERE user_id = $1",
    "frozen": "UPDATE wallets SET entries_frozen_reason = 'test' WHERE id = $2",
    "switched off": "UPDATE wallets SET auto_trade_enabled = false WHERE id = $2",
}


async def arrange(floor: TradingFloor, account: TradingAccount, names: list[str]) -> None:
    for name in names:
        sql = OBSTACLES[name]
        arguments: tuple[UUID, ...] = (account.user_id, account.wallet_id)
        if "$2" not in sql:
            arguments = arguments[: sql.count("$1") and 1]
        elif "$1" not in sql:
            sql, arguments = sql.replace("$2", "$1"), arguments[1:]
        await floor.sql.execute(sql, *arguments)


@pytest.mark.parametrize(
    "names", [*([name] for name in OBSTACLES), list(OBSTACLES)], ids=lambda held: held[-1]
)
async def test_what_blocks_an_entry_never_blocks_an_exit(floor: TradingFloor, names: list[str]) -> None:
    """Each obstacle alone, and all at once: nothing enters any more, and what is open still leaves whole."""
    account = await floor.wallet(await floor.user())
    try:
        async with floor.executor():
            await floor.signal(BTC)
            trade = await floor.until_status(account, "PROTECTED")
            await arrange(floor, account, names)
            await floor.signal(ETH)
            await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
            closed = await floor.until_status(account, "CLOSED")
            await floor.until_outbox_empty()
    finally:
        await floor.sql.execute("DELETE FROM breaker_states")
    assert closed["exit_reason"] == "manual"
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []
    assert await floor.trade(account, ETH) is None


async def refusal(floor: TradingFloor, account: TradingAccount) -> set[str]:
    """Wait for the wallet's stored refusal; its codes."""

    async def look() -> set[str] | None:
        breaches = await floor.sql.fetchval(
            "SELECT breaches FROM risk_decisions WHERE wallet_id = $1 AND NOT approved", account.wallet_id
        )
        return None if breaches is None else {one["code"] for one in json.loads(breaches)}

    return await until(look, describe=lambda: floor.describe(account))


@pytest.mark.parametrize(
    ("limits", "stop", "code"),
    [
        ({"min_signal_confidence": Decimal("0.89")}, "0.02", None),
        ({"min_signal_confidence": Decimal("0.90")}, "0.02", None),
        ({"min_signal_confidence": Decimal("0.91")}, "0.02", "signal_confidence"),
        ({"max_open_positions": 1}, "0.02", None),
        ({"max_open_positions": 0}, "0.02", "max_open_positions"),
        ({"max_trades_per_day": 1}, "0.02", None),
        ({"max_trades_per_day": 0}, "0.02", "max_trades_per_day"),
        ({"min_risk_reward_ratio": None}, "0.07", None),  # ten times levered: the venue liquidates 7.7 % away
        ({"min_risk_reward_ratio": None}, "0.075", "liquidation_near"),
    ],
)
async def test_signal_becomes_a_protected_position_or_a_stored_refusal(
    floor: TradingFloor, limits: dict[str, object], stop: str, code: str | None
) -> None:
    account = await floor.wallet(await floor.user(**limits))
    async with floor.executor():
        await floor.signal(BTC, stop=stop)
        if code is None:
            trade = await floor.until_status(account, "PROTECTED")
            assert await floor.venue_position(account) == trade["quantity"] > 0
        else:
            assert await refusal(floor, account) == {code}
            await floor.until_outbox_empty()
            assert await floor.trade(account) is None
            assert await floor.venue_position(account) == 0
            assert await floor.venue_orders(account) == []


@pytest.mark.parametrize("armed", [False, True])
async def test_a_live_wallet_enters_only_once_it_is_armed(floor: TradingFloor, armed: bool) -> None:
    """The same wallet and the same signal, as live money: arming alone decides."""
    account = await floor.wallet(await floor.user())
    await floor.sql.execute(
        "UPDATE wallets SET environment = 'live', live_armed_at = CASE WHEN $2 THEN now() END WHERE id = $1",
        account.wallet_id,
        armed,
    )
    async with floor.executor():
        await floor.signal(BTC)
        if armed:
            trade = await floor.until_status(account, "PROTECTED")
            assert trade["environment"] == "live"
            return
        assert await refusal(floor, account) == {"trading_not_active"}
        await floor.until_outbox_empty()
    assert await floor.trade(account) is None
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []


NINE_THOUSAND: Final = {
    "position_sizing_method": "fixed_amount",
    "fixed_amount_usd": Decimal(9_000),
    "max_position_size_percent": None,
    "max_single_asset_exposure_percent": None,
    "max_portfolio_heat": None,
}


@pytest.mark.parametrize(
    ("in_parts", "minimum", "code"),
    [
        (True, "1.70", None),
        (True, "1.79", None),  # thirds at 2 %, 4 % and 6 %, stop at 2 %: 1.7905 after costs,
        (True, "1.82", "risk_reward"),  # and with two steps more in the last part of a hundred 1.81
        (False, "2.72", None),  # the whole at 6 %
        (False, "2.73", "risk_reward"),
    ],
)
async def test_reward_to_risk_is_held_against_the_targets_at_which_the_trade_leaves(
    floor: TradingFloor, in_parts: bool, minimum: str, code: str | None
) -> None:
    own = {"stop_loss_percent": Decimal(2), "take_profit_percent": Decimal(6), "enable_scale_out": in_parts}
    user_id = await floor.user(min_risk_reward_ratio=Decimal(minimum), **own, **NINE_THOUSAND)
    account = await floor.wallet(user_id)
    async with floor.executor():
        await floor.signal(BTC)
        if code is None:
            trade = await floor.until_status(account, "PROTECTED")
            assert trade["scale_out_enabled"] is in_parts
            return
        assert await refusal(floor, account) == {code}
        await floor.until_outbox_empty()
    assert await floor.trade(account) is None
    assert await floor.venue_position(account) == 0


async def test_own_stop_of_the_settings_is_the_one_that_stands_at_the_venue(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(stop_loss_percent=Decimal(3), min_risk_reward_ratio=None))
    async with floor.executor():
        await floor.signal(BTC, stop="0.02")
        trade = await floor.until_status(account, "PROTECTED")
        (stop,) = await floor.venue_orders(account)
    assert stop.trigger_price == trade["initial_stop_price"]
    distance = 1 - trade["initial_stop_price"] / trade["planned_entry_price"]
    assert abs(distance - Decimal("0.03")) < Decimal("0.0005")
