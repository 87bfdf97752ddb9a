"""Starts executor processes for tests, with a crash point or without, and ends them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.core.config import Settings
from app.core.crash_points import VARIABLE
from tests.paper_venue import BACKEND, PaperVenue
from tests.services.trading.floor import MARGIN_MS, RECEIVE_WINDOW_MS, WEIGHT_LIMIT

STOP_SECONDS = 10.0


class ExecutorProcess:
    """One executor, a fork of the nursery. It is known by its start beside its number: the kernel gives the number of
    one that is gone to somebody else, who is not to be signalled."""

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


@dataclass
class ExecutorHost:
    """Executors over one database and one paper exchange; `folder` keeps logs and the crash file."""

    settings: Settings
    venue: PaperVenue
    folder: Path
    margin_ms: int = MARGIN_MS
    receive_window_ms: int = RECEIVE_WINDOW_MS
    mutant: str | None = None
    redis_url: str = ""
    paper_weight: int = WEIGHT_LIMIT
    most_shards: int | None = None  # of four, for each executor
    processes: list[ExecutorProcess] = field(default_factory=list)
    _nursery: subprocess.Popen[str] | None = None

    @property
    def crash_file(self) -> Path:
        return self.folder / "crash"

    def start(self) -> ExecutorProcess:
        """Start one executor."""
        nursery = self._nursery or self._open()
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.write("start\n")
        nursery.stdin.flush()
        process = ExecutorProcess(int(nursery.stdout.readline()))
        self.processes.append(process)
        return process

    def log(self, size: int = 3_000) -> str:
        """The end of what the executors wrote."""
        path = self.folder / "executor.log"
        return path.read_text()[-size:] if path.exists() else ""

    def stop(self) -> None:
        """End every executor, and the process that they are forked from."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            if not process.wait(STOP_SECONDS):
                process.send_signal(signal.SIGKILL)
        self.processes.clear()
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.communicate()

    def _open(self) -> "subprocess.Popen[str]":
        environment = os.environ | {
            "DATABASE_URL": self.settings.database_url,
            "STACKALPHA_SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "STACKALPHA_VAR_DIR": str(self.folder),
            "STACKALPHA_RECEIVE_WINDOW_MILLISECONDS": str(self.receive_window_ms),
            "STACKALPHA_OUTCOME_MARGIN_MILLISECONDS": str(self.margin_ms),
            "STACKALPHA_SHARD_COUNT": "4",
            "STACKALPHA_PAPER_WEIGHT_PER_MINUTE": str(self.paper_weight),
            VARIABLE: str(self.crash_file),
            **({"REDIS_URL": self.redis_url} if self.redis_url else {}),
        }
        most = "" if self.most_shards is None else str(self.most_shards)
        arguments = [self.venue.url, self.venue.token, self.mutant or "", most]
        with (self.folder / "executor.log").open("ab") as log:
            nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.services.trading.executor_nursery", *arguments],
                cwd=BACKEND,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert nursery.stdout is not None
        if nursery.stdout.readline() != "ready\n":
            raise RuntimeError(f"The executors' nursery did not open: {self.log()}")
        self._nursery = nursery
        return nursery
