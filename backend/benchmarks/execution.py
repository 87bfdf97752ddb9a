"""From a signal to a fill and to a position that is protected, where the time goes, and freqtrade's loop beside it.

`python -m benchmarks.execution [ROUNDS]` prints
  execution.signal_to_filled_p50_ms, execution.signal_to_protected_p50_ms and _p99_ms
      limit: two orders posted bare, one after the other, through the same gateway
  execution.gate_p50_ms, execution.network_p50_ms, execution.venue_p50_ms of the entries, as the execution log has them
  execution.signal_to_filled_beside_freqtrade_ms
      peer: freqtrade's dry-run loop for one pair, on the same machine in the same run, its pause switched off: from
      the beginning of a turn to the fill, which it simulates in its own process, placing nothing at the venue and
      keeping no stop there
freqtrade runs unmodified in an environment of its own (`make prepare-peers`); without it its line is left out, and
the error output says so. The venue adds no latency of its own.
"""

import asyncio
import json
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
import structlog
import uvloop

from app.core.config import Settings
from app.core.garbage_collection import settle_garbage_collection
from benchmarks.acceptance.freqtrade_live import FREQTRADE
from benchmarks.path import (
    ORDER_WINDOW_SECONDS,
    PACE_SECONDS,
    TradeWatch,
    latency_line,
    measure_bare_posts,
    percentile,
)
from benchmarks.served import benchmark_settings
from benchmarks.trading_floor import BenchFloor, bench_floor, paper_process
from tests.paper_exchange.readme import snippet

ROUNDS, WARM_UP = 100, 10
PEER_FILLS, PEER_SECONDS = 50, 120.0
PAIR = "BTC/USDT:USDT"
LIMIT = "two bare order posts"
LOOK_SECONDS = (
    1.0  # between two looks at another program's notes, until it has filled enough or its time is over
)
STRATEGY = '''
import time
from pathlib import Path

from freqtrade.strategy import IStrategy


class Adding(IStrategy):
    """Is in the market from the first turn on and adds to its position in each one."""

    timeframe = "1h"
    minimal_roi = {"0": 100}
    stoploss = -0.9
    process_only_new_candles = False
    position_adjustment_enable = True
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}

    def note(self, word):
        with (Path(self.config["user_data_dir"]) / "turns").open("a") as turns:
            turns.write(f"{word} {time.perf_counter()}\\n")

    def bot_loop_start(self, current_time, **kwargs):
        self.note("turn")

    def order_filled(self, pair, trade, order, current_time, **kwargs):
        self.note("filled")

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def adjust_trade_position(self, trade, current_time, **kwargs):
        return 100
'''


async def measure_rounds(
    floor: BenchFloor, watch: TradeWatch, rounds: int
) -> tuple[list[float], list[float]]:
    """Milliseconds from the commit of the signal to the recorded fill, and to the commit of the protected trade."""
    filled: list[float] = []
    protected: list[float] = []
    for number in range(WARM_UP + rounds):
        begun = time.perf_counter()
        signal_id = await floor.signal(enqueue=True)
        await watch.until_filled(signal_id)
        at_fill = time.perf_counter()
        trade_id = await watch.until(signal_id, "PROTECTED")
        if number >= WARM_UP:
            filled.append((at_fill - begun) * 1_000)
            protected.append((time.perf_counter() - begun) * 1_000)
        await floor.leave(trade_id)
        await watch.until(signal_id, "CLOSED")
        await asyncio.sleep(PACE_SECONDS)
    return filled, protected


async def parts_of_entries(floor: BenchFloor, user_id: UUID) -> dict[str, float]:
    """Median milliseconds of each part of the entries, as the execution log has them."""
    row = await floor.sql.fetchrow(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gate_ms::float8) AS gate,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY network_ms::float8) AS network,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY venue_ms::float8) AS venue"
        " FROM execution_logs WHERE user_id = $1 AND action = 'enter' AND outcome = 'answered'",
        user_id,
    )
    return {name: float(value) for name, value in dict(row).items() if value is not None}


async def measure(settings: Settings, paper_url: str, rounds: int) -> tuple[list[str], float]:
    """Our lines, and the median from signal to fill."""
    connection = await asyncpg.connect(settings.database_url)
    async with bench_floor(settings, paper_url) as floor:
        await floor.trading.desk.balances.refresh(floor.account)
        posts = median(await measure_bare_posts(floor, min(rounds, 50)))
        await asyncio.sleep(ORDER_WINDOW_SECONDS)
        watch, stop = TradeWatch(connection, floor), asyncio.Event()
        await watch.open()
        settle_garbage_collection()
        running = asyncio.create_task(floor.trading.executor.run(stop))
        filled, protected = await measure_rounds(floor, watch, rounds)
        stop.set()
        await running
        parts = await parts_of_entries(floor, floor.account.user_id)
    await connection.close()
    figures = {
        "signal_to_filled_p50_ms": median(filled),
        "signal_to_protected_p50_ms": median(protected),
        "signal_to_protected_p99_ms": percentile(protected, 0.99),
    } | {f"{name}_p50_ms": value for name, value in parts.items()}
    lines = [
        latency_line(f"execution.{name}", value, limit=LIMIT, limit_value=posts)
        for name, value in figures.items()
    ]
    return lines, median(filled)


def freqtrade_fill_ms(paper_url: str) -> float | None:
    """Milliseconds from the beginning of a turn of freqtrade's dry-run loop for one pair to its fill; None where it
    is not installed or does not trade."""
    if not FREQTRADE.exists():
        print("freqtrade is not installed (make prepare-peers): its line is left out.", file=sys.stderr)
        return None
    with tempfile.TemporaryDirectory(prefix="freqtrade-loop-") as folder_name:
        folder = Path(folder_name)
        strategies = folder / "strategies"
        strategies.mkdir()
        (strategies / "adding.py").write_text(STRATEGY)
        (folder / "config.json").write_text(json.dumps(_peer_settings(paper_url)))
        books = folder / "trades.sqlite"
        command = [str(FREQTRADE), "trade", "--config", str(folder / "config.json")]
        command += ["--userdir", str(folder), "--strategy", "Adding", "--db-url", f"sqlite:///{books}"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return _fill_ms(folder, process)
        finally:
            process.terminate()
            process.wait(30)


def _peer_settings(paper_url: str) -> dict[str, object]:
    """The paper exchange's README configuration for freqtrade, dry, one pair, and without a pause."""
    shown: dict[str, object] = json.loads(snippet("freqtrade", paper_url, ("", "")))
    exchange = shown["exchange"]
    assert isinstance(exchange, dict)
    return shown | {
        "dry_run": True,
        "dry_run_wallet": 100_000,
        "stake_amount": 100,
        "max_open_trades": 1,
        "exchange": exchange | {"pair_whitelist": [PAIR]},
        "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "internals": {"process_throttle_secs": 0},
        "bot_name": secrets.token_hex(4),
    }


def _fill_ms(folder: Path, process: subprocess.Popen[bytes]) -> float | None:
    """Median time from the beginning of a turn to its simulated fill, the first ones left out."""
    end, notes = time.monotonic() + PEER_SECONDS, folder / "turns"
    taken: list[float] = []
    while time.monotonic() < end and process.poll() is None and len(taken) < PEER_FILLS + WARM_UP:
        time.sleep(LOOK_SECONDS)
        taken = _fills(notes.read_text()) if notes.exists() else []
    if len(taken) < PEER_FILLS + WARM_UP:
        print(
            f"freqtrade filled {len(taken)} orders of {PEER_FILLS + WARM_UP}: no line of it.", file=sys.stderr
        )
        return None
    return median(taken[WARM_UP:])


def _fills(notes: str) -> list[float]:
    """Milliseconds from each turn's beginning to its fill."""
    taken, begun = [], None
    for word, _, moment in (line.partition(" ") for line in notes.splitlines()[:-1]):
        if word == "turn":
            begun = float(moment)
        elif begun is not None:
            taken.append((float(moment) - begun) * 1_000)
            begun = None
    return taken


def main() -> None:
    """Print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # figures alone go to stdout
    with benchmark_settings() as settings, paper_process(settings) as paper_url:
        lines, filled = uvloop.run(measure(settings, paper_url, rounds))
        print("\n".join(lines), flush=True)
        peer = freqtrade_fill_ms(paper_url)
    if peer is not None:
        line: dict[str, object] = {
            "name": "execution.signal_to_filled_beside_freqtrade_ms",
            "value": round(filled, 3),
            "unit": "ms",
            "peer": "freqtrade, dry run: turn to simulated fill, nothing at the venue",
            "peer_value": round(peer, 3),
            "ratio": round(peer / filled, 4),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
