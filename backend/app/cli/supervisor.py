"""Keeps the platform's processes alive: starts them, restarts what dies, stops them in reverse order."""

import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from app.adapters.embedded.child_process import LOG_ROTATE_BYTES, open_log, spawn
from app.cli.processes import ProcessName, ProcessSpec
from app.cli.run_folder import RunFolder
from app.cli.terminal import CommandError, StopSignals
from app.core.config import BACKEND_DIR

READY_SECONDS = 90.0
STOP_SECONDS = 12.0
STEADY_SECONDS = 5.0
RESTART_DELAYS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STARTS_BEFORE_GIVING_UP = 3
POLL_SECONDS = 0.05
ROTATE_EVERY_SECONDS = 5.0

REFUSED_EXIT_CODE = 2  # the child will not do what it was asked; asking again does not help
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(slots=True)
class Child:
    """One supervised process and its history."""

    spec: ProcessSpec
    process: subprocess.Popen[bytes]
    log_path: Path
    started_at: float
    crashes: int = 0
    quick_crashes: int = 0
    restart_at: float | None = field(default=None)

    @property
    def is_up(self) -> bool:
        """True while the process lives; it may be waiting for its restart otherwise."""
        return self.process.poll() is None


class Supervisor:
    """Children in starting order. Main thread only: a child dies with the thread that made it."""

    def __init__(self, folder: RunFolder, log_dir: Path, stop: StopSignals) -> None:
        self._stop = stop
        self._folder = folder
        self._log_dir = log_dir
        self._children: dict[ProcessName, Child] = {}
        self._rotated_at = time.monotonic()

    @property
    def children(self) -> tuple[Child, ...]:
        """The children in starting order."""
        return tuple(self._children.values())

    def start(self, spec: ProcessSpec) -> None:
        """Start a child and supervise it from now on."""
        log_path = self._log_dir / f"{spec.name.value}.log"
        self._children[spec.name] = Child(spec, self._spawn(spec, log_path), log_path, time.monotonic())

    def wait_ready(self, name: ProcessName) -> None:
        """Return when the child answers at its address; one that keeps dying is an error with its words."""
        child = self._children[name]
        deadline = time.monotonic() + READY_SECONDS
        while not (child.is_up and (child.spec.ready_url is None or _answers(child.spec.ready_url))):
            self._stop.check()
            self.revive()
            if child.crashes >= STARTS_BEFORE_GIVING_UP or (child.process.poll() == REFUSED_EXIT_CODE):
                raise CommandError(f"{name.value} does not start: {last_words(child.log_path)}")
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{name.value} was not ready after {READY_SECONDS:.0f} seconds; see {child.log_path}."
                )
            time.sleep(POLL_SECONDS)

    def revive(self) -> list[Child]:
        """Restart what has died and whose time has come; gives the children that were found dead just now."""
        now = time.monotonic()
        found = []
        for child in self._children.values():
            if child.is_up:
                continue
            if child.restart_at is None:
                found.append(child)
                child.crashes += 1
                steady = now - child.started_at >= STEADY_SECONDS
                child.quick_crashes = 0 if steady or child.crashes == 1 else child.quick_crashes + 1
                child.restart_at = now + RESTART_DELAYS[min(child.quick_crashes, len(RESTART_DELAYS) - 1)]
            if now >= child.restart_at:
                child.process = self._spawn(child.spec, child.log_path)
                child.started_at, child.restart_at = now, None
        self._rotate(now)
        return found

    def run(self, on_tick: Callable[[], None]) -> None:
        """Supervise until the end is asked for; `on_tick` is called about twenty times a second."""
        while True:
            self._stop.check()
            self.revive()
            on_tick()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop every child in reverse order; one that does not end in time is killed."""
        for child in reversed(self._children.values()):
            if child.is_up:
                child.process.send_signal(signal.SIGTERM)
                try:
                    child.process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
            self._folder.remove_pid(child.spec.name.value)
        self._children.clear()

    def _spawn(self, spec: ProcessSpec, log_path: Path) -> subprocess.Popen[bytes]:
        with open_log(log_path) as log:
            process = spawn(spec.arguments, log=log, environment=spec.environment, folder=BACKEND_DIR)
        self._folder.write_pid(spec.name.value, process.pid)
        return process

    def _rotate(self, now: float) -> None:
        """Copy a log that has grown too large aside and empty it; children append, so they go on."""
        if now - self._rotated_at < ROTATE_EVERY_SECONDS:
            return
        self._rotated_at = now
        for child in self._children.values():
            if child.log_path.exists() and child.log_path.stat().st_size > LOG_ROTATE_BYTES:
                shutil.copyfile(child.log_path, child.log_path.with_name(f"{child.log_path.name}.1"))
                with child.log_path.open("r+b") as log:
                    log.truncate(0)


def last_words(log_path: Path) -> str:
    """The last line of a log that says something."""
    try:
        lines = [line.strip() for line in log_path.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return lines[-1][:500] if lines else "it ended without a word."


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=1):
            return True
    except (OSError, ValueError, HTTPException):  # refused, reset, or an answer of 400 and above
        return False
