"""kill -9 of the paper exchange under load, again and again: nothing acknowledged is lost, the books balance.

`make soak NAME=paper_kill ARGS="--kills 50"`. Traders with accounts of their own place, cancel and fill orders and
stops as fast as they can while the market runs; at a moment drawn from the seed the venue is killed. After each
restart an auditor that shares no code with it reads its journal (every wallet its postings, every position its
fills, every order its fills, no number given twice), every acknowledged order and stop and every fill that was
told must be there, and what the venue answers must be what is in the journal. Exits 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import uvloop

from paper_exchange.journal.retention import KEPT_ROWS
from paper_exchange.randomness import seeded
from tests.paper_exchange.killing import Trader, after_the_kill, busy, hire
from tests.paper_exchange.running import Running

SHORTEST_LIFE = 0.2
LONGEST_LIFE = 2.0
FEED = ["--feed", "synthetic", "--history-bars", "1500", "--speed", "120", "--weight-limit", "100000000"]
SHOWN = 20


async def live_and_die(running: Running, traders: list[Trader], seconds: float) -> float:
    """One life under load, the kill, and the start after it; returns how long that start took (seconds)."""
    running.admin("feed", paused=False)
    async with busy(running, traders):
        await asyncio.sleep(seconds)
        running.stop(signal.SIGKILL)
    begun = perf_counter()
    running.start()
    return perf_counter() - begun


async def torment(
    running: Running, traders: list[Trader], kills: int, seed: int, complete: bool
) -> tuple[list[str], list[float]]:
    """What went wrong, and the seconds each restart took."""
    wrong: list[str] = []
    back: list[float] = []
    for kill in range(1, kills + 1):
        life = seeded(seed, "life", kill).uniform(SHORTEST_LIFE, LONGEST_LIFE)
        back.append(await live_and_die(running, traders, life))
        wrong += [f"kill {kill}: {one}" for one in await after_the_kill(running, traders, complete)]
        acknowledged = sum(trader.acknowledged for trader in traders)
        sys.stderr.write(f"\r{kill} kills, {acknowledged} acknowledged, {len(wrong)} wrong ")
        sys.stderr.flush()
    sys.stderr.write("\n")
    return wrong, back


def report(wrong: list[str], back: list[float], traders: list[Trader], journal: Path) -> int:
    for one in wrong[:SHOWN]:
        print(one)
    lost = sum(1 for one in wrong if one.endswith("is gone") or " was " in one)
    size = sum(part.stat().st_size for part in journal.parent.glob(journal.name + "*"))
    figures = (
        ("paper_kill.kills", len(back), "kills", "-"),
        ("paper_kill.acknowledged", sum(trader.acknowledged for trader in traders), "orders", "-"),
        ("paper_kill.told_fills", sum(len(trader.told_fills) for trader in traders), "fills", "-"),
        ("paper_kill.lost", lost, "orders", "0"),
        ("paper_kill.violations", len(wrong) - lost, "violations", "0"),
        ("paper_kill.back_p95_s", round(sorted(back)[int(len(back) * 0.95)], 3), "s", "-"),
        ("paper_kill.journal_mb", round(size / 1e6, 1), "MB", "-"),
    )
    for name, value, unit, limit in figures:
        print(json.dumps({"name": name, "value": value, "unit": unit, "limit": limit}))
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--traders", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--kept-rows",
        type=int,
        default=KEPT_ROWS,
        help="few of them: trimming is tested, what is trimmed is not missed",
    )
    arguments = parser.parse_args()
    complete = arguments.kept_rows >= KEPT_ROWS
    traders = hire(arguments.traders, arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder) / "journal.sqlite", [*FEED, "--kept-rows", str(arguments.kept_rows)])
        running.start()
        try:
            wrong, back = uvloop.run(torment(running, traders, arguments.kills, arguments.seed, complete))
            return report(wrong, back, traders, running.journal)
        finally:
            running.stop()


if __name__ == "__main__":
    raise SystemExit(main())
