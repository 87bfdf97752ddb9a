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
FIRST_BAN_MS = 2 * MINUTE_MS
MOST_ADDRESSES = 10_000
MINUTES_KEPT = 60
LONGEST_BAN_MS = 3 * 24 * 60 * MINUTE_MS


@dataclass(slots=True)
class _Address:
    """`minutes` is the weight of the last minutes, the present one included; `refusals` counts every 429 and 418
    since the start, `refused` those towards the next ban."""

    minute: int = 0
    used: int = 0
    refused: int = 0
    bans: int = 0
    banned_until_ms: int = 0
    refusals: int = 0
    minutes: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=MINUTES_KEPT))

    def spend(self, minute: int, weight: int) -> None:
        """Count the weight in its minute."""
        if self.minute != minute:
            self.minute, self.used = minute, 0
        self.used += weight
        if self.minutes and self.minutes[-1][0] == minute:
            self.minutes.pop()
        self.minutes.append((minute, self.used))


@dataclass(slots=True)
class OrderWindow:
    """What was counted within the last `span_ms`, oldest first."""

    span_ms: int
    most: int
    name: str
    total: int = 0
    _counted: deque[tuple[int, int]] = field(default_factory=deque)

    def forget(self, now: int) -> None:
        """Drop what is older than the span."""
        while self._counted and self._counted[0][0] <= now - self.span_ms:
            self.total -= self._counted.popleft()[1]

    def wait_ms(self, now: int, more: int) -> int:
        """How long until `more` would fit; 0 when it does. `forget` has been called."""
        over = self.total + more - self.most
        for then, count in self._counted:
            if over <= 0:
                break
            over -= count
            if over <= 0:
                return then + self.span_ms - now
        return self.span_ms if over > 0 else 0

    def count(self, now: int, more: int) -> None:
        self._counted.append((now, more))
        self.total += more


def _order_windows() -> tuple[OrderWindow, OrderWindow]:
    return (
        OrderWindow(TEN_SECONDS_MS, ORDERS_PER_TEN_SECONDS, "10 SECOND"),
        OrderWindow(MINUTE_MS, ORDERS_PER_MINUTE, "MINUTE"),
    )


@dataclass(slots=True)
class RateLimits:
    """Counted on the wall clock; `weight_limit` is per address and minute."""

    weight_limit: int
    _addresses: dict[str, _Address] = field(default_factory=dict)
    _orders: dict[str, tuple[OrderWindow, OrderWindow]] = field(default_factory=dict)

    def spend(self, address: str, weight: int) -> int:
        """Count the weight and return what the address has used this minute; refused above the limit.

        Who goes on asking is banned: two minutes at first, twice as long each time, three days at most.
        """
        now = clock.wall_ms()
        entry = self._addresses.get(address)
        if entry is None:
            if len(self._addresses) >= MOST_ADDRESSES:
                self._forget(now)
            entry = self._addresses[address] = _Address()
        if now < entry.banned_until_ms:
            entry.refusals += 1
            raise VenueError(
                Refusal.BANNED, address, entry.banned_until_ms, retry_ms=entry.banned_until_ms - now
            )
        entry.spend(now // MINUTE_MS, weight)
        if entry.used > self.weight_limit:
            entry.refused, entry.refusals = entry.refused + 1, entry.refusals + 1
            if entry.refused > REFUSALS_BEFORE_BAN:
                ban_ms = min(FIRST_BAN_MS << entry.bans, LONGEST_BAN_MS)
                entry.refused, entry.bans, entry.banned_until_ms = 0, min(entry.bans + 1, 12), now + ban_ms
                raise VenueError(Refusal.BANNED, address, entry.banned_until_ms, retry_ms=ban_ms)
            raise VenueError(
                Refusal.TOO_MANY_REQUESTS, address, self.weight_limit, retry_ms=MINUTE_MS - now % MINUTE_MS
            )
        return entry.used

    def _forget(self, now: int) -> None:
        """Drop the addresses that ask for nothing this minute and are not banned."""
        minute = now // MINUTE_MS
        self._addresses = {
            name: one
            for name, one in self._addresses.items()
            if one.minute == minute or one.banned_until_ms > now
        }

    def used(self, address: str) -> int:
        """Weight used by the address in the present minute."""
        entry = self._addresses.get(address)
        if entry is None or entry.minute != clock.wall_ms() // MINUTE_MS:
            return 0
        return entry.used

    def told(self) -> dict[str, object]:
        """What every address used in its last minutes, and how often it was refused, for the operator."""
        return {
            "weight_limit": self.weight_limit,
            "addresses": {
                name: {
                    "minutes": [{"minute": minute, "weight": used} for minute, used in one.minutes],
                    "refusals": one.refusals,
                    "bans": one.bans,
                }
                for name, one in self._addresses.items()
            },
        }

    def count_order(self, account: str, in_ten: int = 1) -> tuple[int, int]:
        """Count a request that places or changes orders: `in_ten` in ten seconds, one in the minute.

        Returns how many there are in each window by now; refused above either limit.
        """
        now = clock.wall_ms()
        windows = self._orders.setdefault(account, _order_windows())
        added = (in_ten, 1)
        for one, more in zip(windows, added, strict=True):
            one.forget(now)
            wait_ms = one.wait_ms(now, more)
            if wait_ms:
                raise VenueError(Refusal.TOO_MANY_ORDERS, one.most, one.name, retry_ms=wait_ms)
        for one, more in zip(windows, added, strict=True):
            one.count(now, more)
        return windows[0].total, windows[1].total

    def rows(self, address: str, account: str | None) -> list[dict[str, object]]:
        """Every limit with what has been used of it; those of orders when an account is named."""
        rows: list[dict[str, object]] = [
            _row("REQUEST_WEIGHT", "MINUTE", 1, self.weight_limit, self.used(address))
        ]
        if account is not None:
            now = clock.wall_ms()
            ten, minute = self._orders.setdefault(account, _order_windows())
            ten.forget(now)
            minute.forget(now)
            rows.append(_row("ORDERS", "SECOND", 10, ten.most, ten.total))
            rows.append(_row("ORDERS", "MINUTE", 1, minute.most, minute.total))
        return rows


def _row(kind: str, interval: str, number: int, limit: int, count: int) -> dict[str, object]:
    return {
        "rateLimitType": kind,
        "interval": interval,
        "intervalNum": number,
        "limit": limit,
        "count": count,
    }


def retry_after_seconds(refused: VenueError) -> int | None:
    """What the Retry-After header says, rounded up to whole seconds; None for refusals that have none."""
    if refused.retry_ms is not None:
        return -(-refused.retry_ms // 1_000)
    match refused.refusal:
        case Refusal.TOO_MANY_REQUESTS:
            return 60 - clock.wall_ms() // 1_000 % 60
        case Refusal.TOO_MANY_ORDERS:
            return TEN_SECONDS_MS // 1_000
        case Refusal.BANNED:
            return FIRST_BAN_MS // 1_000
        case _:
            return None
