"""Exits, parts and stops at the gate before random limits, halts, pauses and missing facts: none is refused.

make soak NAME=exit_passage ARGS="--examples 10000"

Hypothesis draws the obstacles; the gate, its database and its locks are the real ones. Prints one line; ends with 1
and the smallest obstacles that turn a way out down.
"""

import argparse
import json
import sys

from benchmarks.served import benchmark_settings
from tests.services.trading.exit_passage import every_exit_passes


def main() -> int:
    """Ask; 0 when every way out passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    chosen = parser.parse_args()
    with benchmark_settings() as settings:
        every_exit_passes(settings, chosen.examples)
    sys.stdout.write(json.dumps({"name": "exit_passage", "examples": chosen.examples, "refused": 0}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
