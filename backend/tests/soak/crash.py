"""kill -9 at every labelled point, under every fault, at every leg, and at random; the venue is the judge.

    make soak NAME=crash ARGS="--kills 1000"

Several lanes work in parallel, each with a database, a paper exchange and an executor of its own. A cycle takes a
few wallets from the entry over a moved stop and a part that is left to the exit, with one kill at each leg; books
too thin for the order fill it in part, and on every second lane the market moves, so that stops trigger while
they are moved. After every kill another executor must bring everything to rest, and then our books are compared
with the venue's own record. What was done is kept in a file, so that a run that was stopped goes on.

Afterwards the same lanes run two executors that are wrong on purpose: one that sends before it commits, and one
with a margin that is too small. A run that does not find them out has proven nothing, and fails.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path

from app.core.config import ROOT_DIR
from tests.service_host import TestServices, own_services
from tests.services.trading.mutants import MUTANTS
from tests.soak.crash_lane import SETTLE_SECONDS, Cycle, Lane
from tests.soak.crash_plan import GROUPS, Blow, at_random, every_label, every_pair

SERVICES = "services"
MOST_TRIES = 3  # of a pair whose label is not passed
PAIRED = 0.75  # of the kills are at a label while pairs are left, the others at a random moment
FIRST_MUTANT = 12
MUTANT_CYCLES = 6
MUTANT_SECONDS = 6.0  # a wrong one does not come to rest: no need to wait for it
MUTANT_BLOWS = {
    "send_first": Blow("entry", "after_response_entry", "none"),
    "small_margin": Blow("entry", "after_unknown_entry", "late+stale"),
}
SHOWN = 10


class Ledger:
    """What was done so far, one line per cycle, read again when a run goes on."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            path.unlink(missing_ok=True)
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.cycles = [Cycle(**json.loads(line)) for line in lines]
        self._begun, self._before = time.monotonic(), self.kills

    def add(self, cycle: Cycle) -> None:
        self.cycles.append(cycle)
        with self._path.open("a") as file:
            file.write(json.dumps(cycle.as_row()) + "\n")

    def tell(self, wanted: int, pairs_left: int) -> None:
        """How far it is, how fast it goes, and when it will be done at that pace."""
        minutes = (time.monotonic() - self._begun) / 60
        pace = (self.kills - self._before) / minutes
        left = f"{max(wanted - self.kills, 0) / pace:.0f} min to go" if pace > 0 else "no pace yet"
        violations = sum(cycle.violations for cycle in self.cycles)
        sys.stderr.write(
            f"\r{self.kills} of {wanted} kills, {pace:.0f} a minute, {left}, {pairs_left} pairs left,"
            f" {violations} violations  "
        )
        sys.stderr.flush()

    @property
    def pace(self) -> float:
        """Kills per minute of this run."""
        return (self.kills - self._before) / ((time.monotonic() - self._begun) / 60)

    @property
    def kills(self) -> int:
        return sum(len(cycle.struck) for cycle in self.cycles)

    @property
    def struck(self) -> set[str]:
        return {key for cycle in self.cycles for key in cycle.struck}

    @property
    def missed(self) -> list[str]:
        return [key for cycle in self.cycles for key in cycle.missed]


class Plan:
    """The pairs that are left, by the legs of a cycle; at random where a leg has none left. A pair whose label was
    not passed comes again, at most `MOST_TRIES` times in all."""

    def __init__(self, struck: Iterable[str], missed: Iterable[str], seed: int) -> None:
        self._dice = random.Random(seed)
        known, self._tries = set(struck), Counter(missed)
        pairs = [
            blow for blow in every_pair() if blow.key not in known and self._tries[blow.key] < MOST_TRIES
        ]
        self._pairs = {blow.key: blow for blow in pairs}
        self._dice.shuffle(pairs)
        self._left = [deque(blow for blow in pairs if blow.leg in group) for group in GROUPS]

    def next_cycle(self) -> list[Blow]:
        """One kill for every leg of a cycle."""
        return [
            left.popleft() if left and self._dice.random() < PAIRED else at_random(group[0], self._dice)
            for left, group in zip(self._left, GROUPS, strict=True)
        ]

    def not_passed(self, keys: Iterable[str]) -> None:
        """These were armed and nobody came by."""
        for key in keys:
            self._tries[key] += 1
            blow = self._pairs.get(key)
            if blow is not None and self._tries[key] < MOST_TRIES:
                next(
                    left for left, group in zip(self._left, GROUPS, strict=True) if blow.leg in group
                ).append(blow)

    @property
    def pairs_left(self) -> int:
        return sum(map(len, self._left))


async def run_lane(
    number: int, services: TestServices, arguments: argparse.Namespace, plan: Plan, ledger: Ledger, end: float
) -> None:
    """Cycle after cycle until the kills are made and every pair was tried, or the time is up."""
    lane = Lane(
        number, services, arguments.folder / SERVICES, arguments.folder / "lanes", wallets=arguments.wallets
    )
    await lane.open()
    try:
        while (ledger.kills < arguments.kills or plan.pairs_left) and time.monotonic() < end:
            cycle = await lane.cycle(plan.next_cycle())
            plan.not_passed(cycle.missed)
            ledger.add(cycle)
            ledger.tell(arguments.kills, plan.pairs_left)
    finally:
        await lane.close()


async def is_caught(mutant: str, services: TestServices, services_folder: Path, folder: Path) -> bool:
    """Whether the driver finds an executor out that is wrong on purpose."""
    number = FIRST_MUTANT + 2 * MUTANTS.index(mutant)  # an even number: the market stands still
    lane = Lane(
        number, services, services_folder, folder, wallets=2, mutant=mutant, settle_seconds=MUTANT_SECONDS
    )
    await lane.open()
    try:
        for _ in range(MUTANT_CYCLES):
            if (await lane.cycle([MUTANT_BLOWS[mutant]])).violations:
                return True
        return False
    finally:
        await lane.close()


async def run(arguments: argparse.Namespace, services: TestServices) -> int:
    ledger = Ledger(arguments.folder / "crash.jsonl", fresh=arguments.fresh)
    plan, begun = Plan(ledger.struck, ledger.missed, arguments.seed), time.monotonic()
    end = begun + arguments.minutes * 60
    await asyncio.gather(
        *(run_lane(number, services, arguments, plan, ledger, end) for number in range(arguments.lanes))
    )
    pace = ledger.pace
    caught = [
        mutant
        for mutant in MUTANTS
        if await is_caught(mutant, services, arguments.folder / SERVICES, arguments.folder / "lanes")
    ]
    sys.stderr.write("\n")
    return report(arguments, ledger, caught, pace, time.monotonic() - begun)


def report(
    arguments: argparse.Namespace, ledger: Ledger, caught: list[str], pace: float, seconds: float
) -> int:
    """One JSON object per figure; 1 when a safety figure is not zero, or a mutant was not found out."""
    cycles = ledger.cycles
    naked = sorted(second for cycle in cycles for second in cycle.naked)
    counts = {
        name: sum(getattr(cycle, name) for cycle in cycles)
        for name in ("duplicates", "lost", "unwritten", "unprotected", "differences")
    }

    def line(name: str, value: object, unit: str, limit: object = None) -> None:
        print(json.dumps({"name": f"crash.{name}", "value": value, "unit": unit, "limit": limit}))

    line("kills", ledger.kills, "kills", arguments.kills)
    for name, value in counts.items():
        line(name, value, name, 0)
    known = sorted(second for cycle in cycles for second in cycle.known)
    for name, fraction in (("p50", 0.5), ("p95", 0.95), ("max", 1.0)):
        for what, values, until in (("naked", naked, "to"), ("known", known, "until we knew of")):
            value = values[min(int(len(values) * fraction), len(values) - 1)] if values else None
            line(f"{what}_{name}_s", value, f"seconds from the entry's sending {until} its live stop")
    settled = sorted(second for cycle in cycles for second in cycle.settled)
    for name, place in (("p95", int(len(settled) * 0.95)), ("max", -1)):
        value = settled[place] if settled else None
        line(f"settled_{name}_s", value, "seconds from a blow until every wallet was at rest", SETTLE_SECONDS)
    line("mutants_caught", len(caught), "mutants", len(MUTANTS))
    pairs = {blow.key for blow in every_pair()}
    labels = every_label()
    seen = {key.partition("/")[0] for key in ledger.struck}
    line("labels_struck", len(labels & seen), "crash points at which an executor was killed", len(labels))
    line("pairs_struck", len(pairs & ledger.struck), "pairs of crash point and fault", len(pairs))
    line("random_struck", len(ledger.struck - pairs), "pairs of leg and fault, killed at a random moment")
    line("missed", len(ledger.missed), "times that a label was armed and not passed")
    line("orders", sum(cycle.orders for cycle in cycles), "orders")
    line("partial_fills", sum(cycle.partial_fills for cycle in cycles), "orders filled in part")
    races = sum(cycle.cancel_races for cycle in cycles)
    line("cancel_races", races, "stops that filled although another had taken their place, or was about to")
    line("kills_per_minute", round(pace, 1), "kills a minute")
    line("forecast_minutes", round(arguments.kills / pace, 1) if pace else None, "minutes of a fresh run", 30)
    line("seconds", round(seconds, 1), "seconds of this run")
    for text in [wrong for cycle in cycles for wrong in cycle.wrong][:SHOWN]:
        sys.stderr.write(f"{text}\n")
    enough = ledger.kills >= arguments.kills and len(caught) == len(MUTANTS)
    return 0 if enough and not any(counts.values()) else 1


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument(
        "--lanes", type=int, default=3 * (os.cpu_count() or 2) // 2, help="much of it is waiting"
    )
    parser.add_argument("--wallets", type=int, default=3, help="wallets that trade at once in a lane")
    parser.add_argument("--minutes", type=float, default=28.0, help="stop striking after this long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run did")
    parser.add_argument("--folder", type=Path, default=ROOT_DIR / "var" / "soak-crash")
    return parser.parse_args(arguments)


def main() -> int:
    arguments = parse()
    with own_services(arguments.folder / SERVICES) as services:
        return asyncio.run(run(arguments, services))


if __name__ == "__main__":
    raise SystemExit(main())
