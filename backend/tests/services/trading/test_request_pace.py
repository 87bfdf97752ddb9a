"""Requests of an account within a second: as many as are allowed pass at once, the next one waits."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TypeVarTuple, Unpack

from app.services.trading.request_pace import RequestPace

Given = TypeVarTuple("Given")


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


def moments(turns: int, per_second: int) -> list[float]:
    """When each of so many requests had its turn, seconds from the first."""

    async def ask() -> list[float]:
        pace, found = RequestPace(per_second), []
        for _ in range(turns):
            await pace.turn()
            found.append(round(asyncio.get_running_loop().time(), 6))
        return found

    loop = SteppedLoop()
    try:
        return loop.run_until_complete(ask())
    finally:
        loop.close()


def test_as_many_as_allowed_pass_at_once_and_the_next_waits_for_the_second_to_end() -> None:
    assert moments(3, per_second=3) == [0, 0, 0]
    assert moments(7, per_second=3) == [0, 0, 0, 1, 1, 1, 2]
