"""Unusual activity over real rows: told with its reasons, paused where that was chosen, once, and nothing else."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.core.clock import utc_now
from app.core.db import Database
from app.services.activity_watch import ActivityWatch


@dataclass(frozen=True, slots=True)
class Trader:
    """A wallet that sent one order of 1,000 in each hour of the three weeks before `until`."""

    sql: asyncpg.Connection
    user_id: UUID
    wallet_id: UUID
    until: datetime

    async def orders(self, count: int, notional: int = 1_000, symbol: str = "BTC/USDT:USDT") -> None:
        """So many orders more in the hour that ends at `until`."""
        trade_id = await a_trade(self.sql, self.user_id, self.wallet_id)
        at = self.until - timedelta(minutes=30)
        for attempt in range(count):
            await an_order(self, trade_id, attempt, at, notional, symbol)

    async def choose(self, choice: str) -> None:
        await self.sql.execute(
            "INSERT INTO notification_settings (user_id, unusual_activity) VALUES ($1, $2)"
            " ON CONFLICT (user_id) DO UPDATE SET unusual_activity = $2",
            *(self.user_id, choice),
        )

    async def told(self) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self.sql.fetch(
            "SELECT * FROM notifications WHERE user_id = $1 AND event = 'unusual_activity'", self.user_id
        )
        return rows

    async def states(self) -> list[tuple[str, str]]:
        rows = await self.sql.fetch(
            "SELECT scope, state FROM breaker_states WHERE user_id = $1", self.user_id
        )
        return [(row["scope"], row["state"]) for row in rows]

    async def events(self) -> list[str]:
        rows = await self.sql.fetch(
            "SELECT kind FROM breaker_events WHERE user_id = $1 AND cause = 'unusual_activity'", self.user_id
        )
        return [row["kind"] for row in rows]


async def a_trade(sql: asyncpg.Connection, user_id: UUID, wallet_id: UUID) -> UUID:
    trade_id = uuid4()
    await sql.execute(
        "INSERT INTO trades (id, user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side, status,"
        " planned_quantity, planned_entry_price, planned_notional, leverage, initial_stop_price, stop_price,"
        " trailing_enabled, trailing_activation_fraction, trailing_fraction, risk_amount, signal_confidence,"
        " reason) VALUES ($1, $2, $3, 'paper', 'paper', 'BTC/USDT:USDT', 'test', '1h', 'long', 'EXPIRED', 1, 1000,"
        " 1000, 10, 980, 980, false, 0, 0, 20, 0.9, 'test')",
        *(trade_id, user_id, wallet_id),
    )
    return trade_id


async def an_order(
    trader: Trader, trade_id: UUID, attempt: int, at: datetime, notional: int, symbol: str
) -> None:
    await trader.sql.execute(
        "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status,"
        " order_type, side, quantity, requested_price, sent_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, 'entry', $6, 'CANCELED', 'market', 'buy', $7, 1000, $8, $8)",
        *(uuid4().hex, trader.user_id, trader.wallet_id, trade_id, symbol, attempt),
        *(notional / 1000, at),
    )


@pytest.fixture
async def trader(owner_connection: asyncpg.Connection) -> Trader:
    """A wallet with a history; the hour that is judged is the last whole one."""
    user_id, wallet_id = uuid4(), uuid4()
    until = utc_now().replace(minute=0, second=0, microsecond=0)
    sql = owner_connection
    await sql.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user_id, f"{user_id}@test"
    )
    await sql.execute(
        "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, shard, created_at)"
        " VALUES ($1, $2, 'Main', 'paper', $3, 0, $4)",
        *(wallet_id, user_id, str(wallet_id), until - timedelta(days=21)),
    )
    trade_id = await a_trade(sql, user_id, wallet_id)
    await sql.execute(
        "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status,"
        " order_type, side, quantity, requested_price, sent_at, created_at)"
        " SELECT replace(gen_random_uuid()::text, '-', ''), $1, $2, $3, 'BTC/USDT:USDT', 'entry', n, 'CANCELED',"
        " 'market', 'buy', 1 + n % 7 * 0.02, 1000, at, at FROM (SELECT n, $4::timestamptz - n * interval '1 hour'"
        "  - interval '30 minutes' AS at FROM generate_series(1, 21 * 24 - 1) n) x",
        *(user_id, wallet_id, trade_id, until),
    )
    return Trader(sql, user_id, wallet_id, until)


def watch(database: Database, trader: Trader) -> ActivityWatch:
    return ActivityWatch(database, lambda: trader.until + timedelta(minutes=1))


async def test_an_hour_like_the_others_is_told_to_nobody(trader: Trader, system_database: Database) -> None:
    await trader.orders(1)
    await watch(system_database, trader).look()
    assert await trader.told() == []


async def test_many_orders_are_told_once_with_the_reason_and_stop_nothing(
    trader: Trader, system_database: Database
) -> None:
    await trader.orders(20)
    await watch(system_database, trader).look()
    await watch(system_database, trader).look()  # judged again, told once
    (told,) = await trader.told()
    assert "20 orders in an hour; 1 are usual" in told["sentence"]
    assert json.loads(told["figures"])["wallet"] == "Main"
    assert told["wallet_id"] == trader.wallet_id
    assert await trader.events() == ["alerted"]
    assert await trader.states() == []


async def test_an_order_of_fifty_times_the_size_pauses_the_wallet_where_that_was_chosen(
    trader: Trader, system_database: Database
) -> None:
    await trader.choose("pause")
    await trader.orders(1, notional=50_000)
    for _ in range(2):
        await watch(system_database, trader).look()
    (told,) = await trader.told()
    assert "an order of 50,000" in told["sentence"]
    assert "No new entries" in told["sentence"]
    assert await trader.states() == [("wallet", "reduce_only")]
    assert await trader.events() == ["tripped"]


async def test_who_resumed_is_not_paused_again_for_the_same_hour(
    trader: Trader, system_database: Database
) -> None:
    await trader.choose("pause")
    await trader.orders(20)
    await watch(system_database, trader).look()
    await trader.sql.execute("UPDATE breaker_states SET state = 'active' WHERE user_id = $1", trader.user_id)
    await watch(system_database, trader).look()
    assert await trader.states() == [("wallet", "active")]


async def test_nothing_is_said_to_who_wants_to_hear_nothing(
    trader: Trader, system_database: Database
) -> None:
    await trader.choose("ignore")
    await trader.orders(20)
    await watch(system_database, trader).look()
    assert await trader.told() == []
