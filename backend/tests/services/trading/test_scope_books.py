"""The books of a strategy and a symbol: what their trades made, the most of it, and when that begins anew."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest_asyncio

from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.repositories.breakers import BreakerRepository
from app.repositories.risk_state import RiskStateRepository
from tests.services.trading.floor import BTC, ETH, STRATEGY
from tests.services.trading.gate_world import GateWorld

Books = dict[str, tuple[Decimal, Decimal]]


@pytest_asyncio.fixture
async def worker(trading_settings: Settings) -> AsyncIterator[Database]:
    database = Database(role_database_url(trading_settings, DatabaseRole.WORKER), connections=9)
    yield database
    await database.close()


async def closed(world: GateWorld, net: str, symbol: str = BTC) -> None:
    trade_id = await world.trade(symbol)
    await world.sql.execute(
        "UPDATE trades SET status = 'CLOSED', quantity = 0, realized_pnl = $2, fees = 1 WHERE id = $1",
        *(trade_id, Decimal(net) + 1),
    )


async def books(world: GateWorld) -> Books:
    """(result, peak) of the strategy and of BTC."""
    rows = await world.sql.fetch(
        "SELECT scope, book_result, book_peak FROM risk_usage WHERE user_id = $1 AND scope_key = ANY ($2)",
        *(world.user_id, [STRATEGY, BTC]),
    )
    return {row["scope"]: (row["book_result"], row["book_peak"]) for row in rows}


async def test_closed_trades_make_the_result_and_lift_its_peak(world: GateWorld) -> None:
    for net in ("300", "-500", "100"):
        await closed(world, net)
    await closed(world, "50", ETH)
    assert await books(world) == {
        "strategy": (Decimal(-50), Decimal(300)),
        "symbol": (Decimal(-100), Decimal(300)),
    }


async def test_open_profit_lifts_the_peak_and_open_loss_leaves_it(world: GateWorld, worker: Database) -> None:
    await closed(world, "300")
    for open_result in ("200", "-400", "150"):
        async with worker.tenant(world.user_id) as session:
            await RiskStateRepository(session).lift_book_peaks(
                world.user_id, "paper", {("strategy", STRATEGY): Decimal(open_result)}
            )
    assert await books(world) == {
        "strategy": (Decimal(300), Decimal(500)),
        "symbol": (Decimal(300), Decimal(300)),
    }


async def test_a_resume_begins_the_books_anew_whose_limit_is_reached(
    world: GateWorld, worker: Database
) -> None:
    """5 % of 10,000 were given back: the strategy's limit is reached, the symbol's is not."""
    await world.limit("strategy", "max_drawdown_percent", Decimal(5))
    await world.limit("symbol", "max_drawdown_percent", Decimal("5.01"))
    for net in ("300", "-500"):
        await closed(world, net)
    async with worker.tenant(world.user_id) as session:
        assert await BreakerRepository(session).forget_losses(world.user_id, None)
    assert await books(world) == {
        "strategy": (Decimal(-200), Decimal(-200)),
        "symbol": (Decimal(-200), Decimal(300)),
    }
    (decision,) = await world.ask(await world.signal())
    assert decision.is_approved
