"""A hundred thousand open positions of ten thousand wallets in a database, and a watch over them."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from uuid import uuid4

import asyncpg
import numpy as np

from app.adapters.price_cache import RedisPriceCache, stream_key
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.db import Database
from app.core.lean_transactions import LeanTransactions
from app.core.redis import connect_redis
from app.domain.exit_rules import STEP_R_FRACTION
from app.repositories.position_events import Written
from app.services.trading.exit_decisions import Decided, StepTerms
from app.services.trading.monitor_shards import MonitorShards
from app.services.trading.position_book import Question
from app.services.trading.position_watch import LANES, PositionWatch
from app.workers.position_monitor import BESTS_SECONDS
from benchmarks.many_wallets import add_wallets, settle
from benchmarks.monitor_market import START_PRICE, VENUE, OneInstrument, symbols
from benchmarks.trading_floor import BACKEND

WALLETS, EACH, MARKETS = 10_000, 10, 50
_POSITIONS = """
INSERT INTO trades (user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side, status,
    planned_quantity, planned_entry_price, planned_notional, leverage, quantity, entry_price, initial_stop_price,
    stop_price, take_profit_price, trailing_enabled, trailing_activation_fraction, trailing_fraction,
    scale_out_enabled, risk_amount, signal_confidence, reason, opened_at)
SELECT o.user_id, o.wallet_id, 'paper', $3, ($4::text[])[1 + (o.n * 7 + i) % $5], 'ema_trend', '1h',
    CASE WHEN sign > 0 THEN 'long' ELSE 'short' END, 'PROTECTED', 1, entry, entry, 5, 1, entry,
    round(entry * (1 - sign * risk), 1), round(entry * (1 - sign * risk), 1), round(entry * (1 + sign * target), 1),
    true, 0.02, 0.015, true, 1, 0.9, 'bench', now()
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS o (user_id, wallet_id, n),
    generate_series(0, $6 - 1) AS i,
    LATERAL (SELECT CASE WHEN random() < 0.5 THEN 1 ELSE -1 END AS sign,
        round(($7 * (0.997 + 0.006 * random()))::numeric, 1) AS entry,
        (0.02 + 0.04 * random())::numeric AS risk, (0.001 + 0.03 * random())::numeric AS target, o.n) AS drawn
"""


async def add_positions(sql: asyncpg.Connection, wallets: int) -> int:
    """Ten open positions for each of so many new wallets; returns how many there are. The ledger's triggers are
    left out: nothing here depends on what is reserved."""
    accounts = await add_wallets(sql, wallets)
    await sql.execute("UPDATE wallets SET shard = abs(hashtext(id::text)) % 8")
    await sql.execute("SET session_replication_role = replica")
    users = [account.user_id for account in accounts]
    ids = [account.wallet_id for account in accounts]
    await sql.execute(_POSITIONS, users, ids, VENUE, symbols(MARKETS), MARKETS, EACH, START_PRICE)
    await sql.execute("SET session_replication_role = origin")
    await settle(sql)
    return int(await sql.fetchval("SELECT count(*) FROM trades"))


class TimedWatch(PositionWatch):
    """Notes, for every exit that was committed, how long after its tick was published."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # the same as the class it times
        self.latencies_ms: list[float] = []
        self.reactions = 0

    async def until_answered(self) -> None:
        """Wait until nobody is asked any more."""
        while self._questions:  # noqa: ASYNC110 - outside of what is measured
            await asyncio.sleep(0.05)

    async def _decide(self, batch: Sequence[Question]) -> tuple[list[Decided | None], list[Written]]:
        decided, written = await super()._decide(batch)
        now_ms = utc_now().timestamp() * 1000
        for question, one in zip(batch, decided, strict=True):
            self.reactions += 0 if one is None else len(one.rows)
            if one is not None and any(row.action == "exit" for row in one.rows):
                self.latencies_ms.append(now_ms - question.market_ms)
        return decided, written


@asynccontextmanager
async def timed_watch(settings: Settings) -> AsyncIterator[TimedWatch]:
    """A watch over every position of the database, as a monitor process runs it."""
    system = Database(role_database_url(settings, DatabaseRole.SYSTEM), connections=12)
    shards = MonitorShards(system, f"bench {uuid4()}", shard_count=settings.shard_count, seconds=60.0)
    steps = StepTerms(STEP_R_FRACTION, 1_000)
    lean = LeanTransactions(asyncpg_dsn(role_database_url(settings, DatabaseRole.SYSTEM)), size=LANES + 1)
    watch = TimedWatch(system, lean, OneInstrument(), shards, utc_now, stale_seconds=60.0, steps=steps)
    await watch.tend()
    answering = [
        asyncio.create_task(watch.answer_forever()),
        asyncio.create_task(watch.keep_bests(BESTS_SECONDS)),
    ]
    try:
        yield watch
    finally:
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        await shards.stop()
        await lean.close()
        await system.close()


async def followed(
    settings: Settings,
    watch: PositionWatch,
    *,
    seconds: float,
    per_second: int,
    per_entry: int,
    deviation: float,
) -> float:
    """Let a process publish ticks in Redis, hold them against the book as they come, and return how many were
    taken in per second from the first to the last."""
    redis = connect_redis(settings)
    taken, first, last = 0, 0.0, 0.0
    arguments = [settings.redis_url, MARKETS, seconds, per_second, per_entry, deviation]
    command = [sys.executable, "-m", "benchmarks.monitor_market", *map(str, arguments)]
    await redis.delete(stream_key(VENUE))
    process = subprocess.Popen(command, cwd=BACKEND)  # noqa: ASYNC220 - before anything is measured
    try:
        async for publications in RedisPriceCache(redis).follow_packed(VENUE):
            first = first or perf_counter()
            watch.see_columns(VENUE, publications)
            last, taken = perf_counter(), taken + sum(len(columns.symbols) for columns, _ in publications)
            await asyncio.sleep(0)
    finally:
        process.terminate()
        process.wait(10)
        await redis.aclose()
    return taken / max(last - first, 1e-9)


async def bare_commits(settings: Settings, latencies_ms: list[float], seconds: float) -> None:
    """Commit one bare row now and then: what the disk and the machine allow at that moment."""
    sql = await asyncpg.connect(settings.database_url)
    await sql.execute("CREATE TABLE IF NOT EXISTS bare (at timestamptz DEFAULT now())")
    until = perf_counter() + seconds
    while perf_counter() < until:
        begun = perf_counter()
        await sql.execute("INSERT INTO bare DEFAULT VALUES")
        latencies_ms.append((perf_counter() - begun) * 1000)
        await asyncio.sleep(0.02)
    await sql.close()


def percentile(values: Sequence[float], q: float) -> float:
    """Return the q-th percentile; NaN of nothing."""
    return float(np.percentile(values, q)) if values else float("nan")
