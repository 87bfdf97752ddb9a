"""The venue's limits: request weight per address and minute, orders per account."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from paper_exchange import clock
from paper_exchange.engine.refusals import Refusal, VenueError

MINUTE_MS = 60_000
TEN_SECONDS_MS = 10_000
ORDERS_PER_TEN_SECONDS = 300
ORDERS_PER_MINUTE = 1_200
REFUSALS_BEFORE_BAN = 50
BAN_MS = 120_000


@dataclass(slots=True)
class _Address:
    minute: int = 0
    used: int = 0
    refused: int = 0
    banned_until_ms: int = 0


@dataclass(slots=True)
class RateLimits:
    """Counted on the wall clock; `weight_limit` is per address and minute."""

    weight_limit: int
    _addresses: dict[str, _Address] = field(default_factory=dict)
    _orders: dict[str, deque[int]] = field(default_factory=dict)

    def spend(self, address: str, weight: int) -> int:
        """Count the weight and return what the address has used this minute; refused above the limit."""
        now = clock.wall_ms()
        entry = self._addresses.setdefault(address, _Address())
        if now < entry.banned_until_ms:
            raise VenueError(Refusal.BANNED, address, entry.banned_until_ms)
        if entry.minute != now // MINUTE_MS:
            entry.minute, entry.used = now // MINUTE_MS, 0
        entry.used += weight
        if entry.used > self.weight_limit:
            entry.refused += 1
            if entry.refused > REFUSALS_BEFORE_BAN:
                entry.refused, entry.banned_until_ms = 0, now + BAN_MS
                raise VenueError(Refusal.BANNED, address, entry.banned_until_ms)
            raise VenueError(Refusal.TOO_MANY_REQUESTS, address, self.weight_limit)
        return entry.used

    def used(self, address: str) -> int:
        """Weight used by the address in the present minute."""
        entry = self._addresses.get(address)
        if entry is None or entry.minute != clock.wall_ms() // MINUTE_MS:
            return 0
        return entry.used

    def count_order(self, account: str) -> tuple[int, int]:
        """Count one order; returns how many in ten seconds and in a minute; refused above either limit."""
        now = clock.wall_ms()
        times = self._orders.setdefault(account, deque())
        while times and times[0] <= now - MINUTE_MS:
            times.popleft()
        in_ten = sum(1 for one in times if one > now - TEN_SECONDS_MS)
        if in_ten >= ORDERS_PER_TEN_SECONDS:
            raise VenueError(Refusal.TOO_MANY_ORDERS, ORDERS_PER_TEN_SECONDS, "10 SECOND")
        if len(times) >= ORDERS_PER_MINUTE:
            raise VenueError(Refusal.TOO_MANY_ORDERS, ORDERS_PER_MINUTE, "MINUTE")
        times.append(now)
        return in_ten + 1, len(times)


def retry_after_seconds(refusal: Refusal) -> int | None:
    """What the Retry-After header says; None for refusals that have none."""
    match refusal:
        case Refusal.TOO_MANY_REQUESTS:
            return 60 - clock.wall_ms() // 1_000 % 60
        case Refusal.TOO_MANY_ORDERS:
            return 10
        case Refusal.BANNED:
            return BAN_MS // 1_000
        case _:
            return None
