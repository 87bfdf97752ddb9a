"""The kill switch pressed again and again while sixteen accounts enter.

    make soak NAME=killswitch ARGS="--trials 500"

The paper exchange's address limit is raised. Prints one JSON object per figure; exits 1 when a gate passed the halt,
an entry left after the venue was quiet, or anything was left at the venue. Loopback only, without Redis.
"""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import numpy as np
import structlog

from app.core.config import Settings
from benchmarks.served import benchmark_settings
from tests.paper_venue import PaperVenue
from tests.services.trading.floor import SYMBOLS, WEIGHT_LIMIT, TradingFloor
from tests.services.trading.kill_trials import KillTrials, Trial


def say(name: str, value: object, unit: str, limit: str) -> None:
    print(
        json.dumps({"name": f"killswitch.{name}", "value": value, "unit": unit, "limit": limit}), flush=True
    )


async def press_again(trials: KillTrials, count: int) -> list[Trial]:
    """That many trials; what is not sound is shown at once."""
    accounts = await trials.prepare()
    found = []
    async with trials.floor.executor():
        for number in range(count):
            found.append(await trials.trial(accounts, SYMBOLS[number % len(SYMBOLS)]))
            if not found[-1].sound:
                print(f"not sound: {found[-1]}", file=sys.stderr, flush=True)
    return found


async def soak(settings: Settings, venue: PaperVenue, trials: int) -> int:
    """Run the trials and print their figures; the number of violations."""
    sql = await asyncpg.connect(settings.database_url)
    floor = TradingFloor(settings, sql, venue)
    await floor.open()
    try:
        held = KillTrials(floor)
        found = await press_again(held, trials)
        bad = sum(not trial.sound for trial in found)
        say("trials", len(found), "count", "500")
        say("entries_passed_before_the_halt", sum(trial.entered for trial in found), "count", "many")
        say("gates_after_the_halt", sum(trial.late_gates for trial in found), "count", "0")
        say("entries_sent_after_quiet", sum(trial.late_entries for trial in found), "count", "0")
        say("entries_accepted_after_quiet", sum(trial.taken_late for trial in found), "count", "0")
        say("left_at_the_venue", sum(trial.left for trial in found), "count", "0")
        halts = [trial.halt_ms for trial in found]
        say("halt_p50", round(float(np.percentile(halts, 50)), 1), "ms", "")
        say("halt_p99", round(float(np.percentile(halts, 99)), 1), "ms", "250")
        flats = [trial.flat_seconds for trial in found]
        say("flat_p50", round(float(np.percentile(flats, 50)), 2), "s", "")
    finally:
        await floor.close()
        await sql.close()
    return bad


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    options = ("--feed", "synthetic", "--seed", "7", "--weight-limit", str(WEIGHT_LIMIT))
    with benchmark_settings() as settings, TemporaryDirectory(prefix="stackalpha-kill-") as folder:
        venue = PaperVenue(Path(folder), options)
        venue.start()
        try:
            venue.pause()
            bad = asyncio.run(soak(settings, venue, arguments.trials))
        finally:
            venue.stop()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
