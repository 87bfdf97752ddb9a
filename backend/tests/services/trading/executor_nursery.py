"""Executors that start at once: everything is imported here, and each executor is a fork of this process.

`python -m tests.services.trading.executor_nursery PAPER_URL PAPER_TOKEN [MUTANT [SHARDS]]` forks one executor, of at
most that many shards, per line on its standard input and answers with its process id; it ends, and its executors with
it, when the input ends.
"""

import os
import signal
import sys

import uvloop

from tests.services.trading import mutants
from tests.services.trading.executor_process import serve


def main(paper_url: str, token: str, mutant: str = "", most_shards: str = "") -> None:
    """Fork until nobody asks any more. A dead executor is reaped by the kernel."""
    if mutant:
        mutants.apply(mutant)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
            uvloop.run(serve(paper_url, token, int(most_shards) if most_shards else None))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
