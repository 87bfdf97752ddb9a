"""One mutant before its tests, in a process of its own that ends with the verdict."""

import ctypes
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.soak.tests_of_modules import GATE_TESTS, tests_of, version_of

BACKEND = Path(__file__).parents[2]
APP = BACKEND / "app"
SERVICES = "services."
PROCESSOR_SECONDS = 600
"""A mutant that seems to turn round for ever is ended: several times what all tests take."""
PATIENCE_SECONDS = 3600
"""And one that waits for what never comes."""
MOST_MEMORY = 6 << 30
"""Bytes; a mutant that gathers without end is refused more."""
PR_SET_PDEATHSIG = 1
"""Of <sys/prctl.h>."""
NOT_ENDED = "did not end"
NOT_REACHED = "no test runs its line"
_ENDED_FROM_OUTSIDE = (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL)
# The pin of the rules' answers would notice everything: it proves nothing about the tests.
PIN = "tests/domain/test_receipts.py::test_the_rules_answer_as_their_version_says"


@dataclass(frozen=True)
class Trial:
    """One mutant; `name` begins with its place, line:column, or says which limit is unwired. `module` lies below
    app/domain, or in app/services. `first` chooses the tests at the gate that are asked before the others. A test that
    runs none of the `lines` cannot notice it; where there are none any test of the module may."""

    module: str
    name: str
    source: str
    at_gate: bool = False
    first: str = ""
    lines: frozenset[int] = frozenset()

    @property
    def judged(self) -> str:
        """The module, and where its mutants were tried."""
        return f"{self.module} at the gate" if self.at_gate else self.module

    @property
    def unwires(self) -> bool:
        """Whether it takes a limit out."""
        return self.name.startswith("unwired")

    @property
    def tests(self) -> tuple[str, ...]:
        """The files of tests that may notice it."""
        return GATE_TESTS if self.at_gate else tests_of(self.module)

    @cached_property
    def text(self) -> str:
        """Which text it is, whatever its name."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    @cached_property
    def line(self) -> str:
        """The line of the original that is wrong in the mutant."""
        number = self.name.partition(":")[0]
        if not number.isdigit():
            return ""
        return path_of(self.module).read_text().splitlines()[int(number) - 1].strip()

    @property
    def named(self) -> tuple[str, str, str]:
        """(module, what, line)."""
        return self.module, self.name.partition(" ")[2], self.line


@dataclass(frozen=True)
class Verdict:
    """The file of tests that noticed, None where none did, and the version of the tests on which that rests; `by` is
    the test itself, or says in words why none noticed or why it broke off."""

    killed_by: str | None
    tests: str
    by: str = ""


@dataclass(frozen=True)
class Bench:
    """Where tests at the gate run: `folder` has the servers that `controller` started, `place` a database there that
    nobody else uses at the time."""

    folder: Path
    controller: int
    place: int


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return (APP if module.startswith(SERVICES) else APP / "domain") / (module.replace(".", "/") + ".py")


_pipes: dict[int, tuple[int, tuple[str, ...]]] = {}


def begin(trial: Trial | None, tests: tuple[str, ...], bench: Bench | None = None) -> int:
    """Start the tests with the mutant in place, or with none; returns the process."""
    for name in ("hypothesis", "numpy"):
        import_module(name)  # loaded once, before the processes part

    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        _pipes[pid] = reading, tests
        return pid
    os.close(reading)
    try:
        end_with_parent()
        _run(trial, tests, bench, writing)
    finally:
        os._exit(1)


def finished() -> tuple[int, Verdict]:
    """Wait for a process that was begun; returns it with its verdict."""
    while True:
        pid, status = os.wait()
        if pid in _pipes:  # and not the servers' own
            break
    reading, tests = _pipes.pop(pid)
    return pid, verdict_of(status, reading, version_of(tests))


def verdict_of(status: int, reading: int, version: str) -> Verdict:
    """Return what a process that has ended found out: the name of the test that noticed is in the pipe. `version` is
    that of the files of tests that were asked. Who was ended from outside, or broke off without a word,
    has not been noticed."""
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return Verdict(None, version)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in _ENDED_FROM_OUTSIDE:
        return Verdict(None, version, NOT_ENDED)
    if not said:
        return Verdict(None, version, f"broke off with {status}")
    killed_by = said.partition("::")[0]
    return Verdict(killed_by, version_of((killed_by,)), said)


def bound(cpu: float, wall: float) -> None:
    """Let this process have so much time (s) and memory, and no more."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu), int(cpu) + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    signal.alarm(int(wall))


def end_with_parent() -> None:
    """End this process when the one that forked it ends, whatever ended that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def silence() -> None:
    """Nothing of what this process says is shown."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def forget_loaded() -> None:
    """Load our own modules anew, from here on."""
    os.chdir(BACKEND)
    for loaded in [name for name in sys.modules if name.startswith(("app.", "tests."))]:
        del sys.modules[loaded]


def at_home(config: pytest.Config, bench: Bench | None) -> None:
    """Make the tests at home on their bench, and let Hypothesis draw the same examples each time, without looking for
    the smallest that fails."""
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    if bench is not None:
        place = f"gw{bench.place}"
        os.environ["STACKALPHA_TEST_SESSION"] = str(bench.folder)
        os.environ["STACKALPHA_TEST_CONTROLLER"] = str(bench.controller)
        os.environ["PYTEST_XDIST_WORKER"] = place
        vars(config)["workerinput"] = {"workerid": place}  # as of one worker of many


def options_for(*, at_gate: bool) -> list[str]:
    """How pytest is asked."""
    options = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:timeout", "--deselect", PIN]
    return [*options, *(("-p", "no:xdist") if at_gate else ("--noconftest",))]


def _run(trial: Trial | None, tests: Sequence[str], bench: Bench | None, writing: int) -> None:
    bound(PROCESSOR_SECONDS, PATIENCE_SECONDS)
    forget_loaded()
    if trial is not None:
        package = "app" if trial.module.startswith(SERVICES) else "app.domain"
        sys.meta_path.insert(0, _Mutating(f"{package}.{trial.module}", trial.source))
    silence()
    for chosen in _chosen(trial, tests, bench):
        _ask(chosen, bench, writing)
    os._exit(0)


def _chosen(trial: Trial | None, tests: Sequence[str], bench: Bench | None) -> Iterator[list[str]]:
    """What is asked after the other. Most mutants die in the first, before the others are even loaded."""
    if bench is None:
        yield from ([test] for test in tests)
        return
    if trial is not None and trial.first:
        yield ["-k", trial.first, *tests]
    yield list(tests)


def _ask(chosen: Sequence[str], bench: Bench | None, writing: int) -> None:
    noticing = _Noticing(bench)
    options = ["-x", *options_for(at_gate=bench is not None), *chosen]
    if pytest.main(options, plugins=[noticing]) not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        os.write(writing, (noticing.first or chosen[-1]).encode())
        os._exit(1)


class _Noticing:
    """Remembers the first test that fails, and makes the tests at home on their bench."""

    def __init__(self, bench: Bench | None) -> None:
        self.first = ""
        self._bench = bench

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        at_home(config, self._bench)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.first:
            self.first = report.nodeid


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
