"""Whoever moves to another time zone keeps the windows that have begun: no loss is forgotten, and no trip."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.core.clock import utc_now
from app.domain.limits import LossWindow
from app.domain.loss_windows import LEAST, WindowLength
from app.domain.risk_limits import NO_OPINION
from app.repositories.gate_rows import StateRow
from app.services.trading.breaker_watch import BreakerWatch
from app.services.trading.windows import LENGTHS, Windows
from tests.services.trading.floor import TradingFloor
from tests.services.trading.gate_rows_examples import DAY, EQUITY, MONTH, NOON, WALLET, WEEK, state, wallet
from tests.services.trading.gate_world import GateWorld
from tests.services.trading.still_market import MARKET_TIME
from tests.services.trading.test_breaker_watch import Clocks

WEST, EAST = "Etc/GMT+1", "Etc/GMT-1"
"""An hour west and an hour east of where the windows began; the names count the other way."""
HOUR = timedelta(hours=1)
STARTS = dict(zip(LENGTHS, (DAY, WEEK, MONTH), strict=True))
NAMES = {WindowLength.DAY: "daily", WindowLength.WEEK: "weekly", WindowLength.MONTH: "monthly"}


def rolled(zone: str, at: datetime, *rows: StateRow, of_user: Mapping[str, Any] | None = None) -> Windows:
    """The windows of a user and a wallet at a moment in a zone."""
    sums, own = rows
    held = Windows(
        zone=zone,
        market_time=at,
        user=sums,
        wallets={WALLET: own},
        rows=[wallet()],
        equity={WALLET: own.equity}.get,
    )
    held.roll(lambda _: NO_OPINION, replace(NO_OPINION, **(of_user or {})))
    return held


@pytest.mark.parametrize("zone", [WEST, EAST])
def test_windows_go_on_where_midnight_is_at_another_hour(zone: str) -> None:
    sums, own = state(None, equity=Decimal(9_100)), state(equity=Decimal(9_100))
    held = rolled(zone, NOON, sums, own)
    assert held.changed == {}
    assert held.of_user() == held.of_wallet(WALLET) == (LossWindow(EQUITY),) * 3
    assert [held.start(length) for length in LENGTHS] == [
        min(STARTS[length], STARTS[length] + (HOUR if zone == WEST else -HOUR)) for length in LENGTHS
    ]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_trip_holds_where_midnight_is_at_another_hour(length: WindowLength) -> None:
    limit = {f"max_{NAMES[length]}_loss_usd": Decimal(500)}
    place = LENGTHS.index(length)
    sums, own = state(None), state(equity=Decimal(9_500))
    assert rolled(EAST, NOON, sums, own, of_user=limit).of_user()[place] == LossWindow(EQUITY, tripped=True)
    own.equity = EQUITY  # a rebound
    assert rolled(EAST, NOON, sums, own, of_user=limit).of_user()[place] == LossWindow(EQUITY, tripped=True)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("short_of", [timedelta(), timedelta(microseconds=1)])
def test_the_next_window_begins_once_one_as_long_as_the_shortest_is_over(
    length: WindowLength, short_of: timedelta
) -> None:
    begun = {f"{length}_start": STARTS[length] - LEAST[length] + short_of, "equity": Decimal(9_100)}
    sums, own = state(None, **begun), state(**begun)
    held = rolled("UTC", NOON, sums, own)
    is_new = not short_of
    assert held.of_user()[LENGTHS.index(length)] == LossWindow(Decimal(9_100) if is_new else EQUITY)
    assert (getattr(own, f"{length}_start") == STARTS[length]) is is_new


@pytest.mark.parametrize("zone", [WEST, EAST])
@pytest.mark.parametrize("length", [WindowLength.WEEK, WindowLength.MONTH])
async def test_the_loss_of_a_week_or_month_refuses_in_another_zone_too(
    world: GateWorld, zone: str, length: WindowLength
) -> None:
    await world.limit("user", f"max_{NAMES[length]}_loss_percent", Decimal(10))
    await world.state(balance=Decimal(9_000), equity=Decimal(9_000))
    await world.sql.execute("UPDATE users SET time_zone = $2 WHERE id = $1", world.user_id, zone)
    (decision,) = await world.ask(await world.signal())
    assert f"{NAMES[length]}_loss_percent" in {breach.code.value for breach in decision.breaches}
    stored = await world.sql.fetchrow("SELECT * FROM risk_state WHERE wallet_id = $1", world.wallet_id)
    assert stored is not None
    assert stored[f"{length}_start"] == await world.sql.fetchval(
        "SELECT date_trunc($1::text, $2::timestamptz, 'UTC')", length.value, MARKET_TIME
    )


@pytest.mark.parametrize("zone", ["UTC", WEST, EAST])
async def test_the_breaker_trips_at_the_loss_of_a_month_in_another_zone_too(
    floor: TradingFloor, zone: str
) -> None:
    account = await floor.wallet(await floor.user(max_monthly_loss_percent=Decimal(20)))
    at = await floor.desk.markets.market_time("paper")
    for own in (None, account.wallet_id):
        await floor.sql.execute(
            "INSERT INTO risk_state (user_id, environment, wallet_id, balance, equity, free_margin,"
            " balance_as_of, month_start, month_start_equity, peak_equity) VALUES ($1, 'paper', $2, 8000, 8000,"
            " 8000, now(), date_trunc('month', $3::timestamptz, 'UTC'), 10000, 10000)",
            *(account.user_id, own, at),
        )
    await floor.sql.execute("UPDATE users SET time_zone = $2 WHERE id = $1", account.user_id, zone)
    await BreakerWatch(floor.desk.system, floor.desk.markets, Clocks(), utc_now).look()
    tripped = await floor.sql.fetchrow(
        "SELECT scope, state, cause FROM breaker_states WHERE user_id = $1", account.user_id
    )
    assert tripped is not None
    assert tuple(tripped) == ("user", "reduce_only", "monthly_loss")
