"""The reservation ledger in the database: what triggers keep, what checks refuse, whatever the code does."""

from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.floor import BTC, ETH, STRATEGY, TradingFloor


async def plan(
    floor: TradingFloor, account: TradingAccount, symbol: str = BTC, *, notional: str = "1000"
) -> UUID:
    """Write a trade as an approval does: one coin per thousand at 1 000, 20 at risk for each."""
    trade_id, quantity = uuid4(), Decimal(notional) / 1000
    await floor.sql.execute(
        "INSERT INTO trades (id, user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side,"
        " planned_quantity, planned_entry_price, planned_notional, leverage, initial_stop_price, stop_price,"
        " trailing_enabled, trailing_activation_fraction, trailing_fraction, risk_amount, signal_confidence,"
        " reason) VALUES ($1, $2, $3, 'paper', 'paper', $4, $5, '1h', 'long', $6, 1000, $7, 10, 980, 980,"
        " false, 0, 0, $8, 0.9, 'test')",
        *(trade_id, account.user_id, account.wallet_id, symbol, STRATEGY),
        *(quantity, Decimal(notional), quantity * 20),
    )
    await floor.sql.execute(
        "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, order_type,"
        " side, quantity) VALUES ($1, $2, $3, $4, $5, 'entry', 1, 'market', 'buy', $6)",
        *(trade_id.hex, account.user_id, account.wallet_id, trade_id, symbol, quantity),
    )
    return trade_id


async def reservation(floor: TradingFloor, trade_id: UUID) -> tuple[object, ...]:
    """(state, positions, notional, margin, open risk)."""
    row = await floor.sql.fetchrow(
        "SELECT state, positions, notional, margin, open_risk FROM risk_reservations WHERE trade_id = $1",
        trade_id,
    )
    assert row is not None
    return tuple(row)


async def used(floor: TradingFloor, account: TradingAccount, scope: str) -> tuple[object, ...]:
    """(positions, notional, margin, open risk, overruns) of one of the user's scopes."""
    row = await floor.sql.fetchrow(
        "SELECT positions, notional, margin, open_risk, overruns FROM risk_usage"
        " WHERE user_id = $1 AND scope = $2",
        account.user_id,
        scope,
    )
    assert row is not None
    return tuple(row)


async def test_plan_is_reserved_at_every_level_in_its_own_commit(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    trade_id = await plan(floor, account)
    assert await reservation(floor, trade_id) == ("reserved", 1, 1000, 100, 20)
    for scope in ("user", "wallet", "strategy", "symbol"):
        assert await used(floor, account, scope) == (1, 1000, 100, 20, 0), scope


async def test_reservation_is_kept_whole_while_the_outcome_is_unknown_and_while_part_is_filled(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    trade_id = await plan(floor, account)
    await floor.sql.execute("UPDATE orders SET status = 'SENDING'")
    await floor.sql.execute("UPDATE trades SET status = 'ENTERING'")
    assert await reservation(floor, trade_id) == ("reserved", 1, 1000, 100, 20)
    async with floor.sql.transaction():
        await floor.sql.execute("UPDATE orders SET status = 'PARTIAL'")
        await floor.sql.execute("UPDATE trades SET status = 'PROTECTED', quantity = 0.4, entry_price = 1000")
    assert await reservation(floor, trade_id) == ("reserved", 1, 1000, 100, 20)


async def test_fill_settles_to_what_is_held_and_the_rest_is_free_once_the_entry_is_over(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    trade_id = await plan(floor, account)
    async with floor.sql.transaction():
        await floor.sql.execute("UPDATE orders SET status = 'CANCELED'")
        await floor.sql.execute("UPDATE trades SET status = 'PROTECTED', quantity = 0.4, entry_price = 1000")
    assert await reservation(floor, trade_id) == ("used", 1, 400, 40, 8)
    assert await used(floor, account, "user") == (1, 400, 40, 8, 0)


async def test_stop_that_moved_to_the_entry_leaves_only_the_costs_at_risk(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    trade_id = await plan(floor, account)
    async with floor.sql.transaction():
        await floor.sql.execute("UPDATE orders SET status = 'FILLED'")
        await floor.sql.execute(
            "UPDATE trades SET status = 'PROTECTED', quantity = 1, entry_price = 1000, stop_price = 1000"
        )
    assert await reservation(floor, trade_id) == ("used", 1, 1000, 100, 0)


@pytest.mark.parametrize("status", ["REJECTED", "EXPIRED", "CLOSED"])
async def test_trade_that_is_over_gives_everything_back(floor: TradingFloor, status: str) -> None:
    account = await floor.wallet(await floor.user())
    trade_id = await plan(floor, account)
    async with floor.sql.transaction():
        await floor.sql.execute("UPDATE orders SET status = 'REJECTED'")
        await floor.sql.execute("UPDATE trades SET status = $1", status)
    assert await reservation(floor, trade_id) == ("released", 0, 0, 0, 0)
    assert await used(floor, account, "user") == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("ceiling", "fits", "too_little"),
    [
        ("positions_ceiling", "2", "1"),
        ("notional_ceiling", "2000", "1999.99999999"),
        ("margin_ceiling", "200", "199.99999999"),
        ("open_risk_ceiling", "40", "39.99999999"),
        ("loss_budget_ceiling", "40", "39.99999999"),
    ],
)
@pytest.mark.parametrize("scope", ["user", "wallet", "strategy", "symbol"])
async def test_reservation_above_a_ceiling_cannot_be_committed_by_anybody(
    floor: TradingFloor, scope: str, ceiling: str, fits: str, too_little: str
) -> None:
    account = await floor.wallet(await floor.user())
    other = await floor.wallet(account.user_id)
    second = account if scope == "wallet" else other
    symbol = ETH if scope == "wallet" else BTC
    await plan(floor, account)
    setting = f"UPDATE risk_usage SET {ceiling} = $1 WHERE scope = '{scope}'"  # noqa: S608
    await floor.sql.execute(setting, Decimal(too_little))
    with pytest.raises(asyncpg.CheckViolationError, match="ck_risk_usage"):
        await plan(floor, second, symbol)
    await floor.sql.execute(setting, Decimal(fits))
    await plan(floor, second, symbol)


async def test_fill_at_a_worse_price_is_a_fact_that_lifts_the_ceiling_and_is_counted(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    await plan(floor, account)
    await floor.sql.execute("UPDATE risk_usage SET notional_ceiling = 1000 WHERE scope = 'user'")
    async with floor.sql.transaction():
        await floor.sql.execute("UPDATE orders SET status = 'FILLED'")
        await floor.sql.execute("UPDATE trades SET status = 'PROTECTED', quantity = 1, entry_price = 1001")
    assert (await used(floor, account, "user"))[1] == 1001
    assert (await used(floor, account, "user"))[4] == 1
    assert (await used(floor, account, "wallet"))[4] == 0
    with pytest.raises(asyncpg.CheckViolationError, match="ck_risk_usage_notional"):
        await plan(floor, account, ETH)


async def test_losses_in_a_row_are_counted_by_strategy_and_symbol_and_a_winner_ends_the_row(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    counts = []
    for result in ("-1", "-2", "0", "3", "-1"):
        trade_id = await plan(floor, account)
        async with floor.sql.transaction():
            await floor.sql.execute("UPDATE orders SET status = 'FILLED' WHERE trade_id = $1", trade_id)
            await floor.sql.execute(
                "UPDATE trades SET status = 'CLOSED', realized_pnl = $2 WHERE id = $1",
                *(trade_id, Decimal(result)),
            )
        counts.append(
            await floor.sql.fetchval(
                "SELECT array_agg(consecutive_losses ORDER BY scope) FROM risk_usage"
                " WHERE scope IN ('strategy', 'symbol')"
            )
        )
    assert counts == [[1, 1], [2, 2], [2, 2], [0, 0], [1, 1]]
