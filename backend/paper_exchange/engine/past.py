"""Read lag: accounts as they were a while ago, for reads that a replica answers late."""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, fields, replace
from typing import Protocol, TypeVar

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.changes import Changes, Counters
from paper_exchange.engine.state import State

T = TypeVar("T")


class _Owned(Protocol):
    """Anything that names the account it belongs to."""

    @property
    def account(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """An account at a moment (wall clock ms), and the last numbers given out by then."""

    wall_ms: int
    account: Account
    counters: Counters


def _owners(changes: Changes) -> set[str]:
    rows: list[_Owned] = [
        *changes.positions.values(),
        *changes.orders.values(),
        *changes.conditionals.values(),
    ]
    return set(changes.accounts) | {row.account for row in rows}


class PastReads:
    """Keeps pictures of accounts for as long as somebody wants the past; costs nothing while nobody does."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._keep_ms: int | None = None
        self._pictures: dict[str, deque[Picture]] = {}
        self._frozen: dict[str, dict[int, object]] = {}

    def keep(self, seconds: float | None) -> None:
        """Keep pictures this far back from here on; None drops them all."""
        if seconds is None:
            self._keep_ms = None
            self._pictures.clear()
            self._frozen.clear()
            return
        self._keep_ms = int(seconds * 1_000)
        for account in self._state.accounts.values():
            if account.id not in self._pictures:
                self._take(account, set(), 0)

    def note(self, changes: Changes, wall_ms: int) -> None:
        """These things changed; called for every batch of the journal."""
        if self._keep_ms is None:
            return
        touched = {
            id(one)
            for group in (changes.accounts, changes.positions, changes.orders, changes.conditionals)
            for one in group.values()
        }
        for owner in _owners(changes):
            account = self._state.accounts[owner]
            self._take(account, touched, wall_ms)
            pictures = self._pictures[owner]
            while len(pictures) > 1 and pictures[1].wall_ms <= wall_ms - self._keep_ms:
                pictures.popleft()

    def at(self, account: Account, wall_ms: int) -> Picture | None:
        """The account as of that moment, or the oldest picture of it; None when there are none."""
        pictures = self._pictures.get(account.id)
        if not pictures:
            return None
        earlier = (picture for picture in reversed(pictures) if picture.wall_ms <= wall_ms)
        return next(earlier, pictures[0])

    def _take(self, account: Account, touched: set[int], wall_ms: int) -> None:
        before, now = self._frozen.get(account.id, {}), dict[int, object]()

        def still(thing: T) -> T:
            """A copy that stands still; the one taken before when nothing happened to the thing since."""
            found = before.get(id(thing)) if id(thing) not in touched else None
            if found is None:
                found = copy.copy(thing)
            now[id(thing)] = found
            return found  # type: ignore[return-value]

        parts: dict[str, object] = {"record": copy.deepcopy(account.record)}
        for part in fields(account):
            whole = getattr(account, part.name)
            if isinstance(whole, dict):
                parts[part.name] = type(whole)((key, still(one)) for key, one in whole.items())
        self._frozen[account.id] = now
        picture = Picture(wall_ms, replace(account, **parts), copy.copy(self._state.counters))  # type: ignore[arg-type]
        self._pictures.setdefault(account.id, deque()).append(picture)
