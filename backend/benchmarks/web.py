"""The web app in a real browser: how smoothly 50,000 executions scroll, and Lighthouse on the overview of a running
product. Needs node, a Chromium, and for Lighthouse the npm registry. `ARGS="scroll"` or `ARGS="lighthouse"` for one of
them."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.adapters.embedded.ports import free_port
from app.core.config import BACKEND_DIR, ROOT_DIR

FRONTEND: Final = ROOT_DIR / "frontend"
LOGIN: Final = re.compile(r"sign in as\s+(\S+)\s+password\s+(\S+)")
START_SECONDS: Final = 120.0
SETTLE_SECONDS: Final = 30.0  # the demo's wallets trade by then, so that the page has what it shows


def main() -> int:
    """Print the figures; 1 where one misses its target."""
    wanted = set(sys.argv[1:]) or {"scroll", "lighthouse"}
    subprocess.run(["npm", "run", "--silent", "build", "--", "--logLevel", "error"], cwd=FRONTEND, check=True)
    missed = 0
    if "scroll" in wanted:
        missed |= subprocess.run(["node", "e2e/scroll.mjs"], cwd=FRONTEND, check=False).returncode
    if "lighthouse" in wanted:
        with running_product() as (url, email, password):
            command = ["node", "e2e/lighthouse.mjs", "--url", url, "--email", email, "--password", password]
            missed |= subprocess.run(command, cwd=FRONTEND, check=False).returncode
    return int(missed != 0)


@contextmanager
def running_product() -> Iterator[tuple[str, str, str]]:
    """The product with its demo account in a folder of its own: (address, e-mail, password)."""
    with tempfile.TemporaryDirectory(prefix="stackalpha-web-") as folder:
        port = free_port()
        log = Path(folder) / "up.log"
        environment = os.environ | {
            "STACKALPHA_VAR_DIR": f"{folder}/var",
            "PYTHONPATH": str(BACKEND_DIR),
            "COLUMNS": "300",
        }
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up", "--port", str(port)],
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            email, password = _login(process, log)
            time.sleep(SETTLE_SECONDS)
            yield f"http://localhost:{port}", email, password
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _login(process: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        found = LOGIN.search(log.read_text(errors="replace"))
        if found is not None:
            return found.group(1), found.group(2)
        time.sleep(0.5)
    raise SystemExit(f"The product did not start:\n{log.read_text(errors='replace')[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
