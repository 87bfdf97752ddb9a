"""A world in which time passes only when everybody waits for it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TypeVar, TypeVarTuple, Unpack

Given = TypeVarTuple("Given")
Found = TypeVar("Found")


class SteppedLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def time(self) -> float:
        return self.ahead

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self.ahead = max(self.ahead, when)
        return super().call_at(when, callback, *args, context=context)


def stepped(work: Coroutine[None, None, Found]) -> Found:
    """What the work returns, done in such a world."""
    loop = SteppedLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
