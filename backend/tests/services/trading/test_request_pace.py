"""Requests of an account within a second: as many as are allowed pass at once, the next one waits."""

import asyncio

from app.services.trading.request_pace import RequestPace


class SteppedLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def time(self) -> float:
        return self.ahead

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.ahead = max(self.ahead, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


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
