"""How many accounts of this process enter at once.

A process has one processor: each entry under way makes every stop and every exit of the other accounts wait a little
longer. Entries take turns; nothing else does.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

ENTERING_AT_ONCE: Final = (
    32  # at 0.4 s with a distant venue 80 entries a second, more than a processor decides
)


class EntryTurns:
    """Turns of accounts, each of which has one at most; whoever waited longest is next."""

    def __init__(self, at_once: int = ENTERING_AT_ONCE) -> None:
        self._at_once = at_once
        self._taken: set[UUID] = set()
        self._waiting: OrderedDict[UUID, Callable[[], None]] = OrderedDict()

    def ask(self, wallet_id: UUID, granted: Callable[[], None]) -> bool:
        """Whether the account has a turn, now or since before; otherwise it waits and is told with `granted`."""
        if wallet_id not in self._taken:
            if len(self._taken) >= self._at_once:
                self._waiting[wallet_id] = granted
                return False
            self._taken.add(wallet_id)
        return True

    def end(self, wallet_id: UUID) -> None:
        """Give a turn to whoever waits, or wait no longer; an account that does neither may say so too."""
        self._waiting.pop(wallet_id, None)
        if wallet_id in self._taken:
            self._taken.discard(wallet_id)
            if self._waiting:
                following, granted = self._waiting.popitem(last=False)
                self._taken.add(following)
                granted()
