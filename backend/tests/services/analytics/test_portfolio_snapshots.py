"""Snapshots in a real database: taken of fresh accounts, rebuilt from the books where missed, dropped in months."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.domain.snapshots import Resolution
from app.domain.timeframes import Timeframe
from app.domain.types import Candle
from app.repositories.portfolio_snapshots import EquityColumns, SystemSnapshotRepository
from app.services.analytics.portfolio_snapshots import SnapshotKeeper
from app.services.analytics.series import line_of_snapshots
from tests.api.desk_world import Person, World
from tests.services.trading.still_market import StillMarket

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BTC = "BTC/USDT:USDT"
HOUR_MS = Timeframe.H1.milliseconds


class RisingMarket(StillMarket):
    """BTC's hourly bars close at 40,000 at noon and 100 higher with every hour after."""

    async def closed_candles(
        self, _venue: str, symbol: str, timeframe: str, *, limit: int, now_market_ms: int
    ) -> list[Candle]:
        frame = Timeframe(timeframe).milliseconds
        last = now_market_ms // frame
        noon = NOON.timestamp() * 1000
        closes = [
            (step * frame, 40_000 + 100 * ((step + 1) * frame - noon) / HOUR_MS)
            for step in range(last - limit, last)
        ]
        return [Candle(at, close, close, close, close, 1.0) for at, close in closes]


@pytest_asyncio.fixture
async def world(owner_connection: asyncpg.Connection, settings: Settings) -> World:
    """Writes rows behind row-level security; nobody else's figures are fresh, no snapshot is there."""
    await owner_connection.execute("UPDATE risk_state SET balance_as_of = NULL, market_as_of = NULL")
    await owner_connection.execute("TRUNCATE portfolio_snapshots")
    return World(owner_connection, settings)


async def account(
    world: World, person: Person, wallet_id: UUID | None, equity: int, at: datetime = NOON
) -> None:
    """The risk state of a wallet, or of the user."""
    await world.insert(
        "risk_state",
        user_id=person.user_id,
        environment="paper",
        wallet_id=wallet_id,
        balance=1_000,
        equity=equity,
        peak_equity=1_250,
        balance_as_of=utc_now(),
        market_as_of=None if wallet_id is None else at,
    )


async def posting(
    world: World, person: Person, kind: str, amount: str, at: datetime, **values: object
) -> None:
    await world.insert(
        "ledger_events",
        user_id=person.user_id,
        wallet_id=person.wallet_id,
        kind=kind,
        amount=Decimal(amount),
        venue_reference=uuid4().hex,
        occurred_at=at,
        **values,
    )


async def fill(world: World, person: Person, trade_id: UUID, side: str, price: int, at: datetime) -> None:
    await world.insert(
        "fills",
        user_id=person.user_id,
        wallet_id=person.wallet_id,
        trade_id=trade_id,
        symbol=BTC,
        venue_trade_id=str(uuid4().int % 10**12),
        exchange_order_id="1",
        side=side,
        quantity=Decimal("0.5"),
        price=price,
        fee=1,
        fee_currency="USDT",
        venue_realized_pnl=0,
        is_maker=False,
        executed_at=at,
    )


def keeper(database: Database, now: Callable[[], datetime] = utc_now) -> SnapshotKeeper:
    return SnapshotKeeper(database, RisingMarket(), now)


async def test_every_slot_that_has_begun_is_taken_once(world: World, system_database: Database) -> None:
    person = await world.person()
    at = NOON + timedelta(minutes=37)
    await account(world, person, person.wallet_id, 1_200, at)
    await account(world, person, None, 1_200)
    assert await keeper(system_database).take() == 6
    assert await keeper(system_database).take() == 0
    rows = await world.sql.fetch(
        "SELECT resolution, at, wallet_id, equity, unrealized, peak, drawdown, observed_at, source"
        " FROM portfolio_snapshots WHERE user_id = $1 ORDER BY at, wallet_id NULLS LAST",
        person.user_id,
    )
    assert [(row["resolution"], row["at"], row["wallet_id"]) for row in rows] == [
        (name, slot, wallet)
        for name, slot in (
            ("day", NOON - 12 * HOUR),
            ("hour", NOON),
            ("fine", NOON + timedelta(minutes=35)),
        )
        for wallet in (person.wallet_id, None)
    ]
    for row in rows:
        assert (row["equity"], row["unrealized"], row["peak"]) == (1_200, 200, 1_250)
        assert row["drawdown"] == Decimal("0.04")
        assert (row["observed_at"], row["source"]) == (at, "observed")


async def test_an_account_that_was_not_read_lately_is_not_guessed(
    world: World, system_database: Database
) -> None:
    """Nor is the sum over a user's wallets, where one of them is not known."""
    person = await world.person()
    await account(world, person, person.wallet_id, 1_200)
    await account(world, person, None, 1_200)
    await world.sql.execute(
        "UPDATE risk_state SET balance_as_of = now() - interval '3 minutes' WHERE wallet_id = $1",
        person.wallet_id,
    )
    assert await keeper(system_database).take() == 0


async def test_missed_snapshots_are_rebuilt_from_fills_and_bars(
    world: World, system_database: Database
) -> None:
    """Half a bitcoin bought at 40,000 an hour after the first snapshot and sold two hours later."""
    person = await world.person()
    await posting(world, person, "deposit", "1000", NOON)
    await account(world, person, person.wallet_id, 1_000)
    await account(world, person, None, 1_000)
    await keeper(system_database).take()
    bought, sold = NOON + timedelta(minutes=50), NOON + timedelta(hours=2, minutes=50)
    trade = await world.closed_trade(person, sold, opened_at=bought)
    await fill(world, person, trade, "buy", 40_000, bought)
    await fill(world, person, trade, "sell", 40_280, sold)
    await posting(world, person, "commission", "-1", bought, trade_id=trade)
    await posting(world, person, "realized_pnl", "140", sold, trade_id=trade)
    await posting(world, person, "commission", "-1", sold, trade_id=trade)
    await world.sql.execute(
        "UPDATE risk_state SET market_as_of = $2 WHERE wallet_id = $1", person.wallet_id, NOON + 4 * HOUR
    )
    assert await keeper(system_database).rebuild_missed() > 0
    rows = await world.sql.fetch(
        "SELECT at, equity, unrealized, exposure, margin, source, wallet_id FROM portfolio_snapshots"
        " WHERE user_id = $1 AND resolution = 'hour' ORDER BY wallet_id NULLS LAST, at",
        person.user_id,
    )
    own = [row for row in rows if row["wallet_id"] is not None]
    assert [row["at"] for row in own] == [NOON + step * HOUR for step in range(5)]
    assert [row["equity"] for row in own] == [1_000, 1_049, 1_099, 1_138, 1_138]
    assert [row["unrealized"] for row in own] == [0, 50, 100, 0, 0]
    assert (own[1]["exposure"], own[1]["margin"]) == (20_050, 2_005)
    assert [row["source"] for row in own] == ["observed", *["rebuilt"] * 4]
    assert [row["equity"] for row in rows if row["wallet_id"] is None] == [row["equity"] for row in own]
    assert await keeper(system_database).rebuild_missed() == 0


async def test_a_missed_snapshot_of_a_live_wallet_holds_what_it_had_before_it_was_added(
    world: World, system_database: Database
) -> None:
    """Nothing was posted of the 1,000 that stood at the venue; 30 of funding and 200 more came since."""
    person = await world.person()
    await world.sql.execute("UPDATE wallets SET environment = 'live' WHERE id = $1", person.wallet_id)
    await posting(world, person, "funding", "7", NOON - 3 * HOUR)
    for wallet_id in (person.wallet_id, None):
        await account(world, person, wallet_id, 1_000)
    await world.sql.execute("UPDATE risk_state SET environment = 'live' WHERE user_id = $1", person.user_id)
    await keeper(system_database).take()
    await posting(world, person, "funding", "30", NOON + HOUR)
    await posting(world, person, "deposit", "200", NOON + 2 * HOUR + timedelta(minutes=1))
    await world.sql.execute(
        "UPDATE risk_state SET market_as_of = $2 WHERE wallet_id = $1", person.wallet_id, NOON + 4 * HOUR
    )
    assert await keeper(system_database).rebuild_missed() > 0
    rows = await world.sql.fetch(
        "SELECT equity FROM portfolio_snapshots WHERE scope_id = $1 AND resolution = 'hour' ORDER BY at",
        person.wallet_id,
    )
    assert [row["equity"] for row in rows] == [1_000, 1_030, 1_030, 1_230, 1_230]


async def test_an_archived_wallet_takes_its_part_of_a_rebuilt_peak_along(
    world: World, system_database: Database
) -> None:
    """1,000 of 1,250 stood in two wallets; the one of 600 is archived: 400 of 500 are left, a fifth down as before."""
    person = await world.person()
    second = await second_wallet(world, person)
    await posting(world, person, "deposit", "400", NOON)
    for wallet_id, equity in ((person.wallet_id, 400), (second, 600), (None, 1_000)):
        await account(world, person, wallet_id, equity)
    await keeper(system_database).take()
    await world.sql.execute("UPDATE wallets SET status = 'archived' WHERE id = $1", second)
    await world.sql.execute(
        "UPDATE risk_state SET market_as_of = $2 WHERE wallet_id = $1", person.wallet_id, NOON + 2 * HOUR
    )
    assert await keeper(system_database).rebuild_missed() > 0
    rows = await world.sql.fetch(
        "SELECT equity, peak, drawdown FROM portfolio_snapshots"
        " WHERE scope_id = $1 AND resolution = 'hour' ORDER BY at",
        person.user_id,
    )
    assert [tuple(row) for row in rows] == [
        (1_000, 1_250, Decimal("0.2")),
        (400, 500, Decimal("0.2")),
        (400, 500, Decimal("0.2")),
    ]


@pytest.mark.parametrize(
    ("environment", "kind", "at", "first"),
    [
        ("paper", "deposit", NOON - 2 * HOUR, NOON - 2 * HOUR),
        ("paper", "deposit", NOON - 2 * HOUR + timedelta(microseconds=1), NOON - HOUR),
        ("paper", "realized_pnl", NOON - 2 * HOUR, NOON),  # its books do not begin with this
        ("live", "deposit", NOON - 2 * HOUR, NOON),  # it held something before it was added
    ],
)
async def test_a_paper_wallets_snapshots_begin_with_its_first_deposit(
    environment: str, kind: str, at: datetime, first: datetime, world: World, system_database: Database
) -> None:
    person = await world.person()
    await world.sql.execute(
        "UPDATE wallets SET environment = $2 WHERE id = $1", person.wallet_id, environment
    )
    await posting(world, person, kind, "1000", at)
    await account(world, person, person.wallet_id, 1_000)
    await account(world, person, None, 1_000)
    await world.sql.execute(
        "UPDATE risk_state SET environment = $2 WHERE user_id = $1", person.user_id, environment
    )
    await keeper(system_database).take()
    await keeper(system_database).rebuild_missed()
    rows = await world.sql.fetch(
        "SELECT min(at) AS first, count(*) FROM portfolio_snapshots WHERE user_id = $1 AND resolution = 'hour'"
        " GROUP BY scope_id",
        person.user_id,
    )
    slots = (NOON - first) // HOUR + 1
    found = [(row["first"], row["count"]) for row in rows]
    assert found == [(first, slots)] * 2  # the wallet's and the user's


async def test_old_months_go_whole_and_days_stay(world: World, system_database: Database) -> None:
    person = await world.person()
    await account(world, person, person.wallet_id, 1_000, NOON)
    await keeper(system_database).take()

    async def left() -> set[str]:
        rows = await world.sql.fetch("SELECT DISTINCT resolution FROM portfolio_snapshots")
        return {row["resolution"] for row in rows}

    await keeper(system_database, lambda: datetime(2025, 11, 29, tzinfo=UTC)).keep_house()
    assert await left() == {"fine", "hour", "day"}  # thirty days before are in October
    await keeper(system_database, lambda: datetime(2025, 12, 2, tzinfo=UTC)).keep_house()
    assert await left() == {"hour", "day"}
    await keeper(system_database, lambda: datetime(2026, 12, 2, tzinfo=UTC)).keep_house()
    assert await left() == {"day"}


async def test_months_can_be_made_twice(system_database: Database) -> None:
    for _ in range(2):
        async with system_database.system() as session:
            await SystemSnapshotRepository(session).ensure_partitions(date(2024, 1, 31), date(2024, 3, 1))
            await SystemSnapshotRepository(session).drop_partitions(Resolution.FINE, date(2024, 1, 1))


async def test_a_wallet_that_lags_is_waited_for(world: World, system_database: Database) -> None:
    """The user's sum of a slot that only one of two wallets has reached is not written: it would be a fall."""
    person = await world.person()
    other = await second_wallet(world, person)
    for wallet in (person.wallet_id, other):
        await posting(world, replace(person, wallet_id=wallet), "deposit", "1000", NOON)
        await account(world, person, wallet, 1_000)
    await account(world, person, None, 2_000)
    await keeper(system_database).take()
    await world.sql.execute(
        "UPDATE risk_state SET market_as_of = $2 WHERE wallet_id = $1", person.wallet_id, NOON + 2 * HOUR
    )
    await keeper(system_database).rebuild_missed()
    assert await sums(world, person) == [(NOON, 2_000)]
    await world.sql.execute(
        "UPDATE risk_state SET market_as_of = $2 WHERE wallet_id = $1", other, NOON + 2 * HOUR
    )
    await keeper(system_database).rebuild_missed()
    assert await sums(world, person) == [(NOON + step * HOUR, 2_000) for step in range(3)]


async def test_a_sum_of_wallets_is_as_late_as_its_last_look(world: World, system_database: Database) -> None:
    """A wallet funded at 12:40 and looked at at 12:50 stands in the slot of noon. Were the sum said to be of noon,
    the deposit would flow in after it, a second time, and the account would seem to have lost all it held."""
    person = await world.person()
    other = await second_wallet(world, person)
    funded, looked, later = NOON + HOUR * 2 / 3, NOON + HOUR * 5 / 6, NOON + HOUR * 17 / 6
    await posting(world, person, "deposit", "1000", funded)
    await account(world, person, person.wallet_id, 1_000, looked)
    await account(world, person, None, 1_000)
    await keeper(system_database).take()
    await posting(world, replace(person, wallet_id=other), "deposit", "1000", later)
    await account(world, person, other, 1_000, later)
    await world.sql.execute(
        "UPDATE risk_state SET market_as_of = $2 WHERE wallet_id = $1", person.wallet_id, later
    )
    await keeper(system_database).take()
    await keeper(system_database).rebuild_missed()
    rows = await world.sql.fetch(
        "SELECT at, equity, observed_at FROM portfolio_snapshots WHERE scope_id = $1 AND resolution = 'hour'"
        " ORDER BY at",
        person.user_id,
    )
    assert [(row["at"], int(row["equity"]), row["observed_at"]) for row in rows] == [
        (NOON, 1_000, looked),
        (NOON + HOUR, 1_000, NOON + HOUR),
        (NOON + 2 * HOUR, 2_000, later),
    ]
    columns = EquityColumns(
        [milliseconds(row["at"]) for row in rows],
        [float(row["equity"]) for row in rows],
        [0.0] * len(rows),
        [milliseconds(row["observed_at"]) for row in rows],
    )
    line = line_of_snapshots(columns, [(looked, Decimal(1_000)), (later, Decimal(1_000))], Resolution.HOUR)
    assert line.returns.tolist() == [0, 0]


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


async def second_wallet(world: World, person: Person) -> UUID:
    wallet = uuid4()
    await world.sql.execute(
        "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint) VALUES ($1, $2, 'Second', 'paper', $3)",
        wallet,
        person.user_id,
        wallet.hex,
    )
    return wallet


async def sums(world: World, person: Person) -> list[tuple[datetime, int]]:
    """The user's own hourly snapshots."""
    rows = await world.sql.fetch(
        "SELECT at, equity FROM portfolio_snapshots WHERE scope_id = $1 AND resolution = 'hour' ORDER BY at",
        person.user_id,
    )
    return [(row["at"], int(row["equity"])) for row in rows]


async def test_clocks_far_from_the_others_stop_nobodys_snapshots(
    world: World, system_database: Database
) -> None:
    """Two venues may replay years apart; of more months than are made at once, the loneliest wait."""
    near, far = await world.person(), await world.person()
    await account(world, near, near.wallet_id, 1_200)
    await account(world, far, far.wallet_id, 1_200, NOON.replace(year=2015))
    assert await keeper(system_database).take() == 6
    for month in range(24):
        person = await world.person()
        at = NOON.replace(year=2018 + month // 12, month=month % 12 + 1)
        await account(world, person, person.wallet_id, 1_200, at)
    await world.sql.execute("TRUNCATE portfolio_snapshots")
    assert await keeper(system_database).take() == 3 * 24
    assert (
        await world.sql.fetchval("SELECT count(*) FROM portfolio_snapshots WHERE user_id = $1", far.user_id)
        == 0
    )
