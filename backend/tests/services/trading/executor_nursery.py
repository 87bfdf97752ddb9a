"""Executors that start at once: everything is imported here, and each executor is a fork of this process.

`python -m tests.services.trading.executor_nursery PAPER_URL PAPER_TOKEN [MUTANT [SHARDS]]` forks one executor, of at
most that many shards, per line on its standard input and answers with its process id; it ends, and its executors with
it, when the input ends.
"""

import sys

from tests.services.trading import mutants
from tests.services.trading.executor_process import serve
from tests.services.trading.forking import fork_on_demand


def main(paper_url: str, token: str, mutant: str = "", most_shards: str = "") -> None:
    """Fork until nobody asks any more."""
    if mutant:
        mutants.apply(mutant)
    fork_on_demand(lambda: serve(paper_url, token, int(most_shards) if most_shards else None))


if __name__ == "__main__":
    main(*sys.argv[1:])
