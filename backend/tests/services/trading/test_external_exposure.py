"""Positions that are not ours count one by one: in the counts, in their asset, in their symbol, as correlated."""

from decimal import Decimal

import pytest

from tests.services.trading.floor import BTC, ETH, SOL
from tests.services.trading.gate_world import GateWorld

XRP, BTC_IN_USDC = "XRP/USDT:USDT", "BTC/USDC:USDC"


async def hold(world: GateWorld, quantities: dict[str, str], worth: int | None = None) -> None:
    """Positions of somebody else, by symbol; every coin costs 1,000. `worth` is what the venue showed for all."""
    total = Decimal(0)
    for symbol, quantity in quantities.items():
        total += abs(Decimal(quantity)) * 1_000
        await world.sql.execute(
            "INSERT INTO external_positions (wallet_id, symbol, user_id, quantity) VALUES ($1, $2, $3, $4)",
            *(world.wallet_id, symbol, world.user_id, Decimal(quantity)),
        )
    await world.sql.execute(
        "UPDATE risk_state SET external_notional = $2 WHERE wallet_id = $1",
        *(world.wallet_id, total if worth is None else Decimal(worth)),
    )


async def refusals(world: GateWorld, symbol: str = BTC) -> set[str]:
    """What a long of one coin, 1,000 of notional, is refused for."""
    (decision,) = await world.ask(await world.signal(symbol))
    return {breach.code.value for breach in decision.breaches}


@pytest.mark.parametrize(("most", "refused"), [(4, set()), (3, {"max_open_positions"})])
async def test_each_of_them_is_a_position(world: GateWorld, most: int, refused: set[str]) -> None:
    await world.limit("user", "max_open_positions", most)
    await hold(world, {ETH: "0.1", SOL: "-0.1", XRP: "0.1"})
    assert await refusals(world) == refused


@pytest.mark.parametrize(
    ("held", "refused"),
    [
        ({BTC: "1"}, set()),
        ({BTC: "1.001"}, {"single_asset_exposure"}),
        ({BTC_IN_USDC: "-1.001"}, {"single_asset_exposure"}),
        ({ETH: "5"}, set()),
        ({BTC: "1", ETH: "5"}, set()),
    ],
)
async def test_what_they_hold_of_an_asset_is_exposure_to_it(
    world: GateWorld, held: dict[str, str], refused: set[str]
) -> None:
    """A fifth of 10,000 may be in one asset: with the order's 1,000 there is room for 1,000."""
    await world.limit("user", "max_single_asset_exposure_percent", Decimal(20))
    await hold(world, held)
    assert await refusals(world) == refused


@pytest.mark.parametrize(("worth", "refused"), [(1_000, set()), (1_001, {"single_asset_exposure"})])
async def test_without_a_price_they_are_worth_what_the_venue_showed_for_all(
    world: GateWorld, worth: int, refused: set[str]
) -> None:
    world.desk.market.prices[BTC_IN_USDC] = None
    await world.limit("user", "max_single_asset_exposure_percent", Decimal(20))
    await hold(world, {BTC_IN_USDC: "1", ETH: "0.1"}, worth)
    assert await refusals(world) == refused


async def test_one_in_the_orders_symbol_is_a_position_there(world: GateWorld) -> None:
    await world.limit("user", "max_positions_per_symbol", 1)
    await hold(world, {BTC: "0.1"})
    assert await refusals(world) == {"max_positions_per_symbol"}
    assert await refusals(world, ETH) == set()


@pytest.mark.parametrize(("percent", "refused"), [(20, set()), (19, {"portfolio_heat"})])
async def test_one_in_a_symbol_is_used_of_that_symbols_own_limit(
    world: GateWorld, percent: int, refused: set[str]
) -> None:
    await world.limit("symbol", "max_portfolio_heat", Decimal(percent))
    await hold(world, {BTC: "1", ETH: "4"})
    assert await refusals(world) == refused


@pytest.mark.parametrize(("most", "refused"), [(2, set()), (1, {"correlated_positions"})])
async def test_each_of_them_counts_as_correlated(world: GateWorld, most: int, refused: set[str]) -> None:
    await world.limit("user", "max_correlated_positions", most)
    await world.limit("user", "max_correlation", Decimal("0.7"))
    await hold(world, {ETH: "0.1", SOL: "0.1"})
    assert await refusals(world) == refused


async def test_they_are_of_no_strategy(world: GateWorld) -> None:
    await world.limit("user", "max_positions_per_strategy", 1)
    await world.limit("strategy", "max_open_positions", 1)
    await hold(world, {BTC: "1", ETH: "1"})
    assert await refusals(world) == set()
