"""Processes that tests stop and kill, forked from one that has loaded everything: each stands within milliseconds."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path

import psutil

from tests.paper_venue import BACKEND

STOP_SECONDS = 10.0


class ForkedProcess:
    """One fork of a nursery. It is known by its start beside its number: the kernel gives the number of one that is
    gone to somebody else, who is not to be signalled."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(pid)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_running()

    def send_signal(self, how: signal.Signals) -> None:
        """Send a signal; one that is gone does not mind. That it is there is asked anew: psutil signals the number
        of one that it once found gone, whoever has it by now."""
        if self._process is not None and self.is_alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.send_signal(how)

    def wait(self, seconds: float) -> bool:
        """Wait until it is gone; False when it is still there after that time."""
        end = time.monotonic() + seconds
        while self.is_alive and time.monotonic() < end:
            time.sleep(0.005)
        return not self.is_alive


class Nursery:
    """A process of the tests' `module`, opened with the first start, and its forks; a host says what it is given.
    `folder` keeps what they write."""

    module: str
    folder: Path
    _parent: subprocess.Popen[str] | None = None

    @cached_property
    def processes(self) -> list[ForkedProcess]:
        """The forks, until they are stopped."""
        return []

    def arguments(self) -> list[str]:
        """What the module is called with."""
        return []

    def environment(self) -> dict[str, str]:
        """What its environment has beside the tests' own."""
        return {}

    @property
    def log_path(self) -> Path:
        return self.folder / f"{self.module.rpartition('.')[2]}.log"

    def start(self) -> ForkedProcess:
        """Start one process."""
        parent = self._parent or self._open()
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write("start\n")
        parent.stdin.flush()
        process = ForkedProcess(int(parent.stdout.readline()))
        self.processes.append(process)
        return process

    def log(self, size: int = 3_000) -> str:
        """The end of what the processes wrote."""
        return self.log_path.read_text()[-size:] if self.log_path.exists() else ""

    def stop(self) -> None:
        """End every process, also one that was stopped in its tracks; others can be started."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            if not process.wait(STOP_SECONDS):
                process.send_signal(signal.SIGKILL)
        self.processes.clear()

    def close(self) -> None:
        """End every process, and the one that they are forked from: the next start asks the host anew."""
        self.stop()
        parent, self._parent = self._parent, None
        if parent is not None:
            parent.communicate()

    def _open(self) -> "subprocess.Popen[str]":
        with self.log_path.open("ab") as log:
            parent = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments()],
                cwd=BACKEND,
                env=os.environ | self.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert parent.stdout is not None
        if parent.stdout.readline() != "ready\n":
            raise RuntimeError(f"{self.module} did not open: {self.log()}")
        self._parent = parent
        return parent
