"""The columnar review of many intents: `make bench NAME=review_columns ARGS="--intents 1000000"`.

Prints the rate of the review over columns, beside reading the same columns without a check (what memory allows);
and the rate of whole decisions from facts, 256 at a time, beside one at a time.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

import numpy as np

from app.domain.decision import decide, decide_batch, intent_of, propose_case_sizes
from app.domain.fixed_point import IntColumn
from app.domain.limit_checks import BLOCK, breach_masks
from app.domain.limit_measures import Measured
from app.domain.limits import ReviewRow
from app.domain.review_columns import ReviewColumns
from benchmarks.figure import figure_line
from tests.domain.books import Drawing

DISTINCT = 4_096
REPEATS = 3


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--intents", type=int, default=1_000_000)
    chosen = parser.parse_args()
    for line in figures(chosen.intents):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"load of this machine while measured: {os.getloadavg()[0]:.1f}\n")
    return 0


def figures(intents: int) -> list[str]:
    """The figures of the columnar review, one JSON line each."""
    drawing = Drawing(1, gaps=0.0)
    cases = [drawing.case() for _ in range(DISTINCT)]
    rows = [
        ReviewRow(intent_of(case, size), case.market, case.wallet, case.user, case.strategy, case.symbol)
        for case, size in zip(cases, propose_case_sizes(cases), strict=True)
    ]
    columns = ReviewColumns.of(rows, [case.limits for case in cases])
    chosen = np.random.default_rng(2).integers(0, DISTINCT, intents)

    def review_all() -> None:
        for start in range(0, intents, BLOCK * 16):
            breach_masks(Measured(columns.take(chosen[start : start + BLOCK * 16])))

    checked = intents / best(review_all)
    gathered = intents / best(lambda: gather_all(columns, chosen))
    few = cases[:256]
    one_by_one = len(few) / best(lambda: [decide(case) for case in few])
    together = len(few) / best(lambda: decide_batch(few))
    return [
        figure_line(
            "columnar review of intents",
            checked,
            "intents/s",
            limit="gathering the same columns without a check",
            limit_value=gathered,
        ),
        figure_line(
            "size and verdict from facts, 256 at a time",
            together,
            "cases/s",
            limit="one at a time",
            limit_value=one_by_one,
        ),
    ]


def gather_all(columns: ReviewColumns, chosen: IntColumn) -> None:
    """Read every column of every intent once."""
    for start in range(0, len(chosen), BLOCK * 16):
        columns.take(chosen[start : start + BLOCK * 16])


def best(work: Callable[[], object]) -> float:
    """The shortest time of a few tries, seconds."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    raise SystemExit(main())
