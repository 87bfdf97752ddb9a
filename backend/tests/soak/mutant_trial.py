"""One mutant before its tests, in a process of its own that ends with the verdict."""

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
from pathlib import Path
from types import ModuleType

import pytest

from tests.soak.tests_of_modules import GATE_TESTS, tests_of, version_of

BACKEND = Path(__file__).parents[2]
APP = BACKEND / "app"
SERVICES = "services."
PROCESSOR_SECONDS = 240
"""A mutant that turns round for ever is ended: six times what all tests take."""
PATIENCE_SECONDS = 900
"""And one that waits for what never comes."""
# The pin of the rules' answers would notice everything: it proves nothing about the tests.
PIN = "tests/domain/test_receipts.py::test_the_rules_answer_as_their_version_says"


@dataclass(frozen=True)
class Trial:
    """One mutant; `name` begins with its place, line:column, or says which limit is unwired. `module` lies below
    app/domain, or in app/services. `first` chooses the tests at the gate that are asked before the others."""

    module: str
    name: str
    source: str
    at_gate: bool = False
    first: str = ""

    @property
    def judged(self) -> str:
        """The module, and where its mutants were tried."""
        return f"{self.module} at the gate" if self.at_gate else self.module

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
    the test itself, empty where it broke off before any."""

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
    import hypothesis  # noqa: F401  # loaded once, before the processes part
    import numpy as np  # noqa: F401

    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        _pipes[pid] = reading, tests
        return pid
    os.close(reading)
    try:
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
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return pid, Verdict(None, version_of(tests))
    file = said.partition("::")[0]
    killed_by = file if file in tests else tests[0]  # it never ended
    return pid, Verdict(killed_by, version_of((killed_by,)), said if "::" in said else "")


def _run(trial: Trial | None, tests: Sequence[str], bench: Bench | None, writing: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    signal.alarm(PATIENCE_SECONDS)
    os.chdir(BACKEND)
    for loaded in [name for name in sys.modules if name.startswith(("app.", "tests."))]:
        del sys.modules[loaded]
    if trial is not None:
        package = "app" if trial.module.startswith(SERVICES) else "app.domain"
        sys.meta_path.insert(0, _Mutating(f"{package}.{trial.module}", trial.source))
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
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
    options = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "--deselect", PIN]
    options += ["--noconftest"] if bench is None else ["-p", "no:xdist"]
    noticing = _Noticing(bench)
    if pytest.main([*options, *chosen], plugins=[noticing]) not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        os.write(writing, (noticing.first or chosen[-1]).encode())
        os._exit(1)


class _Noticing:
    """Remembers the first test that fails, and makes the tests at home on their bench."""

    def __init__(self, bench: Bench | None) -> None:
        self.first = ""
        self._bench = bench

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        if self._bench is not None:
            place = f"gw{self._bench.place}"
            os.environ["STACKALPHA_TEST_SESSION"] = str(self._bench.folder)
            os.environ["STACKALPHA_TEST_CONTROLLER"] = str(self._bench.controller)
            os.environ["PYTEST_XDIST_WORKER"] = place
            config.workerinput = {"workerid": place}  # type: ignore[attr-defined]  # as of one worker of many

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
