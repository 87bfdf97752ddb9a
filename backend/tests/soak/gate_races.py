"""A hundred concurrent signals over eight processes against one limit, again and again, with kill -9 among them.

    make soak NAME=gate_races ARGS="--rounds 200 --others 200"

Prints one JSON object per figure; exits 1 when a limit was passed, a capacity was not filled, or an entry was turned
down that still fitted.
"""

import argparse
import asyncio
import json
import sys

import asyncpg

from app.core.config import Settings
from benchmarks.served import benchmark_settings
from tests.services.trading.gate_races import KINDS, Races, RoundResult


async def run(rounds: int, others: int, races: Races) -> list[RoundResult]:
    """Rounds of positions, then of each other kind; every third kills one process, every ninth two."""
    plan = ["positions"] * rounds + [kind for kind in KINDS if kind != "positions"] * others
    results = []
    await races.open()
    try:
        for number, kind in enumerate(plan):
            kills = 2 if number % 9 == 8 else int(number % 3 == 2)
            results.append(await races.round(kind, kills))
            if not results[-1].sound:
                print(f"not sound: {results[-1]}", file=sys.stderr, flush=True)
    finally:
        races.close()
    return results


async def soak(settings: Settings, rounds: int, others: int) -> list[RoundResult]:
    """The rounds over that database."""
    sql = await asyncpg.connect(settings.database_url)
    try:
        return await run(rounds, others, Races(settings, sql))
    finally:
        await sql.close()


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--others", type=int, default=200, help="rounds of each of the other limits")
    arguments = parser.parse_args()
    with benchmark_settings() as settings:
        results = asyncio.run(soak(settings, arguments.rounds, arguments.others))
    violations = sum(not result.sound for result in results)
    for name, value in (
        ("gate_races.rounds", len(results)),
        ("gate_races.asks", sum(result.asked for result in results)),
        ("gate_races.kills", sum(result.killed for result in results)),
        ("gate_races.violations", violations),
    ):
        print(json.dumps({"name": name, "value": value, "unit": "count", "limit": "0 violations"}))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
