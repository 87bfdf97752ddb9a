"""The platform's own limits just inside, exactly at and just outside, through the gate; most of them stand without
anybody having stored one."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.services.trading.decision_lanes import TradeDecision
from tests.services.trading.gate_world import GateWorld

AHEAD = timedelta(days=-1)
"""Quoted in the future: no age at all."""


def codes(decision: TradeDecision) -> set[str]:
    assert decision.is_approved is not bool(decision.breaches)
    return {breach.code.value for breach in decision.breaches}


@pytest.mark.parametrize(
    ("moved", "refused"), [("0.0099", set()), ("0.01", set()), ("0.0101", {"price_moved"})]
)
async def test_price_may_have_moved_one_percent_since_the_signal(
    world: GateWorld, moved: str, refused: set[str]
) -> None:
    (decision,) = await world.ask(await world.signal(moved=moved))
    assert codes(decision) == refused


@pytest.mark.parametrize(
    ("limit", "before", "refused"),
    [("1", AHEAD, set()), ("0", AHEAD, set()), ("5", timedelta(seconds=6), {"price_stale"})],
)
async def test_price_must_be_fresh(
    world: GateWorld, limit: str, before: timedelta, refused: set[str]
) -> None:
    await world.limit("platform", "max_price_age_seconds", limit)
    world.desk.market.quoted_before = before
    (decision,) = await world.ask(await world.signal())
    assert codes(decision) == refused


@pytest.mark.parametrize(
    ("limit", "seconds", "refused"), [("1", -9, set()), ("0", -9, set()), ("120", 121, {"balance_stale"})]
)
async def test_balance_must_be_known_and_fresh(
    world: GateWorld, limit: str, seconds: int, refused: set[str]
) -> None:
    await world.limit("platform", "max_balance_age_seconds", limit)
    await world.sql.execute(
        "UPDATE risk_state SET balance_as_of = now() - make_interval(secs => $2) WHERE user_id = $1",
        *(world.user_id, float(seconds)),
    )
    (decision,) = await world.ask(await world.signal())
    assert codes(decision) == refused


@pytest.mark.parametrize(
    ("field", "value", "refused"),
    [
        ("min_stop_distance_ticks", "1999", set()),
        ("min_stop_distance_ticks", "2000", set()),
        ("min_stop_distance_ticks", "2001", {"stop_too_near"}),
        ("max_stop_distance_fraction", "0.0201", set()),
        ("max_stop_distance_fraction", "0.02", set()),
        ("max_stop_distance_fraction", "0.0199", {"stop_too_far"}),
        ("min_liquidation_buffer_fraction", "0.0261", set()),
        ("min_liquidation_buffer_fraction", "0.02618474", set()),
        ("min_liquidation_buffer_fraction", "0.02618475", {"liquidation_near"}),
    ],
)
async def test_stop_keeps_its_distance(world: GateWorld, field: str, value: str, refused: set[str]) -> None:
    """The stop is 20, two thousand ticks, from a price of 1,000; liquidation is at 953.81526104."""
    await world.limit("platform", field, value)
    (decision,) = await world.ask(await world.signal())
    assert codes(decision) == refused


@pytest.mark.parametrize(
    ("stop", "refused"),
    [
        ("0.00101", set()),
        ("0.001", set()),
        ("0.00099", {"stop_outside_venue_bounds"}),
        ("0.4999", set()),
        ("0.5", set()),
        ("0.5001", {"stop_outside_venue_bounds"}),
    ],
)
async def test_venue_takes_a_stop_within_its_bounds(world: GateWorld, stop: str, refused: set[str]) -> None:
    """Unlevered, so that no liquidation comes before a far stop."""
    await world.limit("user", "max_leverage", 1)
    (decision,) = await world.ask(await world.signal(stop=stop))
    assert codes(decision) == refused


@pytest.mark.parametrize(("stop", "refused"), [("0.04", set()), ("0.045", {"liquidation_near"})])
async def test_liquidation_lies_beyond_the_stop_without_a_limit_of_anybody(
    world: GateWorld, stop: str, refused: set[str]
) -> None:
    (decision,) = await world.ask(await world.signal(stop=stop))
    assert codes(decision) == refused


@pytest.mark.parametrize(
    ("against_usdc", "refused"),
    [
        ("1009.9", set()),
        ("1010", set()),
        ("1010.1", {"peg_broken"}),
        ("990.1", set()),
        ("990", set()),
        ("989.9", {"peg_broken"}),
        (None, {"peg_unknown"}),
    ],
)
async def test_quote_currency_is_worth_a_dollar(
    world: GateWorld, against_usdc: str | None, refused: set[str]
) -> None:
    """One BTC costs 1,000 USDT, and so many USDC; the simulated venue alone is paid in dollars."""
    world.desk.market.prices["BTC/USDC:USDC"] = None if against_usdc is None else Decimal(against_usdc)
    (decision,) = await world.ask(await world.signal(venue=f"venue {against_usdc}"))
    assert codes(decision) == refused
    (decision,) = await world.ask(await world.signal("ETH/USDT:USDT"))
    assert decision.is_approved


@pytest.mark.parametrize(("limit", "refused"), [("4", set()), ("3", set()), ("2", {"order_rate"})])
async def test_orders_of_a_minute(world: GateWorld, limit: str, refused: set[str]) -> None:
    for _ in range(2):
        trade_id = await world.trade(status="CLOSED", closed_before=timedelta(minutes=1))
        await world.sql.execute(
            "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status,"
            " order_type, side, quantity, filled_quantity) SELECT 'x' || substr(client_order_id, 2), user_id,"
            " wallet_id, trade_id, symbol, 'entry', 1, 'FILLED', 'market', 'buy', 1, 1 FROM orders"
            " WHERE trade_id = $1",
            trade_id,
        )
    await world.limit("platform", "max_orders_per_minute", limit)
    (decision,) = await world.ask(await world.signal())
    assert codes(decision) == refused


@pytest.mark.parametrize(
    ("limit", "quantity", "cap"),
    [("1000.01", "1", None), ("1000", "1", None), ("999.99", "0.999", "max_order_notional")],
)
async def test_largest_order_trims_the_size(
    world: GateWorld, limit: str, quantity: str, cap: str | None
) -> None:
    """The method proposes one coin for 1,000."""
    await world.limit("platform", "max_order_notional_usd", limit)
    (decision,) = await world.ask(await world.signal())
    stored = await world.sql.fetchrow(
        "SELECT approved, quantity, binding_cap FROM risk_decisions WHERE id = $1", decision.decision_id
    )
    assert stored is not None
    assert tuple(stored) == (True, Decimal(quantity), cap)


async def test_refusal_without_a_target_names_the_minimum(world: GateWorld) -> None:
    """Nor parts, whose targets would be measured."""
    await world.limit("user", "enable_scale_out", False)
    await world.limit("user", "min_risk_reward_ratio", Decimal("1.5"))
    (decision,) = await world.ask(await world.signal(target=None))
    (breach,) = decision.breaches
    assert breach.message.endswith("no target, so reward-to-risk is unknown (minimum 1.5).")
    assert breach.limit == Decimal("1.5")


@pytest.mark.parametrize("level", ["strategy", "symbol"])
async def test_loss_limit_of_a_scope_stays_tripped_until_its_day_ends(world: GateWorld, level: str) -> None:
    """Reached once, it refuses although the next trade won everything back; a trip of yesterday does not."""
    await world.limit(level, "max_daily_loss_usd", Decimal(500))
    await world.trade(status="CLOSED", net="-500", closed_before=timedelta(minutes=30))
    (first,) = await world.ask(await world.signal())
    assert "daily_loss_usd" in codes(first)
    await world.trade(status="CLOSED", net="900", closed_before=timedelta(minutes=20))
    (second,) = await world.ask(await world.signal())
    assert codes(second) == {"daily_loss_tripped"}
    await world.sql.execute(
        "UPDATE risk_usage SET day_tripped_at = day_tripped_at - interval '1 day' WHERE user_id = $1",
        world.user_id,
    )
    (third,) = await world.ask(await world.signal())
    assert third.is_approved
