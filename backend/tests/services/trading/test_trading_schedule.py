"""Trading schedules through the gate and in the keeper: entries refused outside of hours, positions left before them,
owners told when they open and close."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.domain.receipts import rerun
from app.domain.trading_hours import Span
from app.repositories.trading_schedules import SystemTradingScheduleRepository
from app.services.schedule_keeper import ScheduleKeeper, refresh_calendars
from app.services.trading.decision_lanes import TradeDecision
from tests.services.trading.gate_world import GateWorld
from tests.services.trading.still_market import MARKET_TIME

WEDNESDAY = 2
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def system(trading_settings: Settings) -> AsyncIterator[Database]:
    """The database as the platform's own processes open it."""
    held = Database(role_database_url(trading_settings, DatabaseRole.SYSTEM))
    yield held
    await held.close()


@pytest_asyncio.fixture(autouse=True)
async def no_schedules(world: GateWorld) -> None:
    """Nobody has a schedule, and no exchange was read."""
    await world.sql.execute("DELETE FROM trading_schedules")
    await world.sql.execute("TRUNCATE calendar_coverage, calendar_sessions")


async def schedule(
    world: GateWorld, opens: str, closes: str, *, wallet_id: UUID | None = None, **fields: object
) -> UUID:
    """Hours of the Wednesday on which the market stands still at noon, of the user, a `venue` or a wallet."""
    held = {"hours": json.dumps([{"days": [WEDNESDAY], "opens": opens, "closes": closes}]), **fields}
    names = ", ".join(held)
    places = ", ".join(f"${number}" for number in range(3, 3 + len(held)))
    row_id: UUID = await world.sql.fetchval(
        f"INSERT INTO trading_schedules (user_id, wallet_id, enabled, time_zone, {names})"  # noqa: S608
        f" VALUES ($1, $2, true, 'UTC', {places}) RETURNING id",
        *(world.user_id, wallet_id, *held.values()),
    )
    return row_id


def refusals(decision: TradeDecision) -> list[tuple[str, str | None]]:
    return [(one.code.value, one.scope and one.scope.value) for one in decision.breaches]


@pytest.mark.parametrize(
    ("opens", "closes", "refused"),
    [
        ("11:00:00", "13:00:00", False),
        ("12:00:00", "13:00:00", False),
        ("11:00:00", "12:00:00", True),
        ("12:01:00", "13:00:00", True),
    ],
)
@pytest.mark.parametrize("level", ["user", "wallet", "venue"])
async def test_entry_is_made_within_hours_only(
    world: GateWorld, level: str, opens: str, closes: str, refused: bool
) -> None:
    wallet_id, venue = (
        (world.wallet_id if level == "wallet" else None),
        ("paper" if level == "venue" else None),
    )
    await schedule(world, opens, closes, wallet_id=wallet_id, venue=venue)
    (decision,) = await world.ask(await world.signal())
    assert refusals(decision) == ([("outside_trading_hours", level)] if refused else [])


async def test_refusal_says_when_the_hours_open_and_its_receipt_decides_again(world: GateWorld) -> None:
    await schedule(world, "09:00:00", "11:30:00")
    (decision,) = await world.ask(await world.signal())
    assert decision.breaches[0].message == (
        "BTC/USDT:USDT refused: outside of the user's trading hours; they open at 2026-01-14 09:00 UTC."
    )
    receipt = await world.sql.fetchval(
        "SELECT receipt FROM risk_decisions WHERE id = $1", decision.decision_id
    )
    assert rerun(receipt).identical


async def test_schedule_that_is_switched_off_stops_nothing(world: GateWorld) -> None:
    row_id = await schedule(world, "09:00:00", "11:30:00")
    await world.sql.execute("UPDATE trading_schedules SET enabled = false WHERE id = $1", row_id)
    (decision,) = await world.ask(await world.signal())
    assert decision.is_approved


async def test_another_wallets_schedule_stops_nothing(world: GateWorld) -> None:
    other = await world.add_wallet(UUID(int=world.wallet_id.int ^ 1))
    await schedule(world, "09:00:00", "11:30:00", wallet_id=other)
    (decision,) = await world.ask(await world.signal())
    assert decision.is_approved


async def test_another_venues_schedule_stops_nothing(world: GateWorld) -> None:
    await schedule(world, "09:00:00", "11:30:00", venue="binanceusdm")
    (decision,) = await world.ask(await world.signal())
    assert decision.is_approved


async def test_every_schedule_that_is_closed_refuses_by_its_own_name(world: GateWorld) -> None:
    await schedule(world, "09:00:00", "11:30:00")
    await schedule(world, "09:00:00", "11:30:00", venue="paper")
    await schedule(world, "09:00:00", "11:30:00", wallet_id=world.wallet_id)
    (decision,) = await world.ask(await world.signal())
    assert refusals(decision) == [("outside_trading_hours", level) for level in ("venue", "user", "wallet")]


async def test_exchange_that_was_never_read_is_not_known_and_refuses(world: GateWorld) -> None:
    await schedule(world, "00:00:00", "00:00:00", calendar="XNYS")
    (decision,) = await world.ask(await world.signal())
    assert refusals(decision) == [("trading_hours_unknown", "user")]


def sessions_of(*spans: tuple[datetime, datetime]) -> list[Span]:
    return [
        Span(round(opens.timestamp() * 1000), round(closes.timestamp() * 1000)) for opens, closes in spans
    ]


@pytest.mark.parametrize(
    ("opens", "refused"),
    [(MARKET_TIME - HOUR, []), (MARKET_TIME + HOUR, [("outside_trading_hours", "user")])],
)
async def test_exchange_is_followed(
    world: GateWorld, system: Database, opens: datetime, refused: list[tuple[str, str]]
) -> None:
    known = (MARKET_TIME - timedelta(days=30), MARKET_TIME + timedelta(days=60))
    async with system.system() as session:
        await SystemTradingScheduleRepository(session).replace_sessions(
            "XNYS", sessions_of((opens, opens + 6 * HOUR)), known, utc_now()
        )
    await schedule(world, "00:00:00", "00:00:00", calendar="XNYS")
    (decision,) = await world.ask(await world.signal())
    assert refusals(decision) == refused


async def test_approved_trade_knows_when_it_is_left(world: GateWorld) -> None:
    await schedule(world, "09:00:00", "16:00:00", leave_before_close=True, leave_minutes=30)
    await schedule(world, "09:00:00", "15:00:00", wallet_id=world.wallet_id, leave_before_close=True)
    (decision,) = await world.ask(await world.signal())
    closes = await world.sql.fetchval("SELECT session_closes_at FROM trades WHERE id = $1", decision.trade_id)
    assert closes == datetime(2026, 1, 7, 14, 45, tzinfo=UTC)  # the earlier of the two


async def test_approved_trade_is_left_before_its_venues_hours_close(world: GateWorld) -> None:
    await schedule(world, "09:00:00", "16:00:00", leave_before_close=True)
    await schedule(world, "09:00:00", "15:00:00", venue="paper", leave_before_close=True)
    (decision,) = await world.ask(await world.signal())
    closes = await world.sql.fetchval("SELECT session_closes_at FROM trades WHERE id = $1", decision.trade_id)
    assert closes == datetime(2026, 1, 7, 14, 45, tzinfo=UTC)


@pytest.fixture
def keeper(system: Database) -> Callable[[datetime], ScheduleKeeper]:
    """A keeper that finds the paper exchange's market at a given time."""

    def at(moment: datetime) -> ScheduleKeeper:
        async def market_time(_venue: str) -> datetime | None:
            return moment

        return ScheduleKeeper(system, market_time)

    return at


Keeper = Callable[[datetime], ScheduleKeeper]


async def told(world: GateWorld) -> list[tuple[str, str]]:
    rows = await world.sql.fetch(
        "SELECT event, sentence FROM notifications WHERE user_id = $1 ORDER BY created_at, id", world.user_id
    )
    return [(row["event"], row["sentence"]) for row in rows]


async def test_owner_is_told_once_of_each_opening_and_closing(world: GateWorld, keeper: Keeper) -> None:
    await schedule(world, "11:00:00", "13:00:00")
    for hours in (-2, 0, 0, 2, 3):
        await keeper(MARKET_TIME + hours * HOUR).mind()
    assert await told(world) == [
        (
            "trading_hours_opened",
            "All wallets (paper): entries are allowed until 2026-01-07 13:00 UTC.",
        ),
        (
            "trading_hours_closed",
            "All wallets (paper): no new entries until 2026-01-14 11:00 UTC. Stops and exits go on.",
        ),
    ]


async def test_positions_get_and_lose_their_time_of_leaving(world: GateWorld, keeper: Keeper) -> None:
    trade_id = await world.trade()
    row_id = await schedule(world, "09:00:00", "16:00:00", leave_before_close=True, leave_minutes=0)

    async def closes() -> datetime | None:
        found: datetime | None = await world.sql.fetchval(
            "SELECT session_closes_at FROM trades WHERE id = $1", trade_id
        )
        return found

    heard: list[str] = []
    await world.sql.add_listener("trades", lambda _c, _p, _n, payload: heard.append(payload))
    await keeper(MARKET_TIME).mind()
    assert await closes() == MARKET_TIME + 4 * HOUR
    await keeper(MARKET_TIME).mind()
    await world.sql.fetchval("SELECT 1")
    assert heard == [str(trade_id)]  # the monitor hears of what is new, once
    await world.sql.execute("UPDATE trading_schedules SET enabled = false WHERE id = $1", row_id)
    await keeper(MARKET_TIME).mind()
    assert await closes() is None


@pytest.mark.parametrize(("venue", "left"), [("paper", MARKET_TIME + 4 * HOUR), ("binanceusdm", None)])
async def test_positions_follow_the_schedule_of_their_own_venue(
    world: GateWorld, keeper: Keeper, venue: str, left: datetime | None
) -> None:
    trade_id = await world.trade()
    await schedule(world, "09:00:00", "16:00:00", venue=venue, leave_before_close=True, leave_minutes=0)
    await keeper(MARKET_TIME).mind()
    assert await world.sql.fetchval("SELECT session_closes_at FROM trades WHERE id = $1", trade_id) == left


async def test_owner_is_told_at_which_venue_the_hours_opened(world: GateWorld, keeper: Keeper) -> None:
    await schedule(world, "11:00:00", "13:00:00", venue="paper")
    for hours in (-2, 0):
        await keeper(MARKET_TIME + hours * HOUR).mind()
    assert [sentence for _, sentence in await told(world)] == [
        "All wallets at paper (paper): entries are allowed until 2026-01-07 13:00 UTC."
    ]


async def test_market_whose_time_is_not_known_is_left_as_it_stands(
    world: GateWorld, system: Database
) -> None:
    trade_id = await world.trade()
    await world.sql.execute("UPDATE trades SET session_closes_at = $2 WHERE id = $1", trade_id, MARKET_TIME)
    await schedule(world, "09:00:00", "16:00:00", leave_before_close=True)

    async def nothing(_venue: str) -> datetime | None:
        return None

    await ScheduleKeeper(system, nothing).mind()
    assert (
        await world.sql.fetchval("SELECT session_closes_at FROM trades WHERE id = $1", trade_id)
        == MARKET_TIME
    )


async def test_calendars_are_read_once_a_day(world: GateWorld, system: Database) -> None:
    assert world
    asked: list[int] = []

    class Source:
        async def sessions(self, codes: Sequence[str], first: date, last: date) -> Mapping[str, list[Span]]:
            assert first < last
            asked.append(len(codes))
            return {code: sessions_of((MARKET_TIME, MARKET_TIME + HOUR)) for code in codes}

    now = utc_now()
    for at in (now, now + 23 * HOUR, now + 24 * HOUR):
        await refresh_calendars(system, Source(), at)
    assert asked == [10, 10]
