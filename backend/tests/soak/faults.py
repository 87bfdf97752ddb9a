"""Tens of thousands of orders under every fault of the paper exchange; five invariants are counted.

    make soak NAME=faults ARGS="--orders 50000"

Several lanes work in parallel, each a process with a database, a paper exchange and an executor of its own. A cycle
takes a few wallets in five markets from the entry over moved stops and parts that are left to the exit, while several
faults at once befall requests and frames. After every cycle the venue's own record is the judge:

I1  one accepted entry per signal and wallet (or    I4  every open position protected within its bound
    several that together are no more than planned)
I2  every order of ours at the venue is known       I5  no order without a committed intent of an approved
I3  position = sum of fills = the venue's                decision

What was done is kept in a file, so that a run that was stopped goes on.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import queue
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

from app.core.config import ROOT_DIR
from tests.service_host import TestServices, own_services
from tests.soak.fault_lane import BOUND_SECONDS, FaultLane

LANES_OF_A_SERVER: Final = 6  # each holds thirty to forty-five connections to its database
LOOK_SECONDS: Final = 1.0
LAST_CYCLE_SECONDS: Final = 600.0
INVARIANTS: Final = ("i1", "i2", "i3", "i4", "i5")
SHOWN: Final = 10


@dataclass(slots=True)
class Tormented:
    """What one cycle showed; times in seconds."""

    orders: int = 0
    violations: dict[str, int] = field(default_factory=dict)
    partial_fills: int = 0
    refused_later: int = 0
    naked: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    fired: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


class Ledger:
    """What was done so far, one line per cycle, read again when a run goes on."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            path.unlink(missing_ok=True)
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.cycles = [Tormented(**json.loads(line)) for line in lines]
        self._begun, self._before = time.monotonic(), self.orders

    def add(self, cycle: Tormented) -> None:
        self.cycles.append(cycle)
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(cycle)) + "\n")

    def tell(self, wanted: int) -> None:
        """How far it is, how fast it goes, and when it will be done at that pace."""
        left = f"{(wanted - self.orders) / self.pace:.0f} min to go" if self.pace > 0 else "no pace yet"
        sys.stderr.write(
            f"\r{self.orders} of {wanted} orders, {self.pace:.0f} a minute, {left},"
            f" {self.violations.total()} violations  "
        )
        sys.stderr.flush()

    @property
    def orders(self) -> int:
        return sum(cycle.orders for cycle in self.cycles)

    @property
    def pace(self) -> float:
        """Orders per minute of this run."""
        return (self.orders - self._before) / ((time.monotonic() - self._begun) / 60)

    @property
    def violations(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for cycle in self.cycles:
            total.update(cycle.violations)
        return total


def servers_of(arguments: argparse.Namespace, lane: int) -> Path:
    """The folder of the lane's servers."""
    folder: Path = arguments.folder / f"services_{lane // LANES_OF_A_SERVER}"
    return folder


async def run_lane(
    number: int, services: TestServices, arguments: argparse.Namespace, told: "Queue[Tormented]", done: Event
) -> None:
    """Cycle after cycle until there are enough orders or the time is up."""
    lane = FaultLane(
        number, services, servers_of(arguments, number), arguments.folder / "lanes", wallets=arguments.wallets
    )
    await lane.open()
    try:
        fired: Counter[str] = Counter()
        while not done.is_set():
            begun = time.monotonic()
            cycle, violations = await lane.tormented()
            so_far = Counter(lane.fired())
            told.put(
                Tormented(
                    orders=cycle.orders,
                    violations=violations,
                    partial_fills=cycle.partial_fills,
                    refused_later=lane.refused_later,
                    naked=cycle.naked,
                    known=cycle.known,
                    settled=cycle.settled,
                    wrong=cycle.wrong,
                    fired=dict(so_far - fired),
                    seconds=round(time.monotonic() - begun, 1),
                )
            )
            fired = so_far
    finally:
        await lane.close()


def serve_lane(
    number: int, services: TestServices, arguments: argparse.Namespace, told: "Queue[Tormented]", done: Event
) -> None:
    """A lane's process. An interruption reaches it as the end of the run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(run_lane(number, services, arguments, told, done))


def run(arguments: argparse.Namespace, services: Mapping[Path, TestServices]) -> int:
    """Let the lanes work until there are enough orders, write down what they tell, and print the figures."""
    ledger, begun = Ledger(arguments.folder / "faults.jsonl", fresh=arguments.fresh), time.monotonic()
    end = begun + arguments.minutes * 60
    context = multiprocessing.get_context("spawn")
    told: Queue[Tormented] = context.Queue()
    done = context.Event()
    lanes = [
        context.Process(
            target=serve_lane,
            args=(number, services[servers_of(arguments, number)], arguments, told, done),
        )
        for number in range(arguments.lanes)
    ]
    for lane in lanes:
        lane.start()
    try:
        while any(lane.is_alive() for lane in lanes):
            _take(told, ledger, arguments.orders)
            if ledger.orders >= arguments.orders or time.monotonic() > end or any(map(_failed, lanes)):
                done.set()
    finally:
        done.set()
        for lane in lanes:
            lane.join(LAST_CYCLE_SECONDS)
    while not told.empty():
        _take(told, ledger, arguments.orders)
    pace, seconds = ledger.pace, time.monotonic() - begun
    sys.stderr.write("\n")
    return report(arguments, ledger, pace, seconds, sum(map(_failed, lanes)))


def _failed(lane: multiprocessing.process.BaseProcess) -> bool:
    return lane.exitcode not in (None, 0)


def _take(told: "Queue[Tormented]", ledger: Ledger, wanted: int) -> None:
    try:
        ledger.add(told.get(timeout=LOOK_SECONDS))
    except queue.Empty:
        return
    ledger.tell(wanted)


def report(arguments: argparse.Namespace, ledger: Ledger, pace: float, seconds: float, failed: int) -> int:
    """One JSON object per figure; 1 when an invariant was violated, there were too few orders, or a lane failed."""

    def line(name: str, value: object, unit: str, limit: object = None) -> None:
        print(json.dumps({"name": f"faults.{name}", "value": value, "unit": unit, "limit": limit}))

    def cuts(name: str, values: list[float], unit: str, limit: float | None = None) -> None:
        for cut, place in (("p50", len(values) // 2), ("p95", int(len(values) * 0.95)), ("max", -1)):
            line(f"{name}_{cut}_s", values[place] if values else None, unit, limit)

    cycles, violations = ledger.cycles, ledger.violations
    line("orders", ledger.orders, "orders", arguments.orders)
    line("violations", violations.total(), "violations", 0)
    for name in INVARIANTS:
        line(name, violations[name], "violations", 0)
    fired: Counter[str] = Counter()
    for cycle in cycles:
        fired.update(cycle.fired)
    line("fired", dict(fired.most_common()), "times that each fault befell a request or a frame")
    naked = sorted(seconds for cycle in cycles for seconds in cycle.naked)
    cuts("naked", naked, "seconds from the entry's sending to its live stop", BOUND_SECONDS)
    known = sorted(seconds for cycle in cycles for seconds in cycle.known)
    cuts("known", known, "seconds from the entry's sending until we knew of its live stop")
    settled = sorted(seconds for cycle in cycles for seconds in cycle.settled)
    cuts("settled", settled, "seconds from a leg's work until every wallet was at rest")
    line("partial_fills", sum(cycle.partial_fills for cycle in cycles), "orders filled in part")
    refused = sum(cycle.refused_later for cycle in cycles)
    line("refused_later", refused, "attempts that never arrived, whose next one the gate refused")
    line("lanes_failed", failed, "lanes", 0)
    line("seconds", round(seconds, 1), "seconds of this run")
    line("orders_per_minute", round(pace), "orders a minute")
    line(
        "forecast_minutes", round(arguments.orders / pace, 1) if pace else None, "minutes of a fresh run", 20
    )
    for text in [wrong for cycle in cycles for wrong in cycle.wrong][:SHOWN]:
        sys.stderr.write(f"{text}\n")
    return 0 if ledger.orders >= arguments.orders and not violations.total() and not failed else 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--lanes", type=int, default=3 * (os.cpu_count() or 2), help="much of it is waiting")
    parser.add_argument("--wallets", type=int, default=8, help="wallets that trade at once in a lane")
    parser.add_argument("--minutes", type=float, default=120.0, help="stop after this long")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run did")
    parser.add_argument("--folder", type=Path, default=ROOT_DIR / "var" / "soak-faults")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    folders = {servers_of(arguments, number) for number in range(arguments.lanes)}
    with ExitStack() as stack:
        return run(
            arguments, {folder: stack.enter_context(own_services(folder)) for folder in sorted(folders)}
        )


if __name__ == "__main__":
    raise SystemExit(main())
