"""Monitors as processes of their own, for tests that stop and kill them."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.processes import child_environment
from app.core.config import Settings
from tests.paper_venue import BACKEND, PaperVenue
from tests.services.trading.executor_host import ExecutorProcess

SHARDS = 4
STOP_SECONDS = 10.0


@dataclass
class MonitorHost:
    """Monitors over one database and one paper exchange, forks of one nursery; `folder` keeps their log."""

    settings: Settings
    venue: PaperVenue
    folder: Path
    processes: list[ExecutorProcess] = field(default_factory=list)
    _nursery: subprocess.Popen[str] | None = None

    def start(self) -> ExecutorProcess:
        """Start one monitor."""
        nursery = self._nursery or self._open()
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.write("start\n")
        nursery.stdin.flush()
        process = ExecutorProcess(int(nursery.stdout.readline()))
        self.processes.append(process)
        return process

    def log(self, size: int = 3_000) -> str:
        """The end of what the monitors wrote."""
        return (self.folder / "monitor.log").read_text()[-size:]

    def stop(self) -> None:
        """End every monitor, also one that was stopped in its tracks."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            if not process.wait(STOP_SECONDS):
                process.send_signal(signal.SIGKILL)
        self.processes.clear()

    def close(self) -> None:
        """End the process that they are forked from."""
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.communicate()

    def _open(self) -> "subprocess.Popen[str]":
        settings = self.settings.model_copy(
            update={"paper_url": self.venue.url, "shard_count": SHARDS, "var_dir": self.folder}
        )
        with (self.folder / "monitor.log").open("ab") as log:
            nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.services.trading.monitor_nursery"],
                cwd=BACKEND,
                env=os.environ | child_environment(settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert nursery.stdout is not None
        if nursery.stdout.readline() != "ready\n":
            raise RuntimeError(f"The monitors' nursery did not open: {self.log()}")
        self._nursery = nursery
        return nursery
