"""The whole API asked at random, far more often than the tests do: `make soak NAME=api_fuzz ARGS="--examples 100"`.

Prints, per operation, which share of the requests that its description allows was carried out, and fails like
`tests/api/test_fuzz.py`: at a server's error, at an answer that is not described, at a forbidden request that was
taken, and where less than the least share was carried out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

BACKEND = Path(__file__).parents[2]


def main() -> int:
    """Run the tests with that many requests of each kind per operation, and print what they counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "shares"
        environment = os.environ | {"FUZZ_EXAMPLES": str(chosen.examples), "FUZZ_SHARES": str(counted)}
        command = [sys.executable, "-m", "pytest", "tests/api/test_fuzz.py", "-n", str(chosen.processes)]
        done = subprocess.run([*command, "--timeout", "3600"], cwd=BACKEND, env=environment, check=False)
        shares = [json.loads(line) for line in counted.read_text().splitlines()] if counted.exists() else []
    console = Console()
    for share in sorted(shares, key=lambda one: (one["value"], one["name"])):
        console.print_json(json.dumps(share), indent=None)
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
