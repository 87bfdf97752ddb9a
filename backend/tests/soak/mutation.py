"""Mutation testing of the risk rules: `make soak NAME=mutation ARGS="--minutes 30"`.

Every mutant of a risk module is run against the tests of the domain; one that no test notices has survived.
Mutants run in parallel, each in a process of its own that is stopped after `--seconds`; what is known is kept
in `var/mutation.jsonl`, so that a run that was stopped goes on where it was. A file or test that changed is
tried again. Ends with 1 where fewer than nine in ten are killed, or a limit can be unwired unnoticed.

mutmut and cosmic-ray were not taken: both start an interpreter and a test session per mutant, some three
seconds each here before the first test, and neither knows how to unwire a limit.
"""

import argparse
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

BACKEND = Path(__file__).parents[2]
KNOWN = BACKEND.parent / "var" / "mutation.jsonl"
MODULES = (
    "limit_checks", "limit_rules", "limit_table", "limit_columns", "limit_figures", "limits", "order_amounts",
    "review_columns", "risk_limits", "sizing", "sizing_methods", "trade_costs", "fixed_point", "loss_windows",
    "drawdown", "loss_streak", "correlation", "liquidation", "exposure", "decision", "receipts",
    "canonical_text", "settings_rules", "defaults", "profiles",
)  # fmt: skip
# Quick and telling ones first: most mutants die in the first second.
TESTS = (
    "every_limit", "limits", "limits_of_scopes", "entry_rules", "sizing", "risk_limits", "fixed_point",
    "loss_windows", "drawdown", "loss_streak", "correlation", "exposure", "defaults", "profiles",
    "settings_rules", "receipts", "books",
)  # fmt: skip
# The tests that look at a module most closely, where they are not its namesake.
FIRST = {
    "limits": ("limits",),
    "sizing_methods": ("sizing",),
    "trade_costs": ("sizing", "limits"),
    "liquidation": ("entry_rules",),
    "decision": ("receipts", "books"),
    "canonical_text": ("receipts",),
    "limit_figures": ("limits", "receipts"),
    "limit_rules": ("every_limit", "entry_rules", "receipts"),
    "limit_table": ("every_limit", "risk_limits", "settings_rules"),
}
# The pin of the rules' answers would notice everything: it proves nothing about the tests.
PIN = "tests/domain/test_receipts.py::test_the_rules_answer_as_their_version_says"
LEAST_KILLED = 0.9


@dataclass(frozen=True)
class Job:
    """One mutant to be tried: `key` holds the versions of its module and of the tests."""

    module: str
    name: str
    source: str
    key: str


def main() -> int:
    """Try every mutant that is not known yet, print each module's score, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seconds", type=float, default=60, help="after which a mutant counts as killed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--modules", nargs="*", default=list(MODULES), choices=MODULES)
    parser.add_argument("--sample", type=int, help="this many mutants of each module, at random")
    chosen = parser.parse_args()
    os.chdir(BACKEND)
    known = _known()
    jobs = [job for module in chosen.modules for job in _jobs(module, chosen.sample)]
    waiting = [job for job in jobs if job.key not in known]
    if not _passes(None, TESTS):
        sys.stdout.write("The tests fail without a mutant: nothing can be told.\n")
        return 2
    deadline = time.monotonic() + chosen.minutes * 60
    for job, killed in _tried(waiting, chosen.processes, chosen.seconds, deadline):
        known[job.key] = killed
        _keep(job, killed)
    return _judge(jobs, known)


def _jobs(module: str, sample: int | None) -> list[Job]:
    from tests.soak.mutants import mutants_of, unwired_limits

    source = (BACKEND / "app" / "domain" / f"{module}.py").read_text()
    held = list(mutants_of(source))
    if sample is not None and sample < len(held):
        held = random.Random(module).sample(held, sample)  # a sample, no secret
    if module == "limit_checks":
        held += list(unwired_limits(source))
    version = hashlib.sha256((source + _tests_version()).encode()).hexdigest()[:16]
    return [Job(module, one.name, one.source, f"{module} {version} {one.name}") for one in held]


def _tests_version() -> str:
    texts = [path.read_bytes() for path in sorted((BACKEND / "tests" / "domain").glob("*.py"))]
    return hashlib.sha256(b"".join(texts)).hexdigest()


def _tried(
    jobs: Sequence[Job], processes: int, seconds: float, deadline: float
) -> Iterator[tuple[Job, bool]]:
    """Run the mutants in parallel until all are told or the time is over."""
    import hypothesis  # noqa: F401  # loaded once, before the processes part
    import numpy as np  # noqa: F401
    import pytest  # noqa: F401

    left = list(reversed(jobs))
    running: dict[int, tuple[Job, float]] = {}
    while running or (left and time.monotonic() < deadline):
        while left and len(running) < processes and time.monotonic() < deadline:
            job = left.pop()
            running[_start(job)] = (job, time.monotonic() + seconds)
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            job, _ = running.pop(pid)
            yield job, status != 0
            continue
        for late, (_job, until) in list(running.items()):
            if time.monotonic() > until:
                os.kill(late, signal.SIGKILL)
        time.sleep(0.02)


def _start(job: Job) -> int:
    pid = os.fork()
    if pid:
        return pid
    os._exit(0 if _passes(job, _order(job.module)) else 1)


def _order(module: str) -> tuple[str, ...]:
    first = FIRST.get(module, (module,) if module in TESTS else ())
    return first + tuple(name for name in TESTS if name not in first)


def _passes(job: Job | None, tests: Sequence[str]) -> bool:
    """Whether all tests pass with the mutant in place; run in a process of its own."""
    if job is None:
        pid = os.fork()
        if pid:
            return os.waitpid(pid, 0)[1] == 0
    import pytest

    if job is not None:
        sys.meta_path.insert(0, _Mutating(f"app.domain.{job.module}", job.source))
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        for loaded in [name for name in sys.modules if name.startswith(("app.", "tests."))]:
            del sys.modules[loaded]
        files = [f"tests/domain/test_{name}.py" for name in tests]
        options = ["-x", "-q", "--noconftest", "--assert=plain", "-p", "no:cacheprovider", "--deselect", PIN]
        failed = int(pytest.main([*options, *files]))
    if job is None:
        os._exit(failed)
    return failed == 0


class _Mutating(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from another text."""

    def __init__(self, name: str, source: str) -> None:
        self._name = name
        self._source = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._name, "exec"), module.__dict__)  # noqa: S102  # our own text


def _known() -> dict[str, bool]:
    if not KNOWN.exists():
        return {}
    held = [json.loads(line) for line in KNOWN.read_text().splitlines()]
    return {one["key"]: one["killed"] for one in held}


def _keep(job: Job, killed: bool) -> None:
    KNOWN.parent.mkdir(exist_ok=True)
    with KNOWN.open("a") as file:
        file.write(json.dumps({"key": job.key, "killed": killed}) + "\n")


def _judge(jobs: Sequence[Job], known: dict[str, bool]) -> int:
    """Print the survivors and each module's score; 0 where enough are killed and no limit can be unwired."""
    scores: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    unwired = []
    for job in jobs:
        killed = known.get(job.key)
        score = scores[job.module]
        score[2] += killed is None
        if killed is None:
            continue
        score[0] += killed
        score[1] += 1
        if not killed:
            sys.stdout.write(f"survived: {job.module}.py {job.name}\n")
            if job.name.startswith("unwired"):
                unwired.append(job.name)
    total = [sum(score[at] for score in scores.values()) for at in range(3)]
    for module, score in [*scores.items(), ("all", total)]:
        killed_fraction = round(score[0] / score[1], 4) if score[1] else None
        line = {
            "name": f"mutants killed: {module}",
            "value": killed_fraction,
            "unit": "fraction",
            "killed": score[0],
            "tried": score[1],
            "left": score[2],
        }
        sys.stdout.write(json.dumps(line) + "\n")
    enough = total[1] > 0 and total[0] / total[1] >= LEAST_KILLED
    return 0 if enough and not unwired else 1


if __name__ == "__main__":
    raise SystemExit(main())
