"""Mutation testing of the rules: `make soak NAME=mutation ARGS="--minutes 60"`.

Every mutant of every module of `app/domain` meets the tests of the domain. At the gate the same is done with a real
database: its services that bring facts, settings and limits together are mutated, and every limit is unwired by
itself and at each level, before tests in which a signal goes in and an order or a stored refusal comes out. Which of
these tests noticed is printed for every limit.

First it is recorded which test runs which lines (`mutant_reach.py`), so that a mutant meets only tests that can
notice it, the likeliest first, until one does. A mutant of a function meets them in a fork of a process that has
loaded everything (`mutant_nursery.py`); one of a table, a constant or of what runs while modules are loaded has its
module and the tests loaded anew. Mutants run in parallel, each with its own allowance of processor time, so that a
busy machine kills none.

What is known is kept in `var/mutation.jsonl`, so that a run that was stopped goes on where it was: a death stands as
long as the mutant's text and the test that killed it do, a survivor until any of its tests changes. A mutant whose
line no test runs has survived; so has one that no test of the first `--patience` seconds notices, although a slower
one might (delete the file to ask with more patience), and one that does not end, unless `ENDLESS`
(`equivalent_mutants.py`) proves that it cannot. Those in `EQUIVALENT` answer like the original and are left out of the
score, each with its reason.

Ends with 1 where fewer than nine in ten of the domain, of the gate's services or of the unwired limits are killed, or
a limit can be unwired unnoticed. `--modules` chooses modules, `risk` those that decide about an entry, `all` the
whole domain, `gate` the services of the gate, `unwired` the limits unwired at the gate; the last three are the default.
Where not all were tried, because of `--sample` or `--minutes`, the interval of confidence is given: the order is a
lottery's.

mutmut and cosmic-ray were not taken: both start an interpreter and a test session per mutant, some three
seconds each here before the first test, and neither knows how to unwire a limit.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.domain.limit_table import LIMITS
from tests.service_host import own_services
from tests.soak.mutant_nursery import Work, nurse
from tests.soak.mutant_reach import ReachBook
from tests.soak.mutant_trial import (
    APP,
    NOT_REACHED,
    SERVICES,
    Bench,
    Trial,
    Verdict,
    begin,
    finished,
    path_of,
)
from tests.soak.mutants import mutants_of, unbound_limits, unwired_limits
from tests.soak.mutation_score import UNWIRED, judge
from tests.soak.tests_of_modules import version_of

KNOWN = Path(__file__).parents[3] / "var" / "mutation.jsonl"
RISK = (
    "limit_checks", "limit_rules", "limit_table", "limit_columns", "limit_figures", "limit_measures", "limits",
    "limit_use", "order_amounts", "review_columns", "one_row", "elementwise", "risk_limits", "sizing",
    "sizing_columns", "sizing_methods", "trade_costs", "fixed_point", "loss_windows", "drawdown",
    "correlation", "liquidation", "exposure", "row_taking", "decision", "receipts", "value_reading",
    "settings_rules", "defaults", "profiles",
)  # fmt: skip
GATE = tuple(
    f"{SERVICES}trading.{name}"
    for name in ("rulebook", "risk_picture", "holdings", "windows", "proposals", "ceilings", "scheduled_hours",
                 "correlations")
)  # fmt: skip
RULEBOOK = f"{SERVICES}trading.rulebook"
_NAMES = {declared.field: declared.name for declared in LIMITS}
REACH = KNOWN.with_name("mutation_reach")


def main() -> int:
    """Try every mutant that is not known yet, print the survivors and each module's score, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30, help="after which no further mutant is begun")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument(
        "--modules",
        nargs="*",
        default=["all", "gate", UNWIRED],
        help="names, `risk`, `gate`, `unwired` or `all`",
    )
    parser.add_argument(
        "--patience", type=float, default=5, help="seconds of tests that a mutant meets at most"
    )
    parser.add_argument("--sample", type=int, help="this many mutants of each module, at random")
    chosen = parser.parse_args()
    drawn = {module: _trials(module) for module in _modules(chosen.modules)}
    trials = [trial for held in drawn.values() for trial in _sampled(held, chosen.sample)]
    known = _known()
    waiting = [trial for trial in trials if trial.tests and _verdict(trial, known) is None]
    # In an order that chance has drawn once: whoever stops has seen a sample. What was tried before comes first.
    waiting.sort(key=lambda trial: ((trial.judged, trial.text) not in known, trial.text))
    deadline = time.monotonic() + chosen.minutes * 60
    if waiting:
        with tempfile.TemporaryDirectory(prefix="stackalpha-mutation-") as folder, ExitStack() as servers:
            if any(trial.at_gate for trial in waiting):
                servers.enter_context(own_services(Path(folder) / "servers"))
                import_module("tests.services.trading.gate_racer")  # what it stands on is loaded once for all
            places = _Places(Path(folder) / "servers", chosen.processes)
            for at_gate in (False, True):
                side = [trial for trial in waiting if trial.at_gate is at_gate]
                if side and not _try(side, places, deadline, chosen.patience):
                    sys.stdout.write("The tests fail without a mutant: nothing can be told.\n")
                    return 2
    known = _known()
    verdicts = [(trial, _verdict(trial, known) or _survived_before(trial, known)) for trial in trials]
    return judge(verdicts, {module: len(held) for module, held in drawn.items()})


def _domain() -> list[str]:
    return [
        str(path.relative_to(APP / "domain").with_suffix("")).replace("/", ".")
        for path in sorted((APP / "domain").rglob("*.py"))
        if path.name != "__init__.py"
    ]


def _modules(asked: Sequence[str]) -> list[str]:
    every = _domain()
    chosen: dict[str, None] = {}
    for name in asked:
        chosen |= dict.fromkeys({"all": every, "risk": RISK, "gate": GATE}.get(name, (name,)))
    unknown = set(chosen) - {*every, *GATE, UNWIRED}
    if unknown:
        raise SystemExit(f"There is no {', '.join(sorted(unknown))} to mutate.")
    return list(chosen)


def _trials(module: str) -> list[Trial]:
    if module == UNWIRED:
        return _limits_at_the_gate()
    source = path_of(module).read_text()
    held = list(mutants_of(source))
    if module == "limit_checks":
        held += list(unwired_limits(source))
    at_gate = module.startswith(SERVICES)
    return [Trial(module, one.name, one.source, at_gate, _asked_first(one.name), one.lines) for one in held]


def _asked_first(name: str) -> str:
    """Tests with this in their name come first: those of the limit that is unwired."""
    return _NAMES.get(name.split()[1], "") if name.startswith("unwired") else ""


def _sampled(held: list[Trial], sample: int | None) -> list[Trial]:
    """Return that many of a module's mutants at random, and every limit that is unwired."""
    unwired = [trial for trial in held if trial.unwires]
    others = [trial for trial in held if not trial.unwires]
    if sample is None or sample >= len(others):
        return held
    return [*random.Random(held[0].judged).sample(others, sample), *unwired]  # a sample, no secret


def _limits_at_the_gate() -> list[Trial]:
    """Every limit unwired where the gate takes it from the settings; the tests that name it come first."""
    return [
        Trial(RULEBOOK, one.name, one.source, at_gate=True, first=_asked_first(one.name))
        for one in unbound_limits(path_of(RULEBOOK).read_text())
    ]


class _Places:
    """Databases at which one process at a time may run tests of the gate."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.count = count
        self._free = list(range(count))
        self._taken: dict[int, int] = {}

    @property
    def are_left(self) -> bool:
        return bool(self._free)

    def begin(self, trial: Trial | None, tests: tuple[str, ...], *, at_gate: bool) -> int:
        """Start a trial at a free place; returns its process."""
        place = self._free.pop()
        pid = begin(trial, tests, Bench(self.folder, os.getpid(), place) if at_gate else None)
        self._taken[pid] = place
        return pid

    def finished(self) -> tuple[int, Verdict]:
        """Wait for a process that was begun, whose place is free again."""
        pid, verdict = finished()
        self._free.append(self._taken.pop(pid))
        return pid, verdict


def _try(waiting: Sequence[Trial], places: _Places, deadline: float, patience: float) -> bool:
    """Run the mutants in parallel until all are told or the time is over; False where the tests fail by themselves."""
    columns = (
        TextColumn("mutants"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    at_gate, anew = waiting[0].at_gate, places.folder.with_name("anew.json")
    with Progress(*columns, auto_refresh=False, transient=not sys.stdout.isatty()) as progress:
        board = _Board(progress, len(waiting))
        work = Work(
            trials=waiting,
            modules=GATE if at_gate else _domain(),
            tests=tuple(sorted({test for trial in waiting for test in trial.tests})),
            folder=places.folder,
            controller=os.getpid(),
            at_gate=at_gate,
            processes=places.count,
            deadline=deadline,
            book=ReachBook(REACH),
            patience=patience,
        )
        if not nurse(work, board.tell, anew):
            return False
        left = set(json.loads(anew.read_text()))
        for trial, verdict in _tried([one for one in waiting if one.text in left], places, deadline):
            board.tell(trial, verdict)
    return True


class _Board:
    """Keeps and shows what is known."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._bar = progress.add_task("", total=total)
        self._survived = 0

    def tell(self, trial: Trial, verdict: Verdict) -> None:
        """One mutant more."""
        _keep(trial, verdict)
        self._survived += verdict.killed_by is None
        self._progress.update(self._bar, advance=1, description=f"{self._survived} survived; {trial.judged}")
        self._progress.refresh()


def _tried(waiting: Sequence[Trial], places: _Places, deadline: float) -> Iterator[tuple[Trial, Verdict]]:
    left = list(reversed(waiting))
    running: dict[int, Trial] = {}
    while running or (left and time.monotonic() < deadline):
        while left and places.are_left and time.monotonic() < deadline:
            trial = left.pop()
            running[places.begin(trial, trial.tests, at_gate=trial.at_gate)] = trial
        pid, verdict = places.finished()
        yield running.pop(pid), verdict


def _verdict(trial: Trial, known: dict[tuple[str, str], Verdict]) -> Verdict | None:
    """What is known of a mutant, None where a test on which that rests has changed."""
    if not trial.tests:
        return Verdict(None, "", NOT_REACHED)
    held = known.get((trial.judged, trial.text))
    if held is None:
        return None
    on = trial.tests if held.killed_by is None else (held.killed_by,)
    return held if held.tests == _version(on) else None


def _survived_before(trial: Trial, known: dict[tuple[str, str], Verdict]) -> Verdict | None:
    """What was left alive stays so until a test has noticed it, or those that were tried would be told too well."""
    held = known.get((trial.judged, trial.text))
    return held if held is not None and held.killed_by is None else None


@cache
def _version(tests: tuple[str, ...]) -> str:
    return version_of(tests)


def _known() -> dict[tuple[str, str], Verdict]:
    if not KNOWN.exists():
        return {}
    held = [json.loads(line) for line in KNOWN.read_text().splitlines()]
    return {
        (one["module"], one["text"]): Verdict(one["killed_by"], one["tests"], one.get("by", ""))
        for one in held
    }


def _keep(trial: Trial, verdict: Verdict) -> None:
    KNOWN.parent.mkdir(exist_ok=True)
    line = {
        "module": trial.judged,
        "mutant": trial.name,
        "text": trial.text,
        "killed_by": verdict.killed_by,
        "tests": verdict.tests,
        "by": verdict.by,
    }
    with KNOWN.open("a") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
