"""How often may be added to a position, at every level just inside, exactly at and just outside, through the gate."""

import json
from decimal import Decimal
from uuid import UUID

import pytest

from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.addition_decisions import AdditionAnswer
from tests.services.trading.gate_world import GateWorld

ORDER = (
    "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status, order_type,"
    " side, quantity, filled_quantity) SELECT left($2::text, 1) || $3::integer || left(t.id::text, 30), t.user_id,"
    " t.wallet_id, t.id, t.symbol, $2, $3, 'FILLED', 'market', 'buy', $4, $4 FROM trades t WHERE t.id = $1"
)
ADDED = Decimal("0.1")


async def in_profit(world: GateWorld, additions: int) -> UUID:
    """A position of one coin, entered at 900 with a live stop at 980, that so many additions made what it is."""
    trade_id = await world.trade(entry="900")
    await world.sql.execute("UPDATE orders SET trigger_price = 980 WHERE trade_id = $1", trade_id)
    await world.sql.execute(ORDER, trade_id, "entry", 1, 1 - additions * ADDED)
    for number in range(1, additions + 1):
        await world.sql.execute(ORDER, trade_id, "add", number, ADDED)
    return trade_id


async def ask(world: GateWorld, trade_id: UUID, signal_id: UUID) -> AdditionAnswer:
    async with world.desk.system.system() as session:
        signal = await FanOutTransaction(session).accounts.signal(signal_id)
    assert signal is not None
    account = TradingAccount(world.user_id, world.wallet_id, "paper", "paper", 0)
    return await world.desk.risk.additions.decide(signal, account, trade_id)


@pytest.mark.parametrize(("additions", "refused"), [(0, False), (1, False), (2, True)])
@pytest.mark.parametrize("level", ["platform", "user", "wallet", "strategy", "symbol"])
async def test_additions_to_one_position_are_limited_at_every_level(
    world: GateWorld, level: str, additions: int, refused: bool
) -> None:
    trade_id = await in_profit(world, additions)
    await world.limit("user", "enable_pyramiding", True)
    await world.limit("user", "max_adds_per_trade", None)
    await world.limit(level, "max_adds_per_trade", 2)
    signal_id = await world.signal()
    answer = await ask(world, trade_id, signal_id)
    stored = await world.sql.fetchrow("SELECT * FROM risk_decisions WHERE signal_id = $1", signal_id)
    assert stored is not None
    codes = {one["code"] for one in json.loads(stored["breaches"])}
    assert (answer.approved, codes) == (not refused, {"max_adds_per_trade"} if refused else set())
    written = await world.sql.fetchval("SELECT count(*) FROM trade_additions WHERE trade_id = $1", trade_id)
    assert written == (0 if refused else 1)
    assert (await ask(world, trade_id, signal_id)).approved is False  # asked twice, answered once


async def test_an_approved_addition_is_reserved_in_the_commit_that_decides_it(world: GateWorld) -> None:
    trade_id = await in_profit(world, 0)
    await world.limit("user", "enable_pyramiding", True)
    usage = "SELECT notional, margin, open_risk FROM risk_usage WHERE user_id = $1 AND scope = 'wallet'"
    before = await world.sql.fetchrow(usage, world.user_id)
    assert (await ask(world, trade_id, await world.signal())).approved
    after = await world.sql.fetchrow(usage, world.user_id)
    row = await world.sql.fetchrow("SELECT * FROM trade_additions WHERE trade_id = $1", trade_id)
    assert before is not None
    assert after is not None
    assert row is not None
    assert (row["before_quantity"], row["quantity"], row["notional"]) == (1, 1, 1000)
    grown = [after[name] - before[name] for name in ("notional", "margin", "open_risk")]
    assert grown == [row["notional"], row["notional"] / 10, row["risk_amount"]]
    assert row["risk_amount"] > 20  # to the stop at 980, and both fees and the slippage
