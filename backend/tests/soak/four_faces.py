"""Calculator, dry run, preview and gate asked about random entries: one answer, whoever is asked.

make soak NAME=four_faces ARGS="--examples 5000"

Hypothesis draws the entries, the facts and the settings; the API, the gate and the database are the real ones. Prints
one line; ends with an error and the smallest case in which two of them differ.
"""

import argparse
import json
import sys

from benchmarks.served import benchmark_settings
from tests.services.trading.four_faces import one_answer_everywhere


def main() -> int:
    """Ask; 0 when all of them agreed every time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=5_000)
    chosen = parser.parse_args()
    with benchmark_settings() as settings:
        approved = one_answer_everywhere(settings, chosen.examples)
    figures = {"examples": chosen.examples, "approved": approved, "different": 0}
    sys.stdout.write(json.dumps({"name": "four_faces"} | figures) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
