"""The paper exchange's speed, one venue process, latency 0.

`python -m benchmarks.paper [ROUNDS] [SECONDS]` prints paper.create_order_p50_ms (unmodified ccxt; limit: the
same signed request by bare aiohttp, in turns), paper.orders_per_s_32 (32 requests at a time; limit: the same
client asking for the time, which nothing is computed or written for) and paper.accounts_ticks_lag_ms (1,000
accounts with positions, stops and resting orders on 50 contracts, 100 ticks a second in total, 50 orders a second:
how far market time falls behind the wall; `benchmarks.paper_load`),
and paper.accounts_fast_lag_ms, the same at 2,000 ticks a second.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

import aiohttp
import ccxt.async_support as ccxt
import uvloop

from benchmarks.figure import figure_line
from benchmarks.paper_load import measure_lag
from benchmarks.path import latency_line
from tests.paper_exchange.bare_client import BareClient
from tests.paper_exchange.running import SYMBOL, Running, connect

ROUNDS = 300
SECONDS = 8.0
WARM_UP = 20
CONCURRENT = 32
ACCOUNTS = 64  # 300 orders in ten seconds each
QUANTITY = "0.002"
CROWD_SPEED = 2.0  # a step of all fifty contracts each market second: 100 ticks a second
FAST_SPEED = 40.0
WIDE = ["--feed", "synthetic", "--history-bars", "1500", "--weight-limit", "100000000"]


@asynccontextmanager
async def ccxt_clients(running: Running, names: list[str]) -> AsyncIterator[list[ccxt.binanceusdm]]:
    clients = [connect(running.base, *running.open_account(name, "1000000")) for name in names]
    try:
        for client in clients:
            await client.load_markets()
        yield clients
    finally:
        for client in clients:
            await client.close()


async def measure_latency(running: Running, rounds: int) -> tuple[float, float]:
    """Median milliseconds of one order through ccxt, and by bare aiohttp; market orders, filled at once."""
    through_ccxt: list[float] = []
    bare: list[float] = []
    names = [f"latency-{number}" for number in range(max(1, rounds // 100))]
    async with ccxt_clients(running, names) as clients, aiohttp.ClientSession() as session:
        others = [
            BareClient(session, running.base, running.open_account(f"bare-{name}", "1000000"))
            for name in names
        ]
        for number in range(rounds + WARM_UP):
            one = number // 2 % len(names)
            side = "buy" if number % 2 == 0 else "sell"
            begun = perf_counter()
            await clients[one].create_order(SYMBOL, "market", side, float(QUANTITY))
            middle = perf_counter()
            await others[one].market(side.upper(), QUANTITY)
            if number >= WARM_UP:
                through_ccxt.append((middle - begun) * 1_000)
                bare.append((perf_counter() - middle) * 1_000)
    return median(through_ccxt), median(bare)


async def measure_rate(running: Running, seconds: float) -> tuple[float, float]:
    """Market orders a second with 32 under way, and how many times a second the same client is told the time."""
    accounts = [running.open_account(f"crowd-{number}", "1000000") for number in range(ACCOUNTS)]
    connector = aiohttp.TCPConnector(limit=CONCURRENT)
    async with aiohttp.ClientSession(connector=connector) as session:
        clients = [BareClient(session, running.base, keys) for keys in accounts]
        turn = 0

        async def trade(until: float) -> int:
            nonlocal turn
            done = 0
            while perf_counter() < until:
                client = clients[turn % ACCOUNTS]
                side = "BUY" if turn // ACCOUNTS % 2 == 0 else "SELL"
                turn += 1
                await client.market(side, QUANTITY)
                done += 1
            return done

        async def ask(until: float) -> int:
            done = 0
            while perf_counter() < until:
                async with session.get(f"{running.base}/fapi/v1/time") as answer:
                    await answer.read()
                done += 1
            return done

        rates = []
        for work in (trade, ask):
            begun = perf_counter()
            counts = await asyncio.gather(*(work(begun + seconds) for _ in range(CONCURRENT)))
            rates.append(sum(counts) / (perf_counter() - begun))
    return rates[0], rates[1]


async def measure(running: Running, rounds: int, seconds: float) -> list[str]:
    through_ccxt, bare = await measure_latency(running, rounds)
    orders, asks = await measure_rate(running, seconds)
    return [
        latency_line("paper.create_order_p50_ms", through_ccxt, limit="bare aiohttp", limit_value=bare),
        figure_line(
            "paper.orders_per_s_32", orders, "1/s", limit="the same client asking the time", limit_value=asks
        ),
    ]


@contextmanager
def venue(module: str, speed: float) -> Iterator[Running]:
    """A paper exchange whose limits never bind, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        options = [*WIDE, "--speed", f"{speed:g}"]
        running = Running(Path(folder) / "journal.sqlite", options, module=module)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def crowd_lines(seconds: float) -> list[str]:
    """The lag at 100 ticks a second, and at twenty times as many."""
    lines = []
    for speed, name in (
        (CROWD_SPEED, "paper.accounts_ticks_lag_ms"),
        (FAST_SPEED, "paper.accounts_fast_lag_ms"),
    ):
        with venue("benchmarks.paper_crowd", speed) as running:
            lag = uvloop.run(measure_lag(running, speed, seconds))
        limit = f"one step of the feed; worst {lag.worst_ms:.1f} ms, {lag.ticks_per_second:.0f} ticks/s"
        lines.append(latency_line(name, max(lag.p99_ms, 0.001), limit=limit, limit_value=1_000 / speed))
    return lines


def main() -> None:
    """Print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with venue("paper_exchange", 1) as running:
        for line in uvloop.run(measure(running, rounds, seconds)):
            print(line, flush=True)
    for line in crowd_lines(seconds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
