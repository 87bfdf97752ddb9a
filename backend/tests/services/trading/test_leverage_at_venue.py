"""The venue's leverage is the trade's when its entry leaves, whatever it was set to before and by whom."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.domain.fixed_point import UNIT
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.venue_leverage import VenueLeverage
from tests.services.trading.floor import BTC, ETH, TradingFloor


async def ask_venue(floor: TradingFloor, account: TradingAccount) -> CcxtGateway:
    gateway = await floor.desk.gateway(account)
    assert isinstance(gateway, CcxtGateway)
    return gateway


async def venue_leverage(floor: TradingFloor, account: TradingAccount) -> int:
    gateway = await ask_venue(floor, account)
    (row,) = await gateway._client.fapiPrivateGetSymbolConfig({"symbol": "BTCUSDT"})
    return int(row["leverage"])


async def enter_and_leave(floor: TradingFloor, account: TradingAccount, most: int) -> tuple[int, int]:
    """A trade under that largest leverage: its own leverage, and the venue's while it was open."""
    await floor.sql.execute(
        "UPDATE risk_settings SET max_leverage = $2 WHERE user_id = $1", account.user_id, most
    )
    await floor.signal(BTC)
    trade = await floor.until_status(account, "PROTECTED")
    held = await venue_leverage(floor, account)
    await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
    await floor.until_status(account, "CLOSED")
    return trade["leverage"], held


async def test_a_leverage_that_was_set_before_is_set_again_after_another(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        found = [await enter_and_leave(floor, account, most) for most in (5, 10, 5)]
    assert found == [(5, 5), (10, 10), (5, 5)]


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATELY = timedelta(seconds=59, milliseconds=999)


@pytest.mark.parametrize(
    ("leverage", "later", "known"),
    [(5, LATELY, True), (5, timedelta(minutes=1), False), (10, timedelta(), False)],
)
def test_only_the_last_one_is_known_and_for_a_minute(leverage: int, later: timedelta, known: bool) -> None:
    wallet, held = uuid4(), VenueLeverage()
    held.note(wallet, BTC, 10, NOON)
    held.note(wallet, BTC, 5, NOON)
    assert held.is_set(wallet, BTC, leverage, NOON + later) is known
    assert not held.is_set(wallet, ETH, leverage, NOON)
    assert not held.is_set(uuid4(), BTC, leverage, NOON)


async def test_a_leverage_that_is_tightened_after_the_decision_is_what_the_entry_leaves_with(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(max_leverage=20))
    await floor.carry_out_as(account, confirm_trades=True, confirm_seconds=3600)
    async with floor.executor():
        await floor.signal(BTC)
        waiting = await floor.until_status(account, "INTENT")
        await floor.sql.execute(
            "UPDATE risk_settings SET max_leverage = 4 WHERE user_id = $1", account.user_id
        )
        await floor.sql.execute("UPDATE trades SET confirmed_at = now() WHERE id = $1", waiting["id"])
        await floor.enqueue("drive", {"trade_id": str(waiting["id"])})
        trade = await floor.until_status(account, "PROTECTED")
    held = await venue_leverage(floor, account)
    margin = await floor.sql.fetchval("SELECT margin FROM risk_reservations WHERE trade_id = $1", trade["id"])
    assert (waiting["leverage"], trade["leverage"], held) == (20, 4, 4)
    assert abs(margin - trade["quantity"] * trade["entry_price"] / 4) <= UNIT


@pytest.mark.parametrize("code", [-4028, -4161])
async def test_a_leverage_that_the_venue_refuses_turns_the_entry_down_once(
    code: int, floor: TradingFloor
) -> None:
    """A bracket was lowered, or the account is too new: asking again would spend the address's weight on it."""
    account = await floor.wallet(await floor.user())
    rule = {"path": "/fapi/v1/leverage", "method": "POST", "mode": f"code:{code}", "count": None}
    floor.venue.control("POST", "/sim/fault", {"rules": [rule]})
    before = fired(floor)
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "REJECTED")
        asked = fired(floor) - before
        floor.venue.control("POST", "/sim/fault", {})
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
    refused = await floor.sql.fetchval("SELECT breaches FROM risk_decisions WHERE NOT approved")
    assert asked == 1
    assert "leverage_refused" in refused


def fired(floor: TradingFloor) -> int:
    """How many requests the venue has refused by a code so far."""
    counts = floor.venue.control("GET", "/sim/fault")["fired"]
    assert isinstance(counts, dict)
    return int(counts.get("code", 0))
