"""Listen keys: a name for a user's event stream, good for an hour of wall time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from paper_exchange import clock
from paper_exchange.engine.refusals import Refusal, VenueError

LIFE_MS = 3_600_000


@dataclass(slots=True)
class ListenKeys:
    """At most one key per account; they do not outlive the process."""

    _by_account: dict[str, tuple[str, int]] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    def open(self, account: str) -> str:
        """The account's key, made or prolonged."""
        found = self._by_account.get(account)
        key = found[0] if found is not None else secrets.token_hex(32)
        self._by_account[account] = (key, clock.wall_ms() + LIFE_MS)
        self._owners[key] = account
        return key

    def prolong(self, account: str) -> str:
        if account not in self._by_account:
            raise VenueError(Refusal.BAD_LISTEN_KEY)
        return self.open(account)

    def close(self, account: str) -> None:
        found = self._by_account.pop(account, None)
        if found is not None:
            del self._owners[found[0]]

    def account_of(self, key: str) -> str | None:
        """Whose key it is; None when it is nobody's."""
        return self._owners.get(key)

    def expire(self) -> list[tuple[str, str]]:
        """Remove keys whose time is over; returns (account, key) of each."""
        now = clock.wall_ms()
        return self._remove([account for account, (_, until) in self._by_account.items() if until < now])

    def withdraw(self, account: str | None) -> list[tuple[str, str]]:
        """Remove the account's key, or everybody's (None), now; returns (account, key) of each."""
        return self._remove([one for one in self._by_account if account in (None, one)])

    def _remove(self, accounts: list[str]) -> list[tuple[str, str]]:
        removed = [(account, self._by_account[account][0]) for account in accounts]
        for account in accounts:
            self.close(account)
        return removed
