"""The automatic breakers over a real database and the real paper exchange."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.config import Settings
from app.domain.breaker_rules import BreakerTerms
from app.domain.venue import BudgetSpentError, VenueUnavailableError
from app.repositories.halt_lock import HALT_LOCK_KEY
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.breaker_watch import BreakerWatch
from tests.api.desk_world import Person, World
from tests.services.trading.floor import BTC, TradingFloor, until


class Clocks:
    """A venue whose clock is right, unless it is down, or cannot be asked for want of weight."""

    def __init__(self) -> None:
        self.down = False
        self.spent = False

    async def recent_clock_offset(self, venue: str, no_older_than: timedelta) -> int:
        if self.spent:
            raise BudgetSpentError(14.1)
        if self.down:
            raise VenueUnavailableError(f"{venue} is down for this test")
        return 0


def watch(floor: TradingFloor, clocks: Clocks | None = None) -> BreakerWatch:
    return BreakerWatch(floor.desk.system, floor.desk.markets, clocks or Clocks(), utc_now)


async def market_time(floor: TradingFloor) -> datetime:
    at = await floor.desk.markets.market_time("paper")
    assert at is not None
    return at


async def equity(
    floor: TradingFloor, account: TradingAccount, now: str, *, start: str = "10000", streak: int = 0
) -> None:
    """A day that began with `start` and stands at `now`."""
    for wallet in (None, account.wallet_id):
        await floor.sql.execute(
            "INSERT INTO risk_state (user_id, environment, wallet_id, balance, equity, free_margin,"
            " balance_as_of, day_start, day_start_equity, peak_equity, consecutive_losses)"
            " VALUES ($1, 'paper', $2, $3, $3, $3, now(), date_trunc('day', $4::timestamptz, 'UTC'), $5, $5, $6)"
            " ON CONFLICT (user_id, environment, wallet_id) DO UPDATE SET balance = $3, equity = $3,"
            " consecutive_losses = $6",
            *(account.user_id, wallet, Decimal(now), await market_time(floor), Decimal(start), streak),
        )


async def state(floor: TradingFloor, user_id: UUID) -> asyncpg.Record | None:
    return await floor.sql.fetchrow("SELECT * FROM breaker_states WHERE user_id = $1", user_id)


async def test_the_days_loss_trips_the_user_once_latched_and_told_and_no_one_else(
    floor: TradingFloor,
) -> None:
    loser = await floor.wallet(await floor.user())
    other = await floor.wallet(await floor.user())
    await equity(floor, loser, "9500.01")
    await equity(floor, other, "9500.01")
    breakers = watch(floor)
    assert await breakers.look()
    assert await state(floor, loser.user_id) is None  # just inside
    await equity(floor, loser, "9500")
    await breakers.look()
    await equity(floor, loser, "9900")  # a rebound does not untrip it
    await breakers.look()
    held = await state(floor, loser.user_id)
    assert held is not None
    assert (held["state"], held["cause"], held["environment"]) == ("reduce_only", "daily_loss", "paper")
    today = (await market_time(floor)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert held["resets_at"] == today + timedelta(days=1)
    latched = await floor.sql.fetchval(
        "SELECT day_tripped_at FROM risk_state WHERE user_id = $1 AND wallet_id IS NULL", loser.user_id
    )
    assert latched is not None
    assert await state(floor, other.user_id) is None
    told = await floor.sql.fetch("SELECT user_id, event, sentence FROM notifications")
    sentence = (
        "Your account: Daily loss of 500.00 USD reached the limit of 500.00 USD."
        " No new entries; stops and exits go on."
    )
    assert [tuple(row) for row in told] == [(loser.user_id, "breaker_tripped", sentence)]


@pytest.mark.parametrize(("now", "shown"), [("9900.01", "99.99"), ("10020", "0.00")])
async def test_a_limit_that_an_order_found_reached_is_told_with_what_is_lost_by_now(
    floor: TradingFloor, now: str, shown: str
) -> None:
    loser = await floor.wallet(await floor.user())
    await equity(floor, loser, now)
    await floor.sql.execute(
        "UPDATE risk_state SET day_tripped_at = day_start WHERE user_id = $1 AND wallet_id IS NULL",
        loser.user_id,
    )
    await watch(floor).look()
    held = await state(floor, loser.user_id)
    assert held is not None
    assert held["reason"] == f"Daily loss reached the limit of 500.00 USD, and is {shown} USD by now."


async def test_a_trip_ends_with_its_window(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await equity(floor, account, "9000")
    breakers = watch(floor)
    await breakers.look()
    await floor.sql.execute("UPDATE breaker_states SET resets_at = $1", await market_time(floor))
    await floor.sql.execute(
        "UPDATE risk_state SET day_start = day_start - interval '1 day', peak_equity = equity"
    )
    await breakers.look()
    held = await state(floor, account.user_id)
    assert held is not None
    assert (held["state"], held["reason"]) == ("active", "Its window ended.")


async def test_who_wants_to_be_told_only_is_told_once_and_not_stopped(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(auto_breakers=False))
    await equity(floor, account, "9000")
    breakers = watch(floor)
    await breakers.look()
    await breakers.look()
    assert await state(floor, account.user_id) is None
    kinds = await floor.sql.fetch("SELECT kind, cause FROM breaker_events")
    assert [tuple(row) for row in kinds] == [("alerted", "daily_loss")]


async def test_the_platforms_limit_stops_even_who_wants_to_be_told_only(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(auto_breakers=False))
    await floor.sql.execute(
        "INSERT INTO platform_risk_limits (field, value) VALUES ('max_daily_loss_usd', 800)"
    )
    try:
        await equity(floor, account, "9200")
        await watch(floor).look()
    finally:
        await floor.sql.execute("DELETE FROM platform_risk_limits")
    held = await state(floor, account.user_id)
    assert held is not None
    assert held["state"] == "reduce_only"


async def test_who_chose_to_flatten_is_halted_and_a_run_begins(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(flatten_when_tripped=True))
    await equity(floor, account, "9000")
    await watch(floor).look()
    states = await floor.sql.fetch("SELECT cause, state FROM breaker_states ORDER BY cause")
    assert [tuple(row) for row in states] == [("daily_loss", "reduce_only"), ("kill_switch", "halted")]
    run = await floor.sql.fetchrow("SELECT scope, requested_by FROM kill_switch_runs")
    assert run is not None
    assert tuple(run) == ("user", "automatic")


async def test_losses_in_a_row_trip_and_a_winner_ends_it(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    breakers = watch(floor)
    await equity(floor, account, "10000", streak=2)
    await breakers.look()
    assert await state(floor, account.user_id) is None
    await equity(floor, account, "10000", streak=3)
    await breakers.look()
    held = await state(floor, account.user_id)
    assert held is not None
    assert (held["state"], held["cause"]) == ("reduce_only", "consecutive_losses")
    await equity(floor, account, "10000", streak=0)
    await breakers.look()
    ended = await state(floor, account.user_id)
    assert ended is not None
    assert ended["state"] == "active"


async def test_unrealised_losses_count_at_the_mark(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
    await equity(floor, account, "10000")
    entry = trade["entry_price"] + Decimal(501) / trade["quantity"]  # as if the price had fallen since
    await floor.sql.execute("UPDATE trades SET entry_price = $1 WHERE id = $2", entry, trade["id"])
    await watch(floor).look()
    held = await state(floor, account.user_id)
    assert held is not None
    assert held["cause"] == "daily_loss"


async def test_a_venue_that_does_not_answer_is_stopped_and_probed_until_it_is_well(
    floor: TradingFloor,
) -> None:
    await floor.wallet(await floor.user())
    clocks = Clocks()
    breakers = watch(floor, clocks)
    clocks.down = True
    for _ in range(3):
        assert await floor.sql.fetchval("SELECT count(*) FROM breaker_states") == 0
        await breakers.look()
    held = await floor.sql.fetchrow("SELECT * FROM breaker_states")
    assert held is not None
    assert (held["scope"], held["scope_id"], held["state"]) == ("venue", "paper", "reduce_only")
    clocks.down = False
    await breakers.look()  # its pause is not over
    assert await floor.sql.fetchval("SELECT state FROM breaker_states") == "reduce_only"
    for _ in range(3):
        await floor.sql.execute(
            "UPDATE breaker_states SET probe = jsonb_set(probe, '{next_at}', to_jsonb($1::text))",
            (utc_now() - timedelta(seconds=1)).isoformat(),
        )
        await breakers.look()
    assert await floor.sql.fetchval("SELECT state FROM breaker_states") == "active"


async def test_a_venue_that_we_had_no_weight_to_ask_is_neither_blamed_nor_taken_for_well(
    floor: TradingFloor,
) -> None:
    await floor.wallet(await floor.user())
    clocks = Clocks()
    breakers = watch(floor, clocks)
    clocks.spent = True
    for _ in range(4):
        await breakers.look()
    assert await floor.sql.fetchval("SELECT count(*) FROM breaker_states") == 0
    clocks.spent, clocks.down = False, True
    for spent in (False, True, False, True, False):
        assert await floor.sql.fetchval("SELECT count(*) FROM breaker_states") == 0
        clocks.spent = spent
        await breakers.look()
    assert await floor.sql.fetchval("SELECT state FROM breaker_states") == "reduce_only"
    clocks.spent, clocks.down = True, False
    await floor.sql.execute(
        "UPDATE breaker_states SET probe = jsonb_set(probe, '{next_at}', to_jsonb($1::text))",
        (utc_now() - timedelta(seconds=1)).isoformat(),
    )
    await breakers.look()
    successes = await floor.sql.fetchval("SELECT probe ->> 'successes' FROM breaker_states")
    assert (successes, await floor.sql.fetchval("SELECT state FROM breaker_states")) == ("0", "reduce_only")


@pytest.mark.parametrize(("seconds", "trips"), [(15, False), (60, True)])
async def test_a_position_without_a_stop_for_too_long_stops_its_wallet(
    floor: TradingFloor, seconds: int, trips: bool
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
    await floor.sql.execute(
        "UPDATE trades SET status = 'OPEN_UNPROTECTED', unprotected_since = now() - make_interval(secs => $2)"
        " WHERE id = $1",
        trade["id"],
        seconds,
    )
    breakers = watch(floor)
    await breakers.look()
    held = await floor.sql.fetchrow("SELECT * FROM breaker_states WHERE scope = 'wallet'")
    assert (held is not None) is trips
    await floor.sql.execute("UPDATE trades SET status = 'PROTECTED', unprotected_since = NULL")
    await breakers.look()
    left = await floor.sql.fetchval("SELECT count(*) FROM breaker_states WHERE state <> 'active'")
    assert left == 0
    told = await floor.sql.fetch("SELECT sentence FROM notifications WHERE event LIKE 'breaker_%'")
    assert len(told) == 2 * trips  # that it is stopped, and that it goes on
    wallet_name = str(account.wallet_id)
    assert all(row["sentence"].startswith(f"{wallet_name}: ") for row in told)


async def test_a_wallet_whose_venue_tells_no_time_is_not_taken_for_lost(floor: TradingFloor) -> None:
    user_id = await floor.user()
    first, second = await floor.wallet(user_id), await floor.wallet(user_id)
    for account in (first, second):
        await equity(floor, account, "10000")
    await floor.sql.execute("UPDATE risk_state SET peak_equity = 20000 WHERE wallet_id IS NULL")
    await floor.sql.execute("UPDATE wallets SET venue = 'binanceusdm' WHERE id = $1", second.wallet_id)
    await watch(floor).look()
    assert await state(floor, user_id) is None


async def test_a_trip_that_waits_for_a_gate_does_not_hold_the_lock_that_the_gate_needs_next(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    await equity(floor, account, "9000")

    async def waiting() -> bool | None:
        count = await floor.sql.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return count > 0 or None

    async with floor.desk.system.system() as gate:
        own = {"user": account.user_id, "key": HALT_LOCK_KEY}
        await gate.execute(text("SELECT 1 FROM risk_state WHERE user_id = :user FOR UPDATE"), own)
        looking = asyncio.create_task(watch(floor).look())
        await until(waiting)
        passes = await gate.execute(text("SELECT pg_try_advisory_xact_lock_shared(:key)"), own)
        assert passes.scalar_one()
    await looking
    held = await state(floor, account.user_id)
    assert held is not None
    assert (held["state"], held["cause"]) == ("reduce_only", "daily_loss")


async def test_a_wallet_archived_as_the_last_of_its_venue_still_counts_what_it_lost(
    floor: TradingFloor,
) -> None:
    user_id = await floor.user()
    first, second = await floor.wallet(user_id), await floor.wallet(user_id)
    await equity(floor, first, "9800")
    await equity(floor, second, "9800")
    await floor.sql.execute("UPDATE risk_state SET peak_equity = 9800 WHERE wallet_id IS NULL")
    await floor.sql.execute(
        "UPDATE wallets SET venue = 'binanceusdm', status = 'archived' WHERE id = $1", second.wallet_id
    )
    await watch(floor).look()
    assert await state(floor, user_id) is None  # 400 lost of a day's 500, and no equity is missing
    await equity(floor, first, "9700")
    await watch(floor).look()
    held = await state(floor, user_id)
    assert held is not None
    assert held["cause"] == "daily_loss"


class SilentClocks(Clocks):
    """One venue says nothing until it is released; `asked` names whom the watch asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()
        self.released = asyncio.Event()

    async def recent_clock_offset(self, venue: str, no_older_than: timedelta) -> int:
        self.asked.add(venue)
        if venue == "binanceusdm":
            await self.released.wait()
        return 0


async def test_a_venue_that_says_nothing_delays_no_loss_and_no_other_venue(
    floor: TradingFloor, settings: Settings
) -> None:
    loser = await floor.wallet(await floor.user())
    other = await floor.wallet(await floor.user())
    await floor.sql.execute("UPDATE wallets SET venue = 'binanceusdm' WHERE id = $1", other.wallet_id)
    await equity(floor, loser, "9000")
    world = World(floor.sql, settings)
    owner = Person(loser.user_id, uuid4(), loser.wallet_id, {})
    entry = await world.trade(owner, status="ENTERING", quantity=0, entry_price=None, opened_at=None)
    await world.stop_order(owner, entry, 1, leg="entry", status="OPEN")
    clocks = SilentClocks()
    looking = asyncio.create_task(
        BreakerWatch(floor.desk.system, floor.desk.markets, clocks, utc_now, patience_seconds=600).look()
    )

    async def tripped_while_waiting() -> bool | None:
        held = await state(floor, loser.user_id)
        stopped = await floor.sql.fetchval("SELECT entry_stopped FROM trades WHERE id = $1", entry)
        return (held is not None and stopped and clocks.asked == {"paper", "binanceusdm"}) or None

    await until(tripped_while_waiting)
    assert not looking.done()
    clocks.released.set()
    assert await looking


async def test_a_venue_that_says_nothing_counts_as_one_that_does_not_answer(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await floor.sql.execute("UPDATE wallets SET venue = 'binanceusdm' WHERE id = $1", account.wallet_id)
    breakers = BreakerWatch(
        floor.desk.system, floor.desk.markets, SilentClocks(), utc_now, patience_seconds=0
    )
    for _ in range(BreakerTerms().max_failed_probes):
        await breakers.look()
    held = await floor.sql.fetchrow("SELECT scope_id, cause FROM breaker_states WHERE scope = 'venue'")
    assert held is not None
    assert tuple(held) == ("binanceusdm", "venue_errors")
