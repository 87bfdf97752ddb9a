"""`stackalpha up` as a process of its own, over a folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from app.adapters.embedded.ports import free_port
from app.adapters.embedded.postgres_home import remove_postgres_home
from app.cli.run_folder import RunFolder
from app.core.config import BACKEND_DIR

READY = "Ctrl-C stops everything"
UP_SECONDS = 240.0
QUIET = ("--speed", "1")


def command(var_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `stackalpha` to its end; `settings` go into its environment."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=BACKEND_DIR,
        env=environment(var_dir) | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=UP_SECONDS,
    )


def environment(var_dir: Path) -> dict[str, str]:
    """The environment of a run over `var_dir`."""
    return os.environ | {"STACKALPHA_VAR_DIR": str(var_dir)}


def until(condition: Callable[[], bool]) -> bool:
    """Wait for a condition; False when it did not come to hold."""
    deadline = time.monotonic() + UP_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Platform:
    """One `up` without the demo, its words in `up.log`, its children through their pid files. Its market hardly
    moves: nobody trades there."""

    def __init__(self, var_dir: Path) -> None:
        var_dir.mkdir(parents=True, exist_ok=True)
        self.var_dir = var_dir
        self.port = free_port()
        self.folder = RunFolder(var_dir)
        self._log = var_dir / "up.log"
        # never the default of a neighbour
        own_venue = {"STACKALPHA_PAPER_URL": f"http://127.0.0.1:{free_port()}"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up", "--no-demo", *QUIET, "--port", str(self.port)],
                cwd=BACKEND_DIR,
                env=environment(var_dir) | own_venue,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def words(self) -> str:
        """Everything that it has printed."""
        return self._log.read_text()

    def wait_ready(self) -> None:
        """Return once the address is shown."""
        until(lambda: READY in self.words() or self.process.poll() is not None)
        if READY not in self.words():
            raise RuntimeError(f"It did not start: {self.words()}")

    def child(self, name: str) -> psutil.Process:
        """A running child by its pid file."""
        pid = self.folder.read_pid(name)
        assert pid is not None, f"{name} has no pid file"
        return psutil.Process(pid)

    def family(self) -> list[psutil.Process]:
        """Every process below `up`."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        """End it as Ctrl-C does, and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def remove(self) -> None:
        """Stop it and delete what it kept, wherever that is."""
        self.stop()
        remove_postgres_home(self.var_dir / "postgres")
