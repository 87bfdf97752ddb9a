"""A process in which all tests of one kind are loaded, and from which one fork per mutant meets them.

Loading the tests takes longer than most mutants live. A mutant within a function is put into the fork's own copy of
that function; what else would have to be loaded anew is left to the caller.
"""

import gc
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.soak.mutant_codes import FunctionKey, Swap, loaded_functions, put, swap_of
from tests.soak.mutant_reach import CallRecorder, LineRecorder, Passage, ReachBook, timed
from tests.soak.mutant_trial import (
    NOT_REACHED,
    Bench,
    Trial,
    Verdict,
    at_home,
    bound,
    end_with_parent,
    forget_loaded,
    options_for,
    path_of,
    silence,
    verdict_of,
)
from tests.soak.mutants import plain
from tests.soak.tests_of_modules import reach_version_of, version_of

FIRST = 12
"""So many tests from everywhere are asked before the others, file by file."""
SPARE_CPU_SECONDS, SPARE_WALL_SECONDS = 10, 300

Tell = Callable[[Trial, Verdict], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What a nursery does: `trials` before the `tests` (files), at benches of `folder` where a database is needed,
    so many at a time, until `deadline` (s, of the monotonic clock); `book` has which lines of the `modules` tests
    reach. No mutant meets more tests than take `patience` (s of processor time) together: where slower ones are left,
    they might have noticed, and it is taken for a survivor all the same."""

    trials: Sequence[Trial]
    modules: Sequence[str]
    tests: Sequence[str]
    folder: Path
    controller: int
    at_gate: bool
    processes: int
    deadline: float
    book: ReachBook
    patience: float

    def bench(self, place: int) -> Bench | None:
        """Where a process of that number works."""
        return Bench(self.folder, self.controller, place) if self.at_gate else None


def nurse(work: Work, tell: Tell, anew: Path) -> bool:
    """Try what can be tried without loading anything anew; the texts of the other mutants are written to `anew`.
    Returns whether the tests pass without a mutant."""
    pid = os.fork()
    if not pid:
        code = 3
        try:
            end_with_parent()
            forget_loaded()
            code = _Nursery(work, tell, anew).open()
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


class _Nursery:
    """The plugin of pytest that loads the tests and then does with them as it likes."""

    def __init__(self, work: Work, tell: Tell, anew: Path) -> None:
        self._work = work
        self._tell = tell
        self._anew = anew
        self._names = {str(path_of(module)): module for module in work.modules}
        self._loading = CallRecorder(self._names)
        self._failed: list[str] = []
        self._broken: list[str] = []
        self._items: dict[str, pytest.Item] = {}
        self._reach: dict[str, Passage] = {}
        self._killers: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._originals: dict[str, tuple[CodeType, CodeType]] = {}
        self._functions: dict[FunctionKey, list[FunctionType]] = {}
        self._free = list(range(work.processes))
        self._ended = 1

    def open(self) -> int:
        """0 where the tests pass."""
        self._loading.start()
        options = [*options_for(at_gate=self._work.at_gate), "-s", "-p", "no:terminalreporter"]
        pytest.main([*options, *self._work.tests], plugins=[self])
        return self._ended

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        at_home(config, self._work.bench(0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._loading.stop()
        self._items = {item.nodeid: item for item in session.items}
        gc.freeze()
        if self._record():
            self._try_all()
            self._ended = 0
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            # What makes a test at the gate ready asks the servers: their trouble is not the mutant's.
            is_told = report.when == "call" or not self._work.at_gate
            (self._failed if is_told else self._broken).append(report.nodeid)

    def _files(self) -> dict[str, list[pytest.Item]]:
        files: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in self._items.values():
            files[item.nodeid.partition("::")[0]].append(item)
        return files

    def _record(self) -> bool:
        """Read or record which test reaches what; False where a test fails by itself."""
        files, paths = self._files(), tuple(path_of(module) for module in self._work.modules)
        versions = {file: reach_version_of(file, paths) for file in files}
        missing = [file for file in files if self._work.book.read(file, versions[file]) is None]
        running: dict[int, int] = {}
        sound = True
        while missing or running:
            while missing and self._free:
                file, place = missing.pop(), self._free.pop()
                pid = os.fork()
                if not pid:
                    self._as_child(place, partial(self._record_file, file, files[file], versions[file]))
                running[pid] = place
            pid, status = self._waited(running)
            self._free.append(running.pop(pid))
            sound &= status == 0
        for file in files:
            self._reach |= self._work.book.read(file, versions[file]) or {}
        return sound

    def _record_file(self, file: str, items: Sequence[pytest.Item], version: str) -> int:
        recorder, passages = LineRecorder(self._names), {}
        for item, following in zip(items, [*items[1:], None], strict=True):
            with timed() as took, recorder.recording() as lines:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            passages[item.nodeid] = Passage(
                took[0], took[1], {module: frozenset(ran) for module, ran in lines.items()}
            )
        if self._failed or self._broken:
            sys.stderr.write(f"These fail without a mutant: {', '.join([*self._failed, *self._broken])}\n")
            sys.stderr.flush()
            return 1
        self._work.book.write(file, version, passages)
        return 0

    def _try_all(self) -> None:
        self._functions = loaded_functions(self._names)
        running: dict[int, tuple[int, Trial, int]] = {}
        anew: list[str] = []
        left = list(reversed(self._work.trials))
        while left or running:
            while left and self._free and time.monotonic() < self._work.deadline:
                trial = left.pop()
                swap = self._swap_of(trial)
                if swap is None:
                    anew.append(trial.text)
                    continue
                tests = self._ordered(trial)
                if not tests:
                    self._tell(trial, Verdict(None, version_of(trial.tests), NOT_REACHED))
                    continue
                place = self._free.pop()
                pid, reading = self._begin(trial, swap, tests, place)
                running[pid] = place, trial, reading
            if not running:
                break
            pid, status = self._waited(running)
            place, trial, reading = running.pop(pid)
            self._free.append(place)
            self._tell(trial, self._verdict(trial, status, reading))
        self._anew.write_text(json.dumps(anew))

    def _begin(self, trial: Trial, swap: Swap, tests: tuple[str, ...], place: int) -> tuple[int, int]:
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            self._as_child(place, partial(self._meet, trial, swap, tests, writing))
        os.close(writing)
        return pid, reading

    def _as_child(self, place: int, do: Callable[[], int]) -> None:
        code = 3
        try:
            end_with_parent()
            os.environ["PYTEST_XDIST_WORKER"] = f"gw{place}"
            code = do()
        finally:
            os._exit(code)

    def _meet(self, trial: Trial, swap: Swap, tests: Sequence[str], writing: int) -> int:
        """Ask the tests until one notices; 1 then."""
        silence()
        cpu, wall = (sum(getattr(self._reach[name], what) for name in tests) for what in ("cpu", "wall"))
        bound(SPARE_CPU_SECONDS + 3 * cpu, SPARE_WALL_SECONDS + 20 * wall)
        put(swap, self._functions[swap.function])
        items = [self._items[name] for name in tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                os.write(writing, self._failed[0].encode()[:4000])
                return 1
            if self._broken:
                return 2
        return 0

    def _waited(self, running: Container[int]) -> tuple[int, int]:
        while True:
            pid, status = os.wait()
            if pid in running:  # and not the servers' own
                return pid, status

    def _verdict(self, trial: Trial, status: int, reading: int) -> Verdict:
        verdict = verdict_of(status, reading, version_of(trial.tests))
        if verdict.killed_by is not None and trial.lines and "::" in verdict.by:
            self._killers[trial.module].append((min(trial.lines), verdict.by))
        return verdict

    def _swap_of(self, trial: Trial) -> Swap | None:
        path = path_of(trial.module)
        if trial.module not in self._originals:
            text = path.read_text()
            self._originals[trial.module] = (
                compile(text, str(path), "exec", dont_inherit=True),
                compile(plain(text), str(path), "exec", dont_inherit=True),
            )
        mutant = compile(trial.source, str(path), "exec", dont_inherit=True)
        swap = swap_of(str(path), *self._originals[trial.module], mutant)
        if swap is None or swap.function in self._loading.called or swap.function not in self._functions:
            return None
        return swap

    def _ordered(self, trial: Trial) -> tuple[str, ...]:
        """The tests that run a mutant's lines: those that killed its neighbours, then quick ones of every file, then
        the others."""
        ran = {name: passage.lines.get(trial.module, frozenset()) for name, passage in self._reach.items()}
        reaching = [name for name, lines in ran.items() if (lines & trial.lines if trial.lines else lines)]
        held = set(reaching)
        at = min(trial.lines, default=0)
        near = sorted(self._killers[trial.module], key=lambda killer: abs(killer[0] - at))
        first = dict.fromkeys(name for _, name in near if name in held)
        chosen = list(first)[:3]
        if trial.first:
            chosen = [name for name in reaching if trial.first in name] + chosen
        by_file: dict[str, list[str]] = defaultdict(list)
        for name in sorted(reaching, key=lambda name: self._reach[name].cpu):
            by_file[name.partition("::")[0]].append(name)
        ranked = sorted(
            (rank, self._reach[name].cpu, name)
            for names in by_file.values()
            for rank, name in enumerate(names)
            if self._reach[name].cpu < 1
        )
        chosen += [name for *_, name in ranked][:FIRST]
        files = sorted(by_file, key=lambda file: sum(self._reach[name].cpu for name in by_file[file]))
        every = dict.fromkeys([*chosen, *(name for file in files for name in by_file[file])])
        return tuple(self._within_patience(every))

    def _within_patience(self, names: Iterable[str]) -> Iterator[str]:
        """The names until their tests have taken too long; the first in any case."""
        spent = 0.0
        for name in names:
            took = self._reach[name].cpu
            if not spent or spent + took <= self._work.patience:
                spent += took
                yield name
