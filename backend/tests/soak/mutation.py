"""Mutation testing of the rules: `make soak NAME=mutation ARGS="--minutes 30"`.

Every mutant of a module of `app/domain` is run against the tests of the domain that reach the module; one that
no test notices has survived. Mutants run in parallel, each in a process of its own with its own allowance of
processor time, so that a busy machine kills none. What is known is kept in `var/mutation.jsonl`, so that a run
that was stopped goes on where it was: a death stands as long as the mutant's text and the test that killed it
do, a survivor until any of its tests changes. Survivors in `EQUIVALENT` (`equivalent_mutants.py`) answer like
the original and are left out of the score, each with its reason.

At the gate the same is done with a real database: its services that bring facts, settings and limits together are
mutated, and every limit is unwired by itself and at each level, before tests in which a signal goes in and an order
or a stored refusal comes out. Which of these tests noticed is printed for every limit.

Ends with 1 where fewer than nine in ten are killed, or a limit can be unwired unnoticed. `--modules` chooses
modules, `risk` those that decide about an entry, `gate` the services of the gate, `limits` the limits unwired at the
gate; those three are the default. `all` is the whole domain.

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
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.domain.limit_table import LIMITS
from tests.service_host import own_services
from tests.soak.equivalent_mutants import EQUIVALENT
from tests.soak.mutant_trial import APP, SERVICES, Bench, Trial, Verdict, begin, finished, path_of
from tests.soak.mutants import mutants_of, unbound_limits, unwired_limits
from tests.soak.tests_of_modules import version_of

KNOWN = Path(__file__).parents[3] / "var" / "mutation.jsonl"
RISK = (
    "limit_checks", "limit_rules", "limit_table", "limit_columns", "limit_figures", "limits", "limit_use",
    "order_amounts", "review_columns", "one_row", "elementwise", "risk_limits", "sizing", "sizing_columns",
    "sizing_methods", "trade_costs", "fixed_point", "loss_windows", "drawdown", "loss_streak", "correlation",
    "liquidation", "exposure", "decision", "receipts", "canonical_text", "settings_rules", "defaults", "profiles",
)  # fmt: skip
GATE = tuple(
    f"{SERVICES}trading.{name}"
    for name in ("rulebook", "risk_picture", "holdings", "windows", "proposals", "ceilings", "scheduled_hours",
                 "correlations")
)  # fmt: skip
RULEBOOK = f"{SERVICES}trading.rulebook"
LIMITS_AT_GATE = "limits"
LEAST_KILLED = 0.9


def main() -> int:
    """Try every mutant that is not known yet, print the survivors and each module's score, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30, help="after which no further mutant is begun")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument(
        "--modules",
        nargs="*",
        default=["risk", "gate", LIMITS_AT_GATE],
        help="names, `risk`, `gate`, `limits` or `all`",
    )
    parser.add_argument("--sample", type=int, help="this many mutants of each module, at random")
    chosen = parser.parse_args()
    trials = [trial for module in _modules(chosen.modules) for trial in _trials(module, chosen.sample)]
    known = _known()
    reached = [trial for trial in trials if trial.tests]
    waiting = [trial for trial in reached if _verdict(trial, known) is None]
    random.Random(0).shuffle(waiting)  # a run that is stopped has then seen some of every module
    deadline = time.monotonic() + chosen.minutes * 60
    if waiting:
        with tempfile.TemporaryDirectory(prefix="stackalpha-mutation-") as folder, ExitStack() as servers:
            if any(trial.at_gate for trial in waiting):
                servers.enter_context(own_services(Path(folder) / "servers"))
                import_module("tests.services.trading.gate_racer")  # what it stands on is loaded once for all
            places = _Places(Path(folder) / "servers", chosen.processes)
            if not _sound(waiting, places):
                sys.stdout.write("The tests fail without a mutant: nothing can be told.\n")
                return 2
            _try(waiting, known, places, deadline)
    return _judge(trials, known)


def _modules(asked: Sequence[str]) -> list[str]:
    every = [
        str(path.relative_to(APP / "domain").with_suffix("")).replace("/", ".")
        for path in sorted((APP / "domain").rglob("*.py"))
        if path.name != "__init__.py"
    ]
    chosen: dict[str, None] = {}
    for name in asked:
        chosen |= dict.fromkeys({"all": every, "risk": RISK, "gate": GATE}.get(name, (name,)))
    unknown = set(chosen) - {*every, *GATE, LIMITS_AT_GATE}
    if unknown:
        raise SystemExit(f"There is no {', '.join(sorted(unknown))} to mutate.")
    return list(chosen)


def _trials(module: str, sample: int | None) -> list[Trial]:
    if module == LIMITS_AT_GATE:
        return _limits_at_the_gate()
    source = path_of(module).read_text()
    held = list(mutants_of(source))
    if sample is not None and sample < len(held):
        held = random.Random(module).sample(held, sample)  # a sample, no secret
    if module == "limit_checks":
        held += list(unwired_limits(source))
    return [Trial(module, one.name, one.source, module.startswith(SERVICES)) for one in held]


def _limits_at_the_gate() -> list[Trial]:
    """Every limit unwired where the gate takes it from the settings; the tests that name it come first."""
    names = {declared.field: declared.name for declared in LIMITS}
    return [
        Trial(RULEBOOK, one.name, one.source, at_gate=True, first=names[one.name.split()[1]])
        for one in unbound_limits(path_of(RULEBOOK).read_text())
    ]


class _Places:
    """Databases at which one process at a time may run tests of the gate."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._free = list(range(count))
        self._taken: dict[int, int] = {}

    @property
    def are_left(self) -> bool:
        return bool(self._free)

    def begin(self, trial: Trial | None, tests: tuple[str, ...], *, at_gate: bool) -> int:
        """Start a trial at a free place; returns its process."""
        place = self._free.pop()
        pid = begin(trial, tests, Bench(self._folder, os.getpid(), place) if at_gate else None)
        self._taken[pid] = place
        return pid

    def finished(self) -> tuple[int, Verdict]:
        """Wait for a process that was begun, whose place is free again."""
        pid, verdict = finished()
        self._free.append(self._taken.pop(pid))
        return pid, verdict


def _sound(trials: Sequence[Trial], places: _Places) -> bool:
    """Whether the tests pass as long as nothing is wrong."""
    for at_gate in {trial.at_gate for trial in trials}:
        tests = {test for trial in trials if trial.at_gate is at_gate for test in trial.tests}
        places.begin(None, tuple(sorted(tests)), at_gate=at_gate)
        if places.finished()[1].killed_by is not None:
            return False
    return True


def _try(
    waiting: Sequence[Trial], known: dict[tuple[str, str], Verdict], places: _Places, deadline: float
) -> None:
    """Run the mutants in parallel until all are told or the time is over."""
    columns = (
        TextColumn("mutants"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, transient=not sys.stdout.isatty()) as progress:
        bar = progress.add_task("", total=len(waiting))
        survived = 0
        for trial, verdict in _tried(waiting, places, deadline):
            known[trial.judged, trial.text] = verdict
            _keep(trial, verdict)
            survived += verdict.killed_by is None
            progress.update(bar, advance=1, description=f"{survived} survived; {trial.judged}")


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
    held = known.get((trial.judged, trial.text))
    if held is None:
        return None
    on = trial.tests if held.killed_by is None else (held.killed_by,)
    return held if held.tests == _version(on) else None


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


def _judge(trials: Sequence[Trial], known: dict[tuple[str, str], Verdict]) -> int:
    """Print the survivors and each module's score; 0 where enough are killed and no limit can be unwired."""
    scores: dict[str, dict[str, int]] = defaultdict(
        lambda: {"killed": 0, "tried": 0, "equivalent": 0, "left": 0}
    )
    unwired = False
    for trial in trials:
        verdict, score = _verdict(trial, known), scores[trial.judged]
        if verdict is None:
            score["left"] += 1
        elif verdict.killed_by is None and trial.named in EQUIVALENT:
            score["equivalent"] += 1
        else:
            score["tried"] += 1
            score["killed"] += verdict.killed_by is not None
            if verdict.killed_by is None:
                sys.stdout.write(f"survived: {trial.judged} {trial.name}: {trial.line}\n")
                unwired |= trial.name.startswith("unwired")
            elif trial.at_gate and trial.name.startswith("unwired"):
                sys.stdout.write(f"{trial.name}: killed by {verdict.by or verdict.killed_by}\n")
    total = {name: sum(score[name] for score in scores.values()) for name in scores[trials[0].judged]}
    for module, score in [*scores.items(), ("all", total)]:
        fraction = round(score["killed"] / score["tried"], 4) if score["tried"] else None
        line = {"name": f"mutants killed: {module}", "value": fraction, "unit": "fraction", **score}
        sys.stdout.write(json.dumps(line) + "\n")
    enough = total["tried"] > 0 and total["killed"] / total["tried"] >= LEAST_KILLED
    return 0 if enough and not unwired else 1


if __name__ == "__main__":
    raise SystemExit(main())
