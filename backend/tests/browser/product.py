"""The whole product, started as a person would start it, for tests in a browser."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from app.adapters.embedded.ports import free_port
from app.core.config import BACKEND_DIR

LINK = re.compile(r"https?://\S+/verify-email\?token=[0-9A-Za-z_.-]+")
UP_SECONDS = 240.0
CALM, LIVELY = (
    1.0,
    900.0,
)  # market seconds a second: nothing happens to a position within a test, or within seconds


class Product:
    """`stackalpha up` in a folder of its own. `command` runs another verb beside it."""

    def __init__(
        self, folder: Path, replay: Path, speed: float, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        clean = {k: v for k, v in os.environ.items() if not k.startswith("STACKALPHA_")}
        clean.pop("DATABASE_URL", None)
        clean.pop("REDIS_URL", None)
        self._environment = clean | {
            "STACKALPHA_VAR_DIR": str(folder / "var"),
            "STACKALPHA_PORT": str(self.port),
            "STACKALPHA_PAPER_URL": f"http://127.0.0.1:{free_port()}",  # never the default of a neighbour
            "PYTHONPATH": str(BACKEND_DIR),
            "COLUMNS": "300",
            **(environment or {}),
        }
        self._log = folder / "up.log"
        arguments = ["up", "--no-demo", "--replay", str(replay), "--speed", str(speed)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *arguments],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def command(self, *arguments: str) -> str:
        answer = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return answer.stdout

    def set_market_speed(self, speed: float) -> None:
        """From now on."""
        self.command("paper-feed", "--speed", str(speed))

    def wait_until_up(self) -> None:
        """Until it says that it is ready."""
        end = time.monotonic() + UP_SECONDS
        while time.monotonic() < end:
            assert not self.has_ended(), self.log()[-3000:]
            try:
                with urllib.request.urlopen(f"{self.url}/api/v1/health/ready", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError(self.log()[-3000:])

    def verification_link(self, email: str) -> str:
        found = LINK.search(self.command("link", email))
        assert found is not None, "no link was printed"
        return found.group(0)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=60)
            except subprocess.TimeoutExpired:  # nothing of it may outlive the tests
                os.killpg(self._process.pid, signal.SIGKILL)
                raise


def find_browser() -> str | None:
    """The system's Chromium, None where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    return None
