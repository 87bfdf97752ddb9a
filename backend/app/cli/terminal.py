"""What the operator sees: one console for words, one for errors, and steps with their time."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console

out = Console(highlight=False, soft_wrap=not os.isatty(1))
err = Console(stderr=True, highlight=False, soft_wrap=True)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CommandError(Exception):
    """A command cannot go on; the message is one sentence and the exit code says what kind of fault it is."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for the end
    """The operator has asked for the end."""


class StopSignals:
    """Ctrl-C, SIGTERM and a closed terminal, noted between entering and leaving and asked for with `check`.

    Nothing is raised from the signal handler itself, where it could be swallowed or tear a start in two. After
    leaving, the signals are ignored: an orderly stop is under way.
    """

    def __init__(self) -> None:
        self._requested = False

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays
                signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def check(self) -> None:
        """Raise `Stopped` once a signal has come."""
        if self._requested:
            raise Stopped

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._requested = True


@contextmanager
def step(title: str, stop: StopSignals) -> Iterator[None]:
    """Show what is being done and, once it is done, how many seconds it took; not begun when the end is asked for."""
    stop.check()
    started = time.monotonic()
    if out.is_terminal:
        with out.status(title):
            yield
    else:
        yield
    out.print(f"[green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s[/]")
    stop.check()
