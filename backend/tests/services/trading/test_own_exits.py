"""A user's and a wallet's own stop, target and longest time in the place of the signal's."""

from decimal import Decimal

import pytest

from tests.services.trading.gate_world import GateWorld


@pytest.mark.parametrize(
    ("user", "wallet", "stop", "target"),
    [
        ((None, None), (None, None), "970", "1060"),  # the signal's
        ((Decimal(2), Decimal(4)), (None, None), "980", "1040"),
        ((Decimal(2), Decimal(4)), (Decimal("1.01"), None), "989.9", "1040"),
        ((None, None), (None, Decimal(3)), "970", "1030"),
    ],
)
async def test_own_stop_and_target_stand_in_the_place_of_the_signals(
    world: GateWorld,
    user: tuple[Decimal | None, Decimal | None],
    wallet: tuple[Decimal | None, Decimal | None],
    stop: str,
    target: str,
) -> None:
    for level, (own_stop, own_target) in (("user", user), ("wallet", wallet)):
        await world.limit(level, "stop_loss_percent", own_stop)
        await world.limit(level, "take_profit_percent", own_target)
    (decision,) = await world.ask(await world.signal(stop="0.03"))
    assert decision.is_approved
    planned = await world.sql.fetchrow(
        "SELECT initial_stop_price, take_profit_price FROM trades WHERE id = $1", decision.trade_id
    )
    assert planned is not None
    assert tuple(planned) == (Decimal(stop), Decimal(target))


@pytest.mark.parametrize(
    ("user", "wallet", "planned"),
    [(None, None, None), (60, None, 60), (None, 30, 30), (60, 30, 30), (60, 90, 60)],
)
async def test_a_trade_is_planned_to_be_left_after_the_shorter_of_the_users_and_the_wallets_time(
    world: GateWorld, user: int | None, wallet: int | None, planned: int | None
) -> None:
    await world.limit("user", "max_holding_minutes", user)
    await world.limit("wallet", "max_holding_minutes", wallet)
    (decision,) = await world.ask(await world.signal())
    statement = "SELECT max_holding_minutes FROM trades WHERE id = $1"
    assert await world.sql.fetchval(statement, decision.trade_id) == planned


async def test_own_stop_is_what_the_size_and_the_limits_reckon_with(world: GateWorld) -> None:
    """2 % of its own in the place of 3 %: 21.48 at risk with costs, where the signal's stop would lose 31.46."""
    await world.limit("user", "stop_loss_percent", Decimal(2))
    await world.limit("user", "max_open_risk_percent", Decimal("0.22"))
    (decision,) = await world.ask(await world.signal(stop="0.03"))
    assert decision.is_approved
    await world.sql.execute("UPDATE trades SET status = 'EXPIRED' WHERE user_id = $1", world.user_id)
    await world.limit("user", "stop_loss_percent", None)
    (refused,) = await world.ask(await world.signal(stop="0.03"))
    assert [breach.code.value for breach in refused.breaches] == ["open_risk"]
