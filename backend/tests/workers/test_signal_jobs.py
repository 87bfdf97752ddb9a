"""The background jobs, built as the worker builds them, over real Postgres, Redis and paper exchange."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest_asyncio
from redis.asyncio import Redis

from app.bootstrap.market import MarketParts, decode_job, encode_job
from app.core.config import Settings
from app.core.db import Database
from app.domain.timeframes import Timeframe
from app.workers.signal_jobs import Context, beat, compute_signals, keep_house, sweep_signals
from tests.paper_venue import PaperVenue

BTC, NOWHERE = "BTC/USDT:USDT", "NOWHERE/USDT:USDT"
FIVE = Timeframe("5m")


@pytest_asyncio.fixture
async def context(
    settings: Settings, redis_client: Redis, paper_exchange: PaperVenue, owner_connection: asyncpg.Connection
) -> AsyncIterator[Context]:
    """What arq hands to a job; candles and failures are empty."""
    await owner_connection.execute("TRUNCATE candles, strategy_failures")
    parts = MarketParts.build(settings.model_copy(update={"paper_url": paper_exchange.url}))
    yield {"parts": parts}
    await parts.close()


@pytest_asyncio.fixture
async def trader(owner_connection: asyncpg.Connection) -> AsyncIterator[UUID]:
    """Somebody who trades two markets, one of which the venue does not know."""
    user = uuid4()
    await owner_connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user, f"{user}@test"
    )
    await owner_connection.execute(
        "INSERT INTO wallets (user_id, name, venue, account_fingerprint, auto_trade_enabled, strategies, symbols,"
        " timeframes) VALUES ($1, 'w', 'paper', $2, true, $3, $4, $5)",
        *(user, str(user), ["ema_trend"], [NOWHERE, BTC], [FIVE.value]),
    )
    yield user
    await owner_connection.execute("DELETE FROM wallets WHERE user_id = $1", user)
    await owner_connection.execute("DELETE FROM users WHERE id = $1", user)


def into_the_bar(venue: PaperVenue) -> int:
    """Move the market well into a bar; returns when the newest closed one closed."""
    while True:
        market_ms = int(str(venue.status()["market_time"]))
        if FIVE.milliseconds // 10 < market_ms % FIVE.milliseconds < FIVE.milliseconds - 60_000:
            return market_ms - market_ms % FIVE.milliseconds
        venue.step(20)


async def newest(connection: asyncpg.Connection) -> float | None:
    found = await connection.fetchval(
        "SELECT max(open_time) FROM candles WHERE symbol = $1 AND timeframe = '5m'", BTC
    )
    return None if found is None else float((found + timedelta(minutes=5)).timestamp() * 1000)


async def test_job_of_a_bar_stores_it(
    context: Context, paper_exchange: PaperVenue, owner_connection: asyncpg.Connection
) -> None:
    close_ms = into_the_bar(paper_exchange)
    await compute_signals(context, "paper", BTC, FIVE.value, close_ms)
    assert await newest(owner_connection) == close_ms


async def test_sweep_computes_what_was_missed_beside_a_market_that_nobody_knows(
    context: Context, trader: UUID, paper_exchange: PaperVenue, owner_connection: asyncpg.Connection
) -> None:
    close_ms = into_the_bar(paper_exchange)
    await sweep_signals(context)
    assert await newest(owner_connection) == close_ms


async def test_venue_that_does_not_answer_leaves_the_bar_to_the_sweep(
    context: Context, trader: UUID, paper_exchange: PaperVenue, owner_connection: asyncpg.Connection
) -> None:
    close_ms = into_the_bar(paper_exchange)
    rule = {"path": "/fapi/v1/klines", "mode": "503", "count": 1}
    paper_exchange.control("POST", "/sim/fault", {"rules": [rule]})
    assert await compute_signals(context, "paper", BTC, FIVE.value, close_ms) == 0
    assert await newest(owner_connection) is None
    await sweep_signals(context)
    assert await newest(owner_connection) == close_ms


async def test_worker_says_that_it_is_alive(context: Context, redis_client: Redis) -> None:
    await beat(context)
    assert 0 < await redis_client.ttl("heartbeat:jobs") <= 10


async def test_house_is_kept(
    context: Context, system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    await keep_house(context)
    ahead = await owner_connection.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'execution_logs'::regclass"
    )
    assert ahead >= 4


def test_jobs_are_json_on_both_sides() -> None:
    job: dict[str, object] = {"f": "compute_signals", "a": ["paper", BTC, "1h", 1]}
    assert decode_job(encode_job(job)) == job
