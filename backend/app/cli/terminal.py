"""What the operator sees: one console for words, one for errors, and steps with their time."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

out = Console(highlight=False, soft_wrap=not os.isatty(1))
err = Console(stderr=True, highlight=False, soft_wrap=True)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CommandError(Exception):
    """A command cannot go on; the message is one sentence and the exit code says what kind of fault it is."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show what is being done and, once it is done, how many seconds it took."""
    started = time.monotonic()
    if out.is_terminal:
        with out.status(title):
            yield
    else:
        yield
    out.print(f"[green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s[/]")


@contextmanager
def stop_signals_interrupt() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal raise KeyboardInterrupt inside; afterwards they are ignored."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        ignore_stop_signals()
        raise KeyboardInterrupt

    for number in STOP_SIGNALS:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        ignore_stop_signals()


def ignore_stop_signals() -> None:
    """Nothing may interrupt an orderly stop that is under way."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
