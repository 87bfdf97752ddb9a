"""The position monitor: `make bench NAME=monitor`, beside freqtrade's exit check and the bare column loop.

Prints monitor.sweep_1m_ms, monitor.tick_1m_us (the median; mean and 99th percentile beside it),
monitor.exit_check_ns (peer: freqtrade, run in the environment of `make prepare-peers`; without it the figure says
so), monitor.ticks_per_s (through Redis, against 100,000 positions), monitor.tick_to_intent_p99_ms (from the
publication of a tick until the exit it causes is committed) and monitor.rss_10k_wallets_mb. `ARGS=book` prints the
figures that need no database, `ARGS=stream` those of ticks through Redis, `ARGS=memory` the last one alone.
"""

import asyncio
import json
import os
import subprocess
import sys
from time import sleep

import asyncpg
import psutil
import uvloop

from app.cli.processes import child_environment
from app.core.config import ROOT_DIR, Settings
from app.core.garbage_collection import settle_garbage_collection
from benchmarks.figure import figure_line
from benchmarks.monitor_book import (
    bare_milliseconds,
    calm,
    drawn_book,
    sweep_milliseconds,
    tick_microseconds,
)
from benchmarks.monitor_floor import (
    EACH,
    WALLETS,
    add_positions,
    bare_commits,
    followed,
    percentile,
    timed_watch,
)
from benchmarks.served import benchmark_settings
from benchmarks.trading_floor import BACKEND, paper_process

MILLION, MARKETS_OF_A_MILLION = 1_000_000, 200
PEERS_PYTHON = ROOT_DIR / ".venv-peers" / "bin" / "python"
PEER_POSITIONS = 5_000
PROCESSES = ("api", "executor", "monitor", "jobs", "notifier")
SETTLED_SECONDS = 45.0
DEVIATION = (
    3e-5  # of a tick: each of 50 markets moves 0.04 % (one standard deviation) in a second, 2.5 % in an hour
)
LIMITS = {
    "monitor.sweep_1m_ms": 10.0,
    "monitor.tick_1m_us": 50.0,
    "monitor.ticks_per_s": 200_000.0,
    "monitor.tick_to_intent_p99_ms": 10.0,
    "monitor.rss_10k_wallets_mb": 1_500.0,
}


def beside(name: str, value: float, unit: str, peer: str, peer_value: float | None) -> str:
    """A figure of which less is better, beside a peer; without the peer there is no ratio."""
    ratio = None if peer_value is None else round(peer_value / value, 3)
    held = {"name": name, "value": round(value, 3), "unit": unit, "peer": peer}
    return json.dumps(held | {"peer_value": peer_value and round(peer_value, 3), "ratio": ratio})


def within(name: str, value: float, unit: str) -> str:
    """A figure of which less is better, beside the most that it may be."""
    return beside(name, value, unit, "the most it may be", LIMITS[name])


def freqtrade_nanoseconds() -> float | None:
    """freqtrade's exit check of one position; None where the judges' environment is not there."""
    if not PEERS_PYTHON.exists():
        return None
    command = [str(PEERS_PYTHON), str(BACKEND / "benchmarks" / "monitor_freqtrade.py"), str(PEER_POSITIONS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return float(done.stdout.strip().splitlines()[-1])


def book_figures() -> list[str]:
    """What needs no database."""
    book, prices = drawn_book(MILLION, MARKETS_OF_A_MILLION)
    calm(book, prices)
    settle_garbage_collection()
    held = len(book)
    sweep = sweep_milliseconds(book, prices) * MILLION / held
    bare = bare_milliseconds(MILLION)
    median, mean, p99 = tick_microseconds(book, prices)
    return [
        within("monitor.sweep_1m_ms", sweep, "ms"),
        beside("monitor.sweep_1m_ms beside the bare loop", sweep, "ms", "two comparisons per position", bare),
        within("monitor.tick_1m_us", median, "us"),
        beside("monitor.tick_1m_mean_us", mean, "us", "asking all gates of the book", sweep * 1000),
        beside("monitor.tick_1m_p99_us", p99, "us", "asking all gates of the book", sweep * 1000),
        beside(
            "monitor.exit_check_ns",
            sweep * 1e6 / MILLION,
            "ns",
            "freqtrade's should_exit"
            if PEERS_PYTHON.exists()
            else "freqtrade is not here: make prepare-peers",
            freqtrade_nanoseconds(),
        ),
    ]


async def stream_figures(settings: Settings) -> list[str]:
    """Ticks through Redis against a hundred thousand positions, exits made durable."""
    sql = await asyncpg.connect(settings.database_url)
    positions = await add_positions(sql, WALLETS)
    assert positions == WALLETS * EACH
    async with timed_watch(settings) as watch:
        assert len(watch.book) == positions
        settle_garbage_collection()
        await followed(settings, watch, seconds=5, per_second=10_000, per_entry=10, deviation=DEVIATION)
        await watch.until_answered()  # those who stood beyond a gate when they were read
        watch.latencies_ms.clear()
        watch.reactions = 0
        bare: list[float] = []
        committing = asyncio.create_task(bare_commits(settings, bare, 20.0))
        await followed(settings, watch, seconds=20, per_second=10_000, per_entry=10, deviation=DEVIATION)
        await committing
        latencies, reactions = list(watch.latencies_ms), watch.reactions
        rate = await followed(settings, watch, seconds=5, per_second=0, per_entry=500, deviation=0.0)
    written = await sql.fetchval("SELECT count(*) FROM outbox WHERE kind = 'exit'")
    twice = await sql.fetchval(
        "SELECT count(*) FROM (SELECT trade_id FROM position_events WHERE action = 'exit'"
        " GROUP BY trade_id HAVING count(*) > 1) AS doubled"
    )
    await sql.close()
    assert twice == 0
    limit = LIMITS["monitor.ticks_per_s"]
    return [
        figure_line("monitor.ticks_per_s", rate, "ticks/s", limit="the least it may be", limit_value=limit),
        within("monitor.tick_to_intent_p99_ms", percentile(latencies, 99), "ms"),
        *(
            beside(
                f"monitor.tick_to_intent_p{q}_ms beside a bare commit",
                percentile(latencies, q),
                "ms",
                "one bare row committed by the same process in the same seconds",
                percentile(bare, q),
            )
            for q in (50, 99)
        ),
        json.dumps(
            {
                "name": "exits committed",
                "value": written,
                "timed": len(latencies),
                "twice": twice,
                "reactions_per_s": reactions / 20,
            }
        ),
    ]


def memory_figure(settings: Settings) -> str:
    """Resident memory of every Python process of the product over those wallets and positions, the paper
    exchange included. The wallets have no keys, so that the executor's queues stand but no account connects."""
    with paper_process(settings) as paper_url:
        environment = os.environ | child_environment(settings.model_copy(update={"paper_url": paper_url}))
        with (settings.var_dir / "processes.log").open("wb") as log:
            running = [
                subprocess.Popen(
                    [sys.executable, "-m", "app.cli.entry", name],
                    cwd=BACKEND,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
                for name in PROCESSES
            ]
        try:
            sleep(SETTLED_SECONDS)
            ended = [
                name for name, process in zip(PROCESSES, running, strict=True) if process.poll() is not None
            ]
            assert not ended, f"ended: {ended}"
            mine = psutil.Process()
            sizes = {
                " ".join(child.cmdline()[-2:])[-40:]: child.memory_info().rss / 1e6
                for child in mine.children(recursive=True)
                if "python" in child.name()
            }
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(60)
    print(
        json.dumps({"name": "resident MB of each process", "value": {k: round(v) for k, v in sizes.items()}})
    )
    return within("monitor.rss_10k_wallets_mb", sum(sizes.values()), "MB")


async def only_positions(settings: Settings) -> None:
    """The wallets and positions without a watch."""
    sql = await asyncpg.connect(settings.database_url)
    await add_positions(sql, WALLETS)
    await sql.close()


def main() -> None:
    """Print the figures."""
    what = sys.argv[1] if len(sys.argv) > 1 else "all"
    if what in ("all", "book"):
        print("\n".join(book_figures()), flush=True)
    if what != "book":
        with benchmark_settings() as settings:
            if what == "memory":
                asyncio.run(only_positions(settings))
            else:
                print("\n".join(uvloop.run(stream_figures(settings))), flush=True)
            if what != "stream":
                print(memory_figure(settings), flush=True)
    print(f"load of this machine while measured: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, shared")


if __name__ == "__main__":
    main()
