"""Which positions count as correlated: just below, exactly at and just above the limit, through the gate."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from app.core.config import Settings
from tests.services.trading.floor import BTC, SOL
from tests.services.trading.gate_racer import GateDesk
from tests.services.trading.gate_world import GateWorld


@pytest_asyncio.fixture
async def correlated_by_half(world: GateWorld, trading_settings: Settings) -> AsyncIterator[GateWorld]:
    """That user before a gate which has just read that the returns of BTC and SOL correlate by 0.5."""
    await world.sql.execute(
        "INSERT INTO symbol_correlations (venue, symbol, other, correlation, observations, as_of)"
        " VALUES ('paper', $1, $2, 0.5, 100, now())",
        *sorted((BTC, SOL)),
    )
    desk = GateDesk(trading_settings)
    yield GateWorld(world.sql, desk, world.user_id, world.wallet_id)
    await desk.close()
    await world.sql.execute("DELETE FROM symbol_correlations")


@pytest.mark.parametrize(
    ("max_correlation", "refused"),
    [("0.501", set()), ("0.5", set()), ("0.499", {"correlated_positions"})],
)
async def test_a_position_counts_above_max_correlation(
    correlated_by_half: GateWorld, max_correlation: str, refused: set[str]
) -> None:
    world = correlated_by_half
    await world.trade(SOL)
    await world.limit("user", "max_correlated_positions", 0)
    await world.limit("user", "max_correlation", Decimal(max_correlation))
    (decision,) = await world.ask(await world.signal())
    assert {breach.code.value for breach in decision.breaches} == refused
    assert decision.is_approved is not bool(refused)


@pytest.mark.parametrize(("hours", "refused"), [(71, set()), (73, {"correlated_positions"})])
async def test_a_correlation_of_more_than_three_days_ago_is_not_known_and_counts(
    correlated_by_half: GateWorld, hours: int, refused: set[str]
) -> None:
    world = correlated_by_half
    await world.sql.execute(
        "UPDATE symbol_correlations SET as_of = now() - make_interval(hours => $1)", hours
    )
    await world.trade(SOL)
    await world.limit("user", "max_correlated_positions", 0)
    await world.limit("user", "max_correlation", Decimal("0.9"))
    (decision,) = await world.ask(await world.signal())
    assert {breach.code.value for breach in decision.breaches} == refused


async def test_what_was_read_serves_for_a_minute(correlated_by_half: GateWorld) -> None:
    world = correlated_by_half
    await world.limit("user", "max_correlated_positions", 0)
    await world.limit("user", "max_correlation", Decimal("0.9"))
    (first,) = await world.ask(await world.signal())
    assert first.is_approved
    await world.sql.execute("UPDATE trades SET status = 'EXPIRED' WHERE status = 'INTENT'")
    await world.trade(SOL)
    await world.sql.execute("DELETE FROM symbol_correlations")
    (second,) = await world.ask(await world.signal())
    assert second.is_approved  # by the 0.5 that was read before
