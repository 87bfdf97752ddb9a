"""What somebody trades on, of every tenant."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest_asyncio

from app.core.db import Database
from app.domain.timeframes import Timeframe
from app.repositories.subscriptions import Subscription, SystemSubscriptionRepository

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


class Wallets:
    """Wallets at a venue that no other test knows."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.sql = connection
        self.venue = f"venue-{uuid4().hex[:8]}"
        self.users: list[UUID] = []

    async def add(
        self,
        symbols: list[str],
        timeframes: list[str],
        *,
        shard: int = 0,
        status: str = "active",
        auto: bool = True,
    ) -> None:
        user = uuid4()
        self.users.append(user)
        await self.sql.execute(
            "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user, f"{user}@test"
        )
        await self.sql.execute(
            "INSERT INTO wallets (user_id, name, venue, account_fingerprint, shard, auto_trade_enabled, status,"
            " strategies, symbols, timeframes) VALUES ($1, 'w', $2, $3, $4, $5, $6, $7, $8, $9)",
            *(user, self.venue, str(user), shard, auto, status, ["ema_trend"], symbols, timeframes),
        )

    async def clear(self) -> None:
        await self.sql.execute("DELETE FROM wallets WHERE venue = $1", self.venue)
        await self.sql.execute("DELETE FROM users WHERE id = ANY($1)", self.users)


@pytest_asyncio.fixture
async def wallets(owner_connection: asyncpg.Connection) -> AsyncIterator[Wallets]:
    held = Wallets(owner_connection)
    yield held
    await held.clear()


async def wanted(database: Database, wallets: Wallets) -> list[Subscription]:
    async with database.system() as session:
        found = await SystemSubscriptionRepository(session).all()
    return sorted(one for one in found if one.venue == wallets.venue)


async def test_what_several_tenants_want_is_wanted_once(system_database: Database, wallets: Wallets) -> None:
    await wallets.add([BTC], ["1h", "5m"])
    await wallets.add([BTC, ETH], ["1h"])
    assert await wanted(system_database, wallets) == sorted(
        Subscription(wallets.venue, symbol, Timeframe(length))
        for symbol, length in ((BTC, "1h"), (BTC, "5m"), (ETH, "1h"))
    )


async def test_wallet_that_does_not_trade_wants_nothing(system_database: Database, wallets: Wallets) -> None:
    await wallets.add([BTC], ["1h"], auto=False)
    assert await wanted(system_database, wallets) == []


async def test_archived_wallet_wants_nothing(system_database: Database, wallets: Wallets) -> None:
    await wallets.add([BTC], ["1h"], status="archived")
    assert await wanted(system_database, wallets) == []


async def test_shards_are_those_that_trade_this_strategy_on_these_bars(
    system_database: Database, wallets: Wallets
) -> None:
    await wallets.add([BTC], ["1h"], shard=2)
    await wallets.add([BTC, ETH], ["1h"], shard=2)
    await wallets.add([BTC], ["5m"], shard=3)
    async with system_database.system() as session:
        subscriptions = SystemSubscriptionRepository(session)
        assert await subscriptions.shards(wallets.venue, BTC, "1h", "ema_trend") == [2]
        assert await subscriptions.shards(wallets.venue, BTC, "1h", "another") == []
