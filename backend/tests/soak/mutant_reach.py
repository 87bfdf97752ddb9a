"""Which test runs which lines of the mutated modules, recorded once and kept until a test or what it stands on changes.

Only a test that runs a mutant's line can notice it, so that a mutant that nobody reaches has survived at once, and
the others meet the few tests that come by. What runs while modules are loaded is noted apart: whoever changes that
has to load everything anew.
"""

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Protocol


class _Tracer(Protocol):
    """What sys.settrace calls."""

    def __call__(self, frame: FrameType, event: str, arg: object, /) -> "_Tracer | None": ...


@dataclass(frozen=True, slots=True)
class Passage:
    """What one test did: its processor time (s, that of recording included), its time by the clock (s), and the lines
    that it ran, by module."""

    cpu: float
    wall: float
    lines: Mapping[str, frozenset[int]]


class LineRecorder:
    """Notes the lines of some files that run; `files` are paths, each with the name of its module."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._left: dict[CodeType, set[int]] = {}
        self._ran: set[tuple[str, int]] = set()

    @contextmanager
    def recording(self) -> Iterator[dict[str, set[int]]]:
        """While this is open; the lines by module are in what it gives, afterwards."""
        self._left.clear()
        self._ran.clear()
        lines: dict[str, set[int]] = {}
        threading.settrace(self._entered)
        sys.settrace(self._entered)
        try:
            yield lines
        finally:
            sys.settrace(None)
            threading.settrace(None)
            for file, line in self._ran:
                lines.setdefault(self._files[file], set()).add(line)

    def _entered(self, frame: FrameType, event: str, arg: object) -> _Tracer | None:
        del event, arg
        code = frame.f_code
        left = self._left.get(code)
        if left is None:
            known = code.co_filename in self._files
            left = self._left[code] = {line for *_, line in code.co_lines() if line} if known else set()
        if not left:
            return None
        if code.co_firstlineno in left:
            left.discard(code.co_firstlineno)
            self._ran.add((code.co_filename, code.co_firstlineno))
        return self._went_on

    def _went_on(self, frame: FrameType, event: str, arg: object) -> _Tracer | None:
        del arg
        if event == "line":
            left = self._left[frame.f_code]
            if frame.f_lineno in left:
                left.discard(frame.f_lineno)
                self._ran.add((frame.f_code.co_filename, frame.f_lineno))
        return self._went_on


class CallRecorder:
    """Notes the functions of some files that are called, by their file, first line and name."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.called: set[tuple[str, int, str]] = set()
        self._files = files

    def start(self) -> None:
        """From here on."""
        sys.settrace(self._entered)

    def stop(self) -> None:
        """Until here."""
        sys.settrace(None)

    def _entered(self, frame: FrameType, event: str, arg: object) -> None:
        del event, arg
        code = frame.f_code
        if code.co_filename in self._files:
            self.called.add((code.co_filename, code.co_firstlineno, code.co_qualname))


class ReachBook:
    """What is recorded, by files of tests; `folder` keeps one file of it for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, test: str, version: str) -> dict[str, Passage] | None:
        """Return the passages of a file's tests by their names, None where it has changed since."""
        path = self._path(test)
        if not path.exists():
            return None
        kept = json.loads(path.read_text())
        if kept["version"] != version:
            return None
        return {
            name: Passage(
                one["cpu"], one["wall"], {module: frozenset(lines) for module, lines in one["lines"].items()}
            )
            for name, one in kept["tests"].items()
        }

    def write(self, test: str, version: str, passages: Mapping[str, Passage]) -> None:
        """Keep the passages of a file's tests."""
        self._folder.mkdir(parents=True, exist_ok=True)
        tests = {
            name: {
                "cpu": round(one.cpu, 4),
                "wall": round(one.wall, 4),
                "lines": {module: sorted(lines) for module, lines in one.lines.items()},
            }
            for name, one in passages.items()
        }
        fresh = self._path(test).with_suffix(".new")
        fresh.write_text(json.dumps({"version": version, "tests": tests}))
        fresh.rename(self._path(test))

    def _path(self, test: str) -> Path:
        return self._folder / (test.replace("/", ".") + ".json")


@contextmanager
def timed() -> Iterator[list[float]]:
    """While this is open; processor time and time by the clock (s) are in what it gives, afterwards."""
    took: list[float] = []
    cpu, wall = time.process_time(), time.perf_counter()
    yield took
    took += [time.process_time() - cpu, time.perf_counter() - wall]
