"""A process that has imported everything and forks workers on demand."""

import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop


def fork_on_demand(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Say that it is ready, then fork a worker for each line of the standard input and answer with its process id,
    until nobody asks any more. A dead worker is reaped by the kernel."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
            uvloop.run(serve())
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
