"""python-binance trades by the README's own words, in the judges' environment."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from app.core.config import ROOT_DIR
from benchmarks.acceptance.verdict import Verdict
from tests.paper_exchange.readme import snippet
from tests.paper_exchange.running import Running

PYTHON = ROOT_DIR / ".venv-peers" / "bin" / "python"
PATIENCE_SECONDS = 60


def python_binance_verdict() -> Verdict:
    """Whether the README's snippet comes back with a filled order."""
    verdict = Verdict("python-binance")
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder) / "journal.sqlite")
        running.start()
        try:
            text = snippet("python-binance", running.base, running.open_account("readme"))
            command = [str(PYTHON), "-c", text]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
            )
        finally:
            running.stop()
    filled = done.returncode == 0 and done.stdout.startswith("FILLED ")
    verdict.at_least("python_binance_filled", int(filled), 1, "orders")
    if not filled:
        verdict.remarks.append(f"it said: {(done.stdout + done.stderr)[-500:]}")
    return verdict
