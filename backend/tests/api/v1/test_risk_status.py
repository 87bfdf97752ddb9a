"""The use of limits over HTTP."""

import asyncio
from uuid import UUID, uuid4

import httpx
from redis.asyncio import Redis

from app.core.clock import utc_now
from app.domain.price_batch import PriceTick, encode_prices
from app.schemas.risk_status import EnvironmentRisk, LimitUse, RiskStatus
from tests.api.desk_world import NOON, Person, World

SYMBOL = "RISK/USDT:USDT"


async def environment(http: httpx.AsyncClient, person: Person) -> EnvironmentRisk:
    answer = await http.get("/risk/status", headers=person.headers)
    held = RiskStatus.model_validate_json(answer.content).environments
    assert len(held) == 1
    return held[0]


def limit(held: EnvironmentRisk, name: str) -> LimitUse:
    return next(use for use in held.limits if use.name == name)


async def fund(world: World, person: Person, balance: int, day_start_equity: int) -> None:
    for wallet_id in (None, person.wallet_id):
        await world.insert(
            "risk_state",
            user_id=person.user_id,
            environment="paper",
            wallet_id=wallet_id,
            balance=None if wallet_id is None else balance,
            equity=None if wallet_id is None else balance,
            free_margin=None if wallet_id is None else balance,
            balance_as_of=utc_now(),
            day_start=utc_now().replace(hour=0, minute=0, second=0, microsecond=0),
            day_start_equity=day_start_equity,
        )


async def second_wallet(world: World, person: Person) -> UUID:
    wallet_id = uuid4()
    await world.insert(
        "wallets",
        id=wallet_id,
        user_id=person.user_id,
        name="Second",
        venue="paper",
        environment="paper",
        account_fingerprint=str(wallet_id),
        shard=0,
    )
    return wallet_id


async def test_risk_status_anonymous_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/risk/status")).status_code == 401


async def test_risk_status_tells_the_clock_of_its_markets(
    http: httpx.AsyncClient, alice: Person, redis_client: Redis
) -> None:
    noon_ms = round(NOON.timestamp() * 1000)
    batch = encode_prices([PriceTick(SYMBOL, 1.0, 1.0, noon_ms)])
    async with asyncio.timeout(60):
        while (await environment(http, alice)).market_time != NOON:
            await redis_client.xadd("prices:paper", {"b": batch, "t": round(utc_now().timestamp() * 1000)})
            await asyncio.sleep(0.05)


async def test_risk_status_without_balance_knows_no_equity(http: httpx.AsyncClient, alice: Person) -> None:
    held = await environment(http, alice)
    assert (held.equity, held.exposure_heat_percent, held.day_pnl) == (None, None, None)
    assert limit(held, "max_daily_loss_usd").used is None


async def test_risk_status_of_another_tenant_is_not_counted(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await fund(world, bob, 9_000, 10_000)
    await world.trade(bob)
    held = await environment(http, alice)
    assert (held.equity, held.open_positions) == (None, 0)


async def test_risk_status_shows_the_use_of_each_limit(
    http: httpx.AsyncClient, world: World, alice: Person, redis_client: Redis
) -> None:
    await fund(world, alice, 9_800, 10_000)
    held = await environment(http, alice)
    assert held.equity == "9800"
    assert held.day_pnl == "-200"
    usd, percent = limit(held, "max_daily_loss_usd"), limit(held, "max_daily_loss_percent")
    assert (usd.used, usd.limit, usd.tripped) == ("200", "500", False)
    assert (percent.used, percent.limit) == ("2", "5")
    assert usd.resets_at is not None
    positions = limit(held, "max_open_positions")
    assert (positions.used, positions.limit, positions.tripped) == ("0", "5", False)


async def test_risk_status_shows_a_loss_at_the_limit_as_tripped(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await fund(world, alice, 9_500, 10_000)
    held = await environment(http, alice)
    assert limit(held, "max_daily_loss_percent").tripped


async def test_risk_status_just_inside_the_limit_is_not_tripped(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await fund(world, alice, 9_501, 10_000)
    assert not limit(await environment(http, alice), "max_daily_loss_percent").tripped


async def test_risk_status_resets_at_the_users_midnight(http: httpx.AsyncClient, world: World) -> None:
    tokyo = await world.person(zone="Asia/Tokyo")
    resets_at = limit(await environment(http, tokyo), "max_daily_loss_usd").resets_at
    assert resets_at is not None
    assert (resets_at.hour, resets_at.minute) == (15, 0)


async def test_risk_status_counts_a_pending_entry(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await fund(world, alice, 100_000, 100_000)
    await world.trade(alice, SYMBOL, status="ENTERING", quantity=0, entry_price=None, opened_at=None)
    held = await environment(http, alice)
    assert held.exposure_heat_percent == "20"
    assert held.open_risk_percent == "0.5"
    assert limit(held, "max_open_positions").used == "1"


async def test_risk_status_shows_the_fullest_of_limits_that_depend_on_an_order(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await fund(world, alice, 100_000, 100_000)
    await world.insert(
        "risk_settings", user_id=alice.user_id, max_positions_per_symbol=1, cooldown_minutes_after_exit=30
    )
    await world.trade(alice, SYMBOL, status="ENTERING", quantity=0, entry_price=None, opened_at=None)
    held = await environment(http, alice)
    symbol, asset = limit(held, "max_positions_per_symbol"), limit(held, "max_single_asset_exposure_percent")
    assert (symbol.used, symbol.limit, symbol.tripped) == ("1", "1", True)
    assert (asset.used, asset.limit) == ("20", "20")
    assert symbol.note == "Counted in the order's symbol; the fullest is shown."
    rest = limit(held, "cooldown_minutes_after_exit")
    assert (rest.used, rest.limit, rest.unit) == (None, "30", "minutes")
    assert rest.note == "Depends on the order's symbol: no use without an order."
    assert limit(held, "max_daily_loss_usd").note is None


async def test_risk_status_writes_nothing(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    await fund(world, alice, 9_000, 10_000)
    await world.sql.execute("UPDATE risk_state SET day_start = $1 WHERE user_id = $2", NOON, alice.user_id)
    await environment(http, alice)
    rows = await world.sql.fetch(
        "SELECT day_start, day_tripped_at FROM risk_state WHERE user_id = $1", alice.user_id
    )
    assert {(row["day_start"], row["day_tripped_at"]) for row in rows} == {(NOON, None)}


async def test_an_archived_wallets_equity_leaves_the_peak_with_it_and_its_loss_stays(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await fund(world, alice, 9_800, 10_000)
    other = await second_wallet(world, alice)
    today = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    await world.insert(
        "risk_state",
        user_id=alice.user_id,
        environment="paper",
        wallet_id=other,
        balance=30_000,
        equity=30_000,
        free_margin=30_000,
        balance_as_of=utc_now(),
        day_start=today,
        day_start_equity=30_100,
    )
    await world.sql.execute(
        "UPDATE risk_state SET balance = 39800, equity = 39800, peak_equity = 39800 WHERE wallet_id IS NULL"
        " AND user_id = $1",
        alice.user_id,
    )
    assert (await environment(http, alice)).equity == "39800"
    assert (await http.post(f"/wallets/{other}/archive", headers=alice.headers)).status_code == 200
    user = await world.sql.fetchrow(
        "SELECT equity, peak_equity FROM risk_state WHERE wallet_id IS NULL AND user_id = $1", alice.user_id
    )
    assert user is not None
    assert tuple(map(int, user)) == (9_800, 9_800)
    held = await environment(http, alice)
    assert (held.equity, held.day_pnl) == ("9800", "-300")
    assert limit(held, "max_drawdown_percent").used == "0"
    # A day that neither wallet has begun yet, whatever the market's clock says.
    await world.sql.execute(
        "UPDATE risk_state SET day_start = day_start - interval '10 years' WHERE user_id = $1", alice.user_id
    )
    held = await environment(http, alice)
    assert (held.equity, held.day_pnl) == ("9800", "0")
    assert limit(held, "max_drawdown_percent").used == "0"
