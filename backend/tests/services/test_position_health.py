"""What the health score of open positions is read from, against real rows."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec
import pytest

from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.domain.position_health import HealthBand
from app.domain.types import Instrument
from app.domain.venue import Quote, VenueUnavailableError
from app.services.position_health import HealthFall, PositionHealthKeeper
from tests.api.desk_world import NOON, World
from tests.services.trading.floor import BTC, ETH
from tests.services.trading.still_market import StillMarket


@dataclass
class Market(StillMarket):
    """Everything stands where it is put, one hour after noon; a tenth of a percent must be kept as margin."""

    mark: Decimal = Decimal(41_000)
    lost: bool = False

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        if self.lost:
            raise VenueUnavailableError(f"{venue} does not answer")
        return Quote(symbol, self.mark, self.mark, NOON + timedelta(hours=1), utc_now())

    async def instrument(self, venue: str, symbol: str, *, anew: bool = False) -> Instrument | None:
        known = await StillMarket.instrument(self, venue, symbol)
        return known and replace(known, maintenance_margin_fraction=Decimal("0.001"))


@pytest.fixture
def world(owner_connection: asyncpg.Connection, settings: Settings) -> World:
    return World(owner_connection, settings)


async def refreshed(system: Database, market: Market, trade_id: UUID) -> list[HealthFall]:
    falls = await PositionHealthKeeper(system, market, utc_now).refresh()
    return [fall for fall in falls if fall.case.id == trade_id]


async def kept(world: World, trade_id: UUID) -> dict[str, float | None]:
    text = await world.sql.fetchval("SELECT readings FROM position_health WHERE trade_id = $1", trade_id)
    return msgspec.json.decode(text, type=dict[str, float | None])


async def bars(world: World, symbol: str, newest: datetime, spread: int) -> None:
    """Fourteen hourly bars until then, each that wide around 1,000."""
    for place in range(14):
        await world.insert(
            "candles",
            venue="paper",
            symbol=symbol,
            timeframe="1h",
            open_time=newest - timedelta(hours=place),
            open=1000,
            high=1000 + spread,
            low=1000,
            close=1000,
            volume=1,
        )


async def test_nothing_is_made_up_for_a_position_without_history(
    world: World, system_database: Database
) -> None:
    trade_id = await world.trade(await world.person(), "NEW/USDT:USDT")
    await refreshed(system_database, Market(), trade_id)
    known = {name for name, value in (await kept(world, trade_id)).items() if value is not None}
    assert known == {"liquidation_price"}


async def test_usual_age_is_the_median_of_the_owners_closed_trades(
    world: World, system_database: Database
) -> None:
    alice, bob = await world.person(), await world.person()
    trade_id = await world.trade(alice)
    for minutes in (10, 20, 30, 40):
        await world.closed_trade(alice, NOON + timedelta(minutes=minutes))
    await world.closed_trade(bob, NOON + timedelta(minutes=50))
    await refreshed(system_database, Market(), trade_id)
    assert (await kept(world, trade_id))["usual_seconds"] is None
    await world.closed_trade(alice, NOON + timedelta(minutes=500))
    await refreshed(system_database, Market(), trade_id)
    assert (await kept(world, trade_id))["usual_seconds"] == 30 * 60


async def test_volatility_is_compared_with_the_bars_before_the_entry(
    world: World, system_database: Database
) -> None:
    trade_id = await world.trade(await world.person(), "VOL/USDT:USDT")
    await bars(world, "VOL/USDT:USDT", NOON - timedelta(hours=1), 10)
    await bars(world, "VOL/USDT:USDT", NOON + timedelta(hours=14), 25)
    await refreshed(system_database, Market(), trade_id)
    assert (await kept(world, trade_id))["volatility_ratio"] == 2.5


async def test_opposite_signal_leaves_nothing_of_its_confidence(
    world: World, system_database: Database
) -> None:
    trade_id = await world.trade(await world.person(), "SIG/USDT:USDT", side="short")
    await world.signal("SIG/USDT:USDT")
    await refreshed(system_database, Market(), trade_id)
    assert (await kept(world, trade_id))["signal_confidence"] == 0.0


async def test_positions_of_unknown_correlation_crowd_and_hedges_do_not(
    world: World, system_database: Database
) -> None:
    alice = await world.person()
    await world.insert("risk_settings", user_id=alice.user_id)
    trade_id = await world.trade(alice, BTC)
    await world.trade(alice, "UNKNOWN/USDT:USDT")
    await refreshed(system_database, Market(), trade_id)
    assert (await kept(world, trade_id))["correlated_share"] == 0.5
    await world.insert(
        "symbol_correlations",
        venue="paper",
        symbol=BTC,
        other=ETH,
        correlation=Decimal("0.9"),
        observations=60,
        as_of=utc_now(),
    )
    await world.trade(alice, ETH, side="short", initial_stop_price=41_000, stop_price=41_000)
    await refreshed(system_database, Market(), trade_id)
    assert (await kept(world, trade_id))["correlated_share"] == 0.5


async def test_fall_to_a_worse_band_is_told_once_and_again_after_it_recovered(
    world: World, system_database: Database
) -> None:
    trade_id = await world.trade(await world.person(), "FALL/USDT:USDT")
    assert await refreshed(system_database, Market(), trade_id) == []
    low = Market(mark=Decimal(39_010))
    falls = await refreshed(system_database, low, trade_id)
    assert [fall.band for fall in falls] == [HealthBand.WEAK]
    assert falls[0].reasons[0] == "0.01 R away from its stop"
    assert await refreshed(system_database, low, trade_id) == []
    told = await world.sql.fetch("SELECT sentence FROM notifications WHERE subject = $1", str(trade_id))
    assert len(told) == 1
    assert "Main: the health of long FALL/USDT:USDT fell to 34 of 100." in told[0]["sentence"]
    assert await refreshed(system_database, Market(), trade_id) == []
    assert len(await refreshed(system_database, low, trade_id)) == 1


async def test_venue_without_answer_tells_nothing_worse(world: World, system_database: Database) -> None:
    trade_id = await world.trade(await world.person())
    assert await refreshed(system_database, Market(lost=True), trade_id) == []
    assert (await kept(world, trade_id))["liquidation_price"] is None
