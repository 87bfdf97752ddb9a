"""In which order the tests run: what takes longest comes first, and who starts a platform runs all of its tests.

xdist's worksteal hands every worker one run of the list, and who has finished takes from the end of another's. A long
file in the middle is torn apart so that each half starts a platform of its own, one at the end is waited for.
"""

import os
from collections.abc import Sequence
from itertools import islice

import pytest

LONGEST = (
    "tests/browser/test_main_path.py",
    "tests/services/trading/test_crash_mutants.py",
    "tests/cli/test_up.py",
    "tests/services/test_notification_sender.py",
    "tests/services/trading/test_crash_points.py",
    "tests/cli/test_up_ending.py",
    "tests/services/trading/test_handover.py",
    "tests/services/trading/test_monitor_takeover.py",
    "tests/api/test_fuzz.py",
)
"""Files of tests that hold a worker for long. Those of the browser and of crashes wait for most of that time: among
three workers the third has what takes a processor meanwhile, since no core is to be idle."""


def dealt(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests with the longest files at the beginnings of the workers' runs, in turn; the others keep their
    order."""
    by_file: dict[str, list[pytest.Item]] = {name: [] for name in LONGEST}
    others: list[pytest.Item] = []
    for item in items:
        by_file.get(item.nodeid.partition("::")[0], others).append(item)
    first = [
        [item for name in LONGEST[worker::workers] for item in by_file[name]] for worker in range(workers)
    ]
    order: list[pytest.Item] = []
    waiting = iter(others)
    for worker, held in enumerate(first):
        run = (len(items) - len(order)) // (workers - worker)
        order += [*held, *islice(waiting, max(0, run - len(held)))]
    return [*order, *waiting]


def worker_count() -> int:
    """Between how many workers xdist divides this run; 1 without it."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
