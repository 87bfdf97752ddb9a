"""Entries before a funding that they would pay, from a stored schedule to the stored answer."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
import pytest_asyncio

from app.core.config import Settings
from app.domain.funding import NextFunding
from app.domain.receipts import rerun
from tests.services.trading.gate_racer import GateDesk
from tests.services.trading.gate_world import GateWorld
from tests.services.trading.still_market import MARKET_TIME

MINUTES = 30
AT_EDGE = timedelta(minutes=MINUTES)
MOMENT = timedelta(milliseconds=1)


@pytest_asyncio.fixture
async def desk(trading_settings: Settings) -> AsyncIterator[GateDesk]:
    """A gate that has read no funding yet."""
    held = GateDesk(trading_settings)
    yield held
    await held.close()


@pytest_asyncio.fixture(autouse=True)
async def no_schedules(world: GateWorld) -> None:
    """Nobody has a schedule."""
    await world.sql.execute("DELETE FROM trading_schedules")


async def skip(world: GateWorld, level: str = "user", *, enabled: bool = True) -> None:
    wallet_id = world.wallet_id if level == "wallet" else None
    await world.sql.execute(
        "INSERT INTO trading_schedules (user_id, wallet_id, venue, enabled, time_zone, skip_funding_minutes)"
        " VALUES ($1, $2, $3, $4, 'UTC', $5)",
        *(world.user_id, wallet_id, "paper" if level == "venue" else None, enabled, MINUTES),
    )


def funding(rate: str, ahead: timedelta) -> NextFunding:
    return NextFunding(Decimal(rate), round((MARKET_TIME + ahead).timestamp() * 1000))


async def refusals(world: GateWorld) -> list[tuple[str, str | None]]:
    (decision,) = await world.ask(await world.signal())
    return [(one.code.value, one.scope and one.scope.value) for one in decision.breaches]


@pytest.mark.parametrize(
    ("ahead", "refused"), [(AT_EDGE - MOMENT, True), (AT_EDGE, True), (AT_EDGE + MOMENT, False)]
)
@pytest.mark.parametrize("level", ["user", "wallet", "venue"])
async def test_no_entry_is_made_so_long_before_a_funding_that_it_would_pay(
    world: GateWorld, level: str, ahead: timedelta, refused: bool
) -> None:
    await skip(world, level)
    world.desk.market.funding = funding("0.0001", ahead)
    assert await refusals(world) == ([("funding_too_near", level)] if refused else [])


@pytest.mark.parametrize("level", ["user", "wallet"])
async def test_one_of_several_schedules_that_asks_for_it_is_enough(world: GateWorld, level: str) -> None:
    await skip(world, level)
    await world.sql.execute(
        "INSERT INTO trading_schedules (user_id, wallet_id, enabled, time_zone) VALUES ($1, $2, true, 'UTC')",
        *(world.user_id, world.wallet_id if level == "user" else None),
    )
    world.desk.market.funding = funding("0.0001", MOMENT)
    assert await refusals(world) == [("funding_too_near", level)]


async def test_an_entry_that_would_be_paid_is_made(world: GateWorld) -> None:
    await skip(world)
    world.desk.market.funding = funding("-0.0001", MOMENT)
    assert await refusals(world) == []


@pytest.mark.parametrize("told", [None, funding("0.0001", timedelta()), funding("-0.0001", -MOMENT)])
async def test_a_funding_that_is_not_known_refuses(world: GateWorld, told: NextFunding | None) -> None:
    await skip(world)
    world.desk.market.funding = told
    assert await refusals(world) == [("funding_unknown", "user")]


@pytest.mark.parametrize("stored", [False, True])
async def test_nobody_who_did_not_ask_is_refused(world: GateWorld, stored: bool) -> None:
    if stored:
        await skip(world, enabled=False)
    world.desk.market.funding = funding("0.0001", MOMENT)
    assert await refusals(world) == []


async def test_a_funding_that_is_ahead_is_not_read_for_every_decision(world: GateWorld) -> None:
    await skip(world)
    world.desk.market.funding = funding("0.0001", MOMENT)
    for _ in range(2):
        assert await refusals(world) == [("funding_too_near", "user")]
    assert world.desk.market.fundings_read == 1


async def test_refusal_says_when_the_funding_is_and_its_receipt_decides_again(world: GateWorld) -> None:
    await skip(world)
    world.desk.market.funding = funding("0.0001", timedelta(minutes=12, seconds=30))
    (decision,) = await world.ask(await world.signal())
    assert decision.breaches[0].message == (
        "BTC/USDT:USDT refused: it would pay the funding in 12.5 minutes, the user's entries end 30 minutes before."
    )
    receipt = await world.sql.fetchval(
        "SELECT receipt FROM risk_decisions WHERE id = $1", decision.decision_id
    )
    assert rerun(receipt).identical
