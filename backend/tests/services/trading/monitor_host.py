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

RUN = "import uvloop; from app.workers.position_monitor import main; uvloop.run(main())"
SHARDS = 4


@dataclass
class MonitorHost:
    """Monitors over one database and one paper exchange; `folder` keeps their log."""

    settings: Settings
    venue: PaperVenue
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        """Start one monitor."""
        settings = self.settings.model_copy(
            update={"paper_url": self.venue.url, "shard_count": SHARDS, "var_dir": self.folder}
        )
        with (self.folder / "monitor.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", RUN],
                cwd=BACKEND,
                env=os.environ | child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def log(self, size: int = 3_000) -> str:
        """The end of what the monitors wrote."""
        return (self.folder / "monitor.log").read_text()[-size:]

    def stop(self) -> None:
        """End every monitor, also one that was stopped in its tracks."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()
