"""The API's hot reads: `make bench NAME=api`, one process, over real Postgres and Redis.

Prints api.portfolio_cold_p50_ms (no answer of that question kept; the process has the user's trades as columns),
api.portfolio_first_ms (nothing kept at all: a process that has just started), api.portfolio_cached_p50_ms,
api.get_one_rps (beside bare Starlette) and api.logs_100_rps. The account has five years of daily snapshots and
100,000 closed trades with three postings and two orders each. `ARGS=portfolio` leaves out the rates.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import asyncpg
import httpx
import numpy as np

from app.core.clock import utc_now
from app.core.config import Settings
from benchmarks.api_get_one import interleaved, signed_in_header
from benchmarks.figure import figure_line
from benchmarks.load import answers_per_second
from benchmarks.served import api_process, bare_starlette_process, benchmark_settings

TRADES, DAYS = 100_000, 1_826
ASKED = 60
WARM_UP = 5
LOG_LINES, SECONDS = 400, 2.0
SYMBOLS = ("BTC", "ETH", "SOL", "XRP", "DOGE")
PORTFOLIO, LOGS, ONE = "/api/v1/analytics/portfolio", "/api/v1/execution/logs?limit=100", "/api/v1/me"
LIMITS = {
    "api.portfolio_cold_p50_ms": 50.0,
    "api.portfolio_first_ms": 50.0,
    "api.portfolio_cached_p50_ms": 5.0,
}


async def fill_account(settings: Settings, user_id: UUID, now: datetime) -> None:
    """Write the account; triggers are left out, as they concern live trades only."""
    connection = await asyncpg.connect(settings.database_url)
    wallet_id, random = uuid4(), np.random.default_rng(5)
    start = now - timedelta(days=DAYS)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint) VALUES ($1, $2, 'W', 'paper', 'x')",
            *(wallet_id, user_id),
        )
        await _snapshots(connection, user_id, wallet_id, start, random)
        await _trades(connection, user_id, wallet_id, start, random)
        await _logs(connection, user_id, wallet_id, now)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _snapshots(
    connection: asyncpg.Connection,
    user_id: UUID,
    wallet_id: UUID,
    start: datetime,
    random: np.random.Generator,
) -> None:
    equity = 100_000 * np.cumprod(1 + random.standard_t(4, DAYS) * 0.008)
    for scope, wallet in ((user_id, None), (wallet_id, wallet_id)):
        await connection.executemany(
            "INSERT INTO portfolio_snapshots (scope_id, environment, resolution, at, user_id, wallet_id, source,"
            " observed_at, balance, equity, exposure, margin, unrealized, peak, drawdown)"
            " VALUES ($1, 'paper', 'day', date_trunc('day', $2::timestamptz), $3, $4, 'observed', $2, $5, $5, $5,"
            " 0, 0, $5, 0)",
            [
                (scope, start + timedelta(days=place), user_id, wallet, round(float(value), 8))
                for place, value in enumerate(equity)
            ],
        )
    await connection.execute(
        "INSERT INTO ledger_events (user_id, wallet_id, kind, amount, venue_reference, occurred_at, created_at)"
        " VALUES ($1, $2, 'deposit', 100000, 'first', $3, $3)",
        *(user_id, wallet_id, start),
    )


async def _trades(
    connection: asyncpg.Connection,
    user_id: UUID,
    wallet_id: UUID,
    start: datetime,
    random: np.random.Generator,
) -> None:
    await connection.execute(
        "CREATE TEMP TABLE drawn (id uuid DEFAULT gen_random_uuid(), place int, made numeric, closed timestamptz)"
    )
    made = np.round(random.standard_t(4, TRADES) * 20 + 0.5, 8)
    await connection.copy_records_to_table(
        "drawn",
        columns=["place", "made", "closed"],
        records=[
            (place, str(value), start + timedelta(days=DAYS) * (place / TRADES))
            for place, value in enumerate(made.tolist())
        ],
    )
    values = (user_id, wallet_id, list(SYMBOLS))
    await connection.execute(
        "INSERT INTO trades (id, user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side, status,"
        " planned_quantity, planned_entry_price, planned_notional, leverage, initial_stop_price, stop_price,"
        " trailing_enabled, trailing_activation_fraction, trailing_fraction, risk_amount, signal_confidence, reason,"
        " exit_reason, opened_at, closed_at)"
        " SELECT id, $1, $2, 'paper', 'paper', ($3::text[])[1 + place % 5] || '/USDT:USDT',"
        " (ARRAY['ema_trend', 'donchian_breakout'])[1 + place % 2], '1h', (ARRAY['long', 'short'])[1 + place % 2],"
        " 'CLOSED', 1, 100, 100, 5, 90, 90, false, 0, 0, 10, 0.8, 'drawn', 'stop_loss',"
        " closed - interval '3 hours', closed FROM drawn",
        *values,
    )
    for kind, amount in (("realized_pnl", "made"), ("commission", "-0.1"), ("funding", "0.01")):
        await connection.execute(
            "INSERT INTO ledger_events (user_id, wallet_id, trade_id, kind, amount, venue_reference, occurred_at,"  # noqa: S608
            f" created_at) SELECT $1, $2, id, $3, {amount}, place::text, closed, closed FROM drawn ORDER BY place",
            *(user_id, wallet_id, kind),
        )
    for leg, side in (("entry", "buy"), ("exit", "sell")):
        await connection.execute(
            "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status,"
            " order_type, side, quantity, requested_price, filled_quantity, average_price)"
            " SELECT $3 || place, $1, $2, id, 'BTC/USDT:USDT', $3, 1, 'FILLED', 'market', $4, 1, 100, 1, 100.01"
            " FROM drawn",
            *(user_id, wallet_id, leg, side),
        )


async def _logs(connection: asyncpg.Connection, user_id: UUID, wallet_id: UUID, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO execution_logs (id, user_id, wallet_id, symbol, side, action, status, timestamp)"
        " SELECT gen_random_uuid(), $1, $2, 'BTC/USDT:USDT', 'buy', 'enter', 'filled',"
        " $3::timestamptz - place * interval '1 second' FROM generate_series(1, $4) place",
        *(user_id, wallet_id, now, LOG_LINES),
    )


async def ask_often(
    client: httpx.AsyncClient, headers: dict[str, str], queries: Sequence[dict[str, str]]
) -> list[float]:
    """Milliseconds of each question."""
    took = []
    for query in queries:
        begin = perf_counter()
        answer = await client.get(PORTFOLIO, params=query, headers=headers)
        took.append((perf_counter() - begin) * 1000)
        assert answer.status_code == 200, answer.text
    return took


async def portfolio_milliseconds(port: int, headers: dict[str, str], now: datetime) -> dict[str, float]:
    """First, cold and cached."""
    distinct = [
        {"from": (now - timedelta(days=DAYS, seconds=place)).isoformat()} for place in range(ASKED + WARM_UP)
    ]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        await client.get(ONE, headers=headers)
        first = (await ask_often(client, headers, [{}]))[0]
        cold = (await ask_often(client, headers, distinct))[WARM_UP:]
        cached = (await ask_often(client, headers, [{}] * (ASKED + WARM_UP)))[WARM_UP:]
        held = (await client.get(PORTFOLIO, headers=headers)).json()
    assert held["trades"] == TRADES, held["trades"]
    return {
        "api.portfolio_cold_p50_ms": median(cold),
        "api.portfolio_first_ms": first,
        "api.portfolio_cached_p50_ms": median(cached),
    }


def line_of(name: str, value: float) -> str:
    """A time beside its limit: the ratio is above 1 where the limit is kept."""
    limit = LIMITS[name]
    return json.dumps(
        {
            "name": name,
            "value": round(value, 3),
            "unit": "ms",
            "limit": f"{limit} ms",
            "peer_value": limit,
            "ratio": round(limit / value, 4),
        }
    )


async def rates(api_port: int, starlette_port: int, headers: dict[str, str]) -> list[str]:
    """Answers a second of one row, and of a page of a hundred log lines."""
    one, bare = await interleaved(api_port, starlette_port, headers, ONE)
    logs = await answers_per_second(api_port, LOGS, headers, seconds=SECONDS)
    return [
        figure_line("api.get_one_rps", one, "1/s", limit="bare Starlette", limit_value=bare),
        figure_line("api.logs_100_rps", logs, "1/s", limit="bare Starlette", limit_value=bare),
    ]


def main() -> None:
    """Print the figures."""
    now = utc_now()
    with benchmark_settings() as settings:
        headers = asyncio.run(signed_in_header(settings))
        asyncio.run(fill_account(settings, asyncio.run(only_user(settings)), now))
        with api_process(settings) as api_port:
            for name, value in asyncio.run(portfolio_milliseconds(api_port, headers, now)).items():
                print(line_of(name, value), flush=True)
            if sys.argv[1:2] == ["portfolio"]:
                return
            with bare_starlette_process(settings.var_dir) as starlette_port:
                for line in asyncio.run(rates(api_port, starlette_port, headers)):
                    print(line, flush=True)


async def only_user(settings: Settings) -> UUID:
    """The user that `signed_in_header` made."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        found = await connection.fetchval("SELECT id FROM users")
    finally:
        await connection.close()
    assert isinstance(found, UUID)
    return found


if __name__ == "__main__":
    main()
