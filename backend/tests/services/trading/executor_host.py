"""Starts executor processes for tests, with a crash point or without, and ends them."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from app.core.config import Settings
from app.core.crash_points import VARIABLE
from tests.paper_venue import BACKEND, PaperVenue

RECEIVE_WINDOW_MS = 500
MARGIN_MS = 1_100


@dataclass
class ExecutorHost:
    """Executors over one database and one paper exchange; `folder` keeps logs and the crash file."""

    settings: Settings
    venue: PaperVenue
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def crash_file(self) -> Path:
        return self.folder / "crash"

    def start(self) -> subprocess.Popen[bytes]:
        """Start one executor."""
        environment = os.environ | {
            "DATABASE_URL": self.settings.database_url,
            "STACKALPHA_SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "STACKALPHA_VAR_DIR": str(self.folder),
            "STACKALPHA_RECEIVE_WINDOW_MILLISECONDS": str(RECEIVE_WINDOW_MS),
            "STACKALPHA_OUTCOME_MARGIN_MILLISECONDS": str(MARGIN_MS),
            "STACKALPHA_SHARD_COUNT": "4",
            VARIABLE: str(self.crash_file),
        }
        with (self.folder / "executor.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.services.trading.executor_process"),
                    *(self.venue.url, self.venue.token),
                ],
                cwd=BACKEND,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def log(self, size: int = 3_000) -> str:
        """The end of what the executors wrote."""
        path = self.folder / "executor.log"
        return path.read_text()[-size:] if path.exists() else ""

    def stop(self) -> None:
        """End every executor."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()
