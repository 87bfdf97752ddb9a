"""Group commit: whatever happened while one batch was being written goes into the next, and waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paper_exchange.journal.batch import Batch


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows to commit, and what to do once they are."""

    batch: Batch
    afterwards: Callable[[], None]


class GroupCommit:
    """One batch at a time in one thread; never two writers."""

    def __init__(
        self,
        write: Callable[[Batch], None],
        gather: Callable[[], Gathered],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._write = write
        self._gather = gather
        self._on_failure = on_failure
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._next: asyncio.Future[None] | None = None
        self._busy = False
        self._scheduled = False

    @property
    def is_busy(self) -> bool:
        """Whether a batch is being written or about to be."""
        return self._busy or self._scheduled

    def committed(self) -> asyncio.Future[None]:
        """A future that is done once everything that has happened until now is committed."""
        loop = asyncio.get_running_loop()
        if self._next is None:
            self._next = loop.create_future()
        if not self._busy and not self._scheduled:
            # Soon, not now: the other requests already read in this turn of the loop join the batch.
            self._scheduled = True
            loop.call_soon(self._begin)
        return self._next

    def _begin(self) -> None:
        self._scheduled = False
        waiting, self._next = self._next, None
        if waiting is None or self._busy:
            self._next = waiting
            return
        self._busy = True
        try:
            gathered = self._gather()
        except Exception as failure:  # noqa: BLE001 - nobody may wait for ever for a batch that cannot be made
            waiting.set_exception(failure)
            self._on_failure(failure)
            return
        loop = asyncio.get_running_loop()
        written = loop.run_in_executor(self._thread, self._write, gathered.batch)
        written.add_done_callback(lambda done: self._end(done, waiting, gathered))

    def _end(self, done: asyncio.Future[None], waiting: asyncio.Future[None], gathered: Gathered) -> None:
        self._busy = False
        failure = done.exception()
        if failure is not None:
            if not waiting.done():
                waiting.set_exception(failure)
            self._on_failure(failure)
            return
        if not waiting.done():
            waiting.set_result(None)
        gathered.afterwards()
        if self._next is not None:
            self._begin()

    async def close(self) -> None:
        """Commit what is left and stop the thread."""
        await self.committed()
        self._thread.shutdown()
