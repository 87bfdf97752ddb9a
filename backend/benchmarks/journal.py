"""Pages of a journal of a million trades and a million executions of one user, over HTTP from one API process.

`python -m benchmarks.journal [--rows N]` prints the median of each kind of page (100 rows: the newest, one half a
million rows down, one of a range, and one by each filter, most of which let one row in 5,000 pass, the tag one in
250) beside its limit of 20 ms, and the export of all trades as CSV in rows per second.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import httpx

from app.adapters.export_files import ExportFolder
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.repositories.keyset import Keyset
from app.services.exports import ExportJob, ExportKind, Exports, ExportTerms
from benchmarks.api_get_one import signed_in_header
from benchmarks.figure import figure_line
from benchmarks.served import api_process, benchmark_settings

LIMIT_MS: Final = 20.0
ASKS: Final = 60
SYMBOLS: Final = ("BTC", "ETH", "SOL", "XRP", "DOGE")
TRADES: Final = """
INSERT INTO trades (user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side, status,
    planned_quantity, planned_entry_price, planned_notional, leverage, quantity, entry_price, exit_price,
    initial_stop_price, stop_price, trailing_enabled, trailing_activation_fraction, trailing_fraction, risk_amount,
    signal_confidence, reason, exit_reason, realized_pnl, fees, funding, opened_at, closed_at, created_at)
SELECT $1, CASE WHEN seldom THEN $6::uuid ELSE $2::uuid END, CASE WHEN seldom THEN 'live' ELSE 'paper' END, 'paper',
    ($3::text[])[1 + n % 5] || '/USDT:USDT', CASE WHEN seldom THEN 'donchian_breakout' ELSE 'ema_trend' END, '1h',
    CASE WHEN seldom THEN 'short' ELSE 'long' END, 'CLOSED', 1, 100, 100, 5, 0, 100, 101, 98, 98, true, 0.02, 0.015,
    2, 0.8, 'EMA(12) crossed above EMA(26)', CASE WHEN seldom THEN 'manual' ELSE 'take_profit' END,
    (n::bigint * 7919) % 200 - 100, 0.1, 0,
    $4::timestamptz + n * interval '2 seconds', $4::timestamptz + n * interval '2 seconds' + interval '1 second',
    $4::timestamptz + n * interval '2 seconds'
FROM generate_series(1, $5::int) AS n CROSS JOIN LATERAL (SELECT n % 5000 = 0 AS seldom) AS s
"""
TAGS: Final = """
INSERT INTO trade_tags (trade_id, tag, user_id, closed_at)
SELECT id, 'late', user_id, closed_at FROM trades
WHERE user_id = $1 AND mod(extract(epoch FROM opened_at)::bigint, 500) < 2
"""
LOGS: Final = """
INSERT INTO execution_logs (timestamp, user_id, wallet_id, symbol, side, action, status, executed_price, filled_size)
SELECT $4::timestamptz + n * interval '2 seconds', $1, CASE WHEN n % 5000 = 0 THEN $6::uuid ELSE $2::uuid END,
    ($3::text[])[1 + n % 5] || '/USDT:USDT', 'buy', 'entry', CASE WHEN n % 5000 = 0 THEN 'rejected' ELSE 'filled' END,
    100, 1
FROM generate_series(1, $5::int) AS n
"""


async def fill(settings: Settings, rows: int) -> tuple[UUID, UUID]:
    """A million of each for the user of the header; returns the user's id and that of the wallet that has few."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        user_id = await connection.fetchval("SELECT id FROM users ORDER BY created_at DESC LIMIT 1")
        wallet_id, seldom_id = uuid4(), uuid4()
        await connection.execute(
            "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint)"
            " SELECT id, $2, id::text, 'paper', id::text FROM unnest($1::uuid[]) AS id",
            [wallet_id, seldom_id],
            user_id,
        )
        first = utc_now()  # onwards, so that the log spreads over its monthly partitions
        for statement in (TRADES, LOGS):
            await connection.execute(
                statement, user_id, wallet_id, list(SYMBOLS), first, rows, seldom_id, timeout=600
            )
        await connection.execute(TAGS, user_id, timeout=600)
        await connection.execute("ANALYZE trades, execution_logs, trade_tags", timeout=600)
        return UUID(str(user_id)), seldom_id
    finally:
        await connection.close()


async def page_ms(http: httpx.AsyncClient, path: str, query: dict[str, str]) -> float:
    """The median of a page's time in milliseconds; every page must be full."""
    taken = []
    for number in range(ASKS + 5):
        begun = perf_counter()
        answer = await http.get(path, params={"limit": "100", **query})
        if number >= 5:  # the first ones warm the caches
            taken.append((perf_counter() - begun) * 1000)
        if answer.status_code != 200 or len(answer.json()["items"]) != 100:
            raise RuntimeError(f"{path} {query}: {answer.status_code} {answer.text[:300]}")
    return median(taken)


def time_line(name: str, taken: float) -> str:
    """A time beside its limit: the ratio is above 1 where the limit is kept."""
    line = {"name": name, "value": round(taken, 3), "unit": "ms", "limit": "20 ms", "peer_value": LIMIT_MS}
    return json.dumps(line | {"ratio": round(LIMIT_MS / taken, 4)})


def kinds_of_page(rows: int, seldom_id: UUID) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(name, path, query) of every page that is measured."""
    halfway = utc_now() + timedelta(seconds=rows)
    deep = {"cursor": Keyset(halfway, uuid4()).encode()}
    range_ = {"from": (halfway - timedelta(hours=1)).isoformat(), "to": halfway.isoformat()}
    wallet = {"wallet_id": str(seldom_id)}
    yield "journal.trades_of_all_states_ms", "/trades", {}
    logs = {
        "newest": {},
        "deep": deep,
        "range": range_,
        "symbol": {"symbol": "BTC"} | deep,
        "wallet": wallet,
        "status": {"status": "rejected"},
    }
    for name, query in logs.items():
        yield f"journal.executions_{name}_ms", "/execution/logs", query
    trades = {
        "newest": {},
        "deep": deep,
        "range": range_,
        "symbol": {"symbol": "BTC"} | deep,
        "wallet": wallet,
        "strategy": {"strategy": "donchian_breakout"},
        "side": {"side": "short"},
        "environment": {"environment": "live"},
        "exit_reason": {"exit_reason": "manual"},
        "tag": {"tag": "late"},
        "tag_range": {"tag": "late", "to": halfway.isoformat()},
    }
    for name, query in trades.items():
        yield f"journal.trades_{name}_ms", "/trades", {"status": "closed"} | query


async def measure_pages(port: int, headers: dict[str, str], rows: int, seldom_id: UUID) -> None:
    """Print the median of every kind of page."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=60
    ) as http:
        for name, path, query in kinds_of_page(rows, seldom_id):
            taken = await page_ms(http, path, query)
            print(time_line(name, taken), flush=True)


class _NoBell:
    async def enqueue(self, job: str, *arguments: str | int, key: str) -> None:
        """Nobody is rung for: the job runs here."""


async def measure_export(settings: Settings, user_id: UUID, rows: int) -> None:
    """Print how many trades a second the job writes as CSV."""
    database = Database(role_database_url(settings, DatabaseRole.WORKER), connections=10)
    try:
        files = ExportFolder(Path(settings.var_dir) / "exports")
        exports = Exports(database, files, _NoBell(), ExportTerms(10, timedelta(days=1)), utc_now)
        view = await exports.ask(user_id, ExportKind.TRADES, "csv", {"status": "CLOSED"})
        begun = perf_counter()
        if not await ExportJob(database, files, utc_now).run(user_id, view.id):
            raise RuntimeError("the export failed")
        rate = rows / (perf_counter() - begun)
    finally:
        await database.close()
    limit = "10 million rows within two hours"
    print(figure_line("journal.export_rows_per_second", rate, "1/s", limit=limit, limit_value=10**7 / 7200))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with benchmark_settings() as settings:
        headers = asyncio.run(signed_in_header(settings))
        user_id, seldom_id = asyncio.run(fill(settings, rows))
        with api_process(settings) as port:
            asyncio.run(measure_pages(port, headers, rows, seldom_id))
        asyncio.run(measure_export(settings, user_id, rows))


if __name__ == "__main__":
    main()
