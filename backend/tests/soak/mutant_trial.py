"""One mutant before its tests, in a process of its own that ends with the verdict."""

import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from tests.soak.tests_of_modules import version_of

BACKEND = Path(__file__).parents[2]
DOMAIN = BACKEND / "app" / "domain"
PROCESSOR_SECONDS = 240
"""A mutant that turns round for ever is ended: six times what all tests take."""
# The pin of the rules' answers would notice everything: it proves nothing about the tests.
PIN = "tests/domain/test_receipts.py::test_the_rules_answer_as_their_version_says"


@dataclass(frozen=True)
class Trial:
    """One mutant; `name` begins with its place, line:column, or says which limit is unwired."""

    module: str
    name: str
    source: str

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
        original = (DOMAIN / (self.module.replace(".", "/") + ".py")).read_text().splitlines()
        return original[int(number) - 1].strip()

    @property
    def named(self) -> tuple[str, str, str]:
        """(module, what, line)."""
        return self.module, self.name.partition(" ")[2], self.line


@dataclass(frozen=True)
class Verdict:
    """The file of tests that noticed, None where none did, and the version of the tests on which that rests."""

    killed_by: str | None
    tests: str


_pipes: dict[int, tuple[int, tuple[str, ...]]] = {}


def begin(trial: Trial | None, tests: tuple[str, ...]) -> int:
    """Start the tests with the mutant in place, or with none; returns the process."""
    import hypothesis  # noqa: F401  # loaded once, before the processes part
    import numpy as np  # noqa: F401
    import pytest  # noqa: F401

    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        _pipes[pid] = reading, tests
        return pid
    os.close(reading)
    try:
        _run(trial, tests, writing)
    finally:
        os._exit(1)


def finished() -> tuple[int, Verdict]:
    """Wait for a process that was begun; returns it with its verdict."""
    pid, status = os.wait()
    reading, tests = _pipes.pop(pid)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return pid, Verdict(None, version_of(tests))
    killed_by = said if said in tests else tests[0]  # it never ended
    return pid, Verdict(killed_by, version_of((killed_by,)))


def _run(trial: Trial | None, tests: Sequence[str], writing: int) -> None:
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    os.chdir(BACKEND)
    for loaded in [name for name in sys.modules if name.startswith(("app.", "tests."))]:
        del sys.modules[loaded]
    if trial is not None:
        sys.meta_path.insert(0, _Mutating(f"app.domain.{trial.module}", trial.source))
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        options = ["-x", "-q", "--noconftest", "--assert=plain", "-p", "no:cacheprovider", "--deselect", PIN]
        for test in tests:  # one by one: most mutants die in the first, before the others are even loaded
            if pytest.main([*options, test]) != 0:
                os.write(writing, test.encode())
                os._exit(1)
    os._exit(0)


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
