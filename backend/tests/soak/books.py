"""The invariants of `tests/domain/test_books.py` over many random books: `make soak NAME=books ARGS="--books 10000"`.

Prints one line per invariant; ends with 1 at the first book that breaks one, and names its seed.
"""

import argparse
import json
import sys
from collections.abc import Callable

from app.domain.risk_case import RiskCase
from tests.domain.test_books import (
    books,
    loss_at_the_stop_is_within_budget,
    one_row_is_the_batch,
    tightened,
    tightening_never_approves_more,
)
from tests.domain.test_receipts import receipts_are_decided_again_to_the_same_bytes

BATCH = 50
INVARIANTS: dict[str, Callable[[list[RiskCase]], object]] = {
    "loss_at_stop_within_budget": loss_at_the_stop_is_within_budget,
    "tightening_never_approves_more": lambda cases: tightening_never_approves_more(cases, tightened),
    "one_row_is_the_batch": one_row_is_the_batch,
    "receipts_identical": receipts_are_decided_again_to_the_same_bytes,
}


def main() -> int:
    """Ask every invariant of every batch; 0 when all hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    for name, holds in INVARIANTS.items():
        for at in range(0, chosen.books, BATCH):
            seed = chosen.seed + at
            try:
                holds(books(seed, BATCH))
            except AssertionError as error:
                line = {"name": name, "seed": seed, "rows": BATCH, "broken": str(error)[:2_000]}
                sys.stdout.write(json.dumps(line) + "\n")
                return 1
        sys.stdout.write(json.dumps({"name": name, "books": chosen.books, "broken": None}) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
