"""The kill switch pressed again and again while sixteen accounts enter.

    make soak NAME=killswitch ARGS="--trials 500"

Several lanes do so side by side, each with a database and a paper exchange of its own, whose address limit is raised.
Prints one JSON object per figure; exits 1 when a gate passed the halt, an entry left after the venue was quiet,
anything was left at the venue, or the halt took too long. Loopback only, without Redis.
"""

import argparse
import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
import numpy as np
import structlog

from app.core.config import Settings
from benchmarks.served import benchmark_settings
from tests.paper_venue import PaperVenue
from tests.services.trading.floor import SYMBOLS, WEIGHT_LIMIT, TradingFloor
from tests.services.trading.kill_trials import KillTrials, Trial

HALT_LIMIT_MS = 250.0
TRIAL = "trial "


def say(name: str, value: object, unit: str, limit: str) -> None:
    print(
        json.dumps({"name": f"killswitch.{name}", "value": value, "unit": unit, "limit": limit}), flush=True
    )


async def press_again(settings: Settings, venue: PaperVenue, count: int) -> None:
    """That many trials on one floor, each told in a line as it ends."""
    sql = await asyncpg.connect(settings.database_url)
    floor = TradingFloor(settings, sql, venue)
    await floor.open()
    try:
        trials = KillTrials(floor)
        accounts = await trials.prepare()
        async with floor.executor():
            for number in range(count):
                trial = await trials.trial(accounts, SYMBOLS[number % len(SYMBOLS)])
                print(TRIAL + json.dumps(asdict(trial)), flush=True)
    finally:
        await floor.close()
        await sql.close()


def lane(trials: int) -> None:
    """One lane: a database and a paper exchange of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    options = ("--feed", "synthetic", "--seed", "7", "--weight-limit", str(WEIGHT_LIMIT))
    with benchmark_settings() as settings, TemporaryDirectory(prefix="stackalpha-kill-") as folder:
        venue = PaperVenue(Path(folder), options)
        venue.start()
        try:
            venue.pause()
            asyncio.run(press_again(settings, venue, trials))
        finally:
            venue.stop()


def side_by_side(trials: int, lanes: int) -> list[Trial]:
    """The trials of every lane; what is not sound is shown at once. Raises where a lane failed."""
    shares = [trials // lanes + (place < trials % lanes) for place in range(lanes)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.soak.killswitch", "--trials", str(share), "--lane"],
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for share in shares
            if share
        ]
        with ThreadPoolExecutor(len(started)) as pool:
            found = [trial for told in pool.map(_told, started) for trial in told]
    if any(process.returncode for process in started):
        raise RuntimeError("a lane failed: its error is above")
    return found


def _told(process: "subprocess.Popen[str]") -> list[Trial]:
    assert process.stdout is not None
    found = []
    for line in process.stdout:
        if line.startswith(TRIAL):
            found.append(Trial(**json.loads(line.removeprefix(TRIAL))))
            if not found[-1].sound:
                print(f"not sound: {found[-1]}", file=sys.stderr, flush=True)
    return found


def tell(found: Sequence[Trial], seconds: float) -> bool:
    """Print the figures; whether no trial was unsound and the halt was in time."""
    say("trials", len(found), f"count, in {seconds:.0f} s", "500")
    say("entries_passed_before_the_halt", sum(trial.entered for trial in found), "count", "many")
    say("gates_after_the_halt", sum(trial.late_gates for trial in found), "count", "0")
    say("entries_sent_after_quiet", sum(trial.late_entries for trial in found), "count", "0")
    say("entries_accepted_after_quiet", sum(trial.taken_late for trial in found), "count", "0")
    say("left_at_the_venue", sum(trial.left for trial in found), "count", "0")
    halts = [trial.halt_ms for trial in found]
    late = float(np.percentile(halts, 99))
    say("halt_p50", round(float(np.percentile(halts, 50)), 1), "ms", "")
    say("halt_p99", round(late, 1), "ms", f"{HALT_LIMIT_MS:.0f}")
    say("flat_p50", round(float(np.percentile([trial.flat_seconds for trial in found], 50)), 2), "s", "")
    return all(trial.sound for trial in found) and late <= HALT_LIMIT_MS


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--lanes", type=int, default=3, help="side by side, each with services of its own")
    parser.add_argument("--lane", action="store_true", help="be one of them")
    arguments = parser.parse_args()
    if arguments.lane:
        lane(arguments.trials)
        return 0
    begun = perf_counter()
    found = side_by_side(arguments.trials, arguments.lanes)
    return 0 if tell(found, perf_counter() - begun) else 1


if __name__ == "__main__":
    sys.exit(main())
