"""When an account's balance is read after its fills have moved it: at once, or after accounts that still leave."""

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 30.0


class OwedBalance:
    """One account's; `leaving` are the wallets of this process that a kill switch leaves, `wake` is called when the
    balance is due."""

    def __init__(self, wallet_id: UUID, leaving: Collection[UUID], wake: Callable[[], None]) -> None:
        self._wallet_id = wallet_id
        self._leaving = leaving
        self._wake = wake
        self._timer: asyncio.TimerHandle | None = None
        self.is_due = False

    def owe(self) -> None:
        """Read it next, unless it waits for others already, or its own account is still being left."""
        if self._wallet_id in self._leaving:
            self.owe_after_others()
        else:
            self._fall_due()

    def _fall_due(self) -> None:
        if self._timer is None:
            self.is_due = True
            self._wake()

    def owe_after_others(self) -> None:
        """Read it once no account is left any more, at most `PATIENCE_SECONDS` later: nothing enters an account that
        a kill switch has left, our own books hold what its exits came to, and whoever is still in the market needs
        the requests and the time more."""
        if self._timer is None and not self.is_due:
            self._look(asyncio.get_running_loop().time() + PATIENCE_SECONDS)

    def take(self) -> bool:
        """Whether it is due; then it is read now."""
        is_due, self.is_due = self.is_due, False
        return is_due

    def stop(self) -> None:
        """Forget what is owed."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self.is_due = None, False

    def _look(self, end: float) -> None:
        loop = asyncio.get_running_loop()
        if self._leaving and loop.time() < end:
            self._timer = loop.call_later(LOOK_SECONDS, self._look, end)
            return
        self._timer = None
        self._fall_due()
