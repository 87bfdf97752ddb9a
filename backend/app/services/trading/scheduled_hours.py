"""What stored schedules say at a moment: of the user over all wallets, and of each wallet."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

import msgspec

from app.domain.risk_facts import HoursFact
from app.domain.trading_hours import Sessions, Span, TradingHours, TradingSchedule, trading_hours
from app.repositories.gate_rows import ScheduleRow
from app.repositories.trading_schedules import ScheduleScope

KEPT = 4_096
_SCHEDULE = msgspec.json.Decoder(TradingSchedule)


class _SessionsText(msgspec.Struct, frozen=True):
    known_from_ms: int
    known_until_ms: int
    spans: list[tuple[int, int]]


_SESSIONS = msgspec.json.Decoder(dict[str, _SessionsText])


@lru_cache(KEPT)
def schedule_of(document: bytes) -> TradingSchedule:
    """Return a schedule out of its JSON."""
    return _SCHEDULE.decode(document)


@lru_cache(64)
def sessions_of(document: bytes) -> Mapping[str, Sessions]:
    """Return the sessions of calendars out of their JSON; none of nothing."""
    if not document:
        return {}
    return {
        name: Sessions(tuple(Span(*span) for span in held.spans), held.known_from_ms, held.known_until_ms)
        for name, held in _SESSIONS.decode(document).items()
    }


def hours_of(document: bytes, calendars: bytes, market_ms: int) -> TradingHours:
    """Return what a stored schedule says at a moment of its market."""
    schedule = schedule_of(document)
    sessions = None if schedule.calendar is None else sessions_of(calendars).get(schedule.calendar)
    return trading_hours(schedule, sessions, market_ms)


def scopes_of(wallet_id: UUID, venue: str) -> tuple[ScheduleScope, ...]:
    """Return the scopes whose schedules hold for a wallet at that venue."""
    return ScheduleScope(), ScheduleScope(venue=venue), ScheduleScope(wallet_id)


def skips_fundings(rows: Iterable[ScheduleRow]) -> bool:
    """Whether any of these schedules depends on the next funding."""
    return any(schedule_of(bytes(row.schedule)).skip_funding_minutes is not None for row in rows)


class ScheduledHours:
    """The hours of one user at one moment: the user's own, those at a venue, and those of a wallet."""

    def __init__(self, rows: Sequence[ScheduleRow], calendars: bytes, market_ms: int) -> None:
        self._rows = {ScheduleScope(row.wallet_id, row.venue): bytes(row.schedule) for row in rows}
        self._calendars = calendars
        self._market_ms = market_ms

    def of(self, scope: ScheduleScope) -> TradingHours | None:
        """What the schedule of that scope says; None where there is none."""
        document = self._rows.get(scope) if self._rows else None
        return None if document is None else hours_of(document, self._calendars, self._market_ms)

    def fact(self, scope: ScheduleScope) -> HoursFact | None:
        """The same, as far as an entry depends on it."""
        hours = self.of(scope)
        if hours is None:
            return None
        skipped = schedule_of(self._rows[scope]).skip_funding_minutes
        return HoursFact(hours.is_open, hours.opens_ms, skipped)

    def leaves_ms(self, wallet_id: UUID, venue: str) -> int | None:
        """When what a wallet at that venue holds is left: the earliest of its own schedule, the venue's and the
        user's; None for never."""
        if not self._rows:
            return None
        held = [
            hours.leaves_ms for scope in scopes_of(wallet_id, venue) if (hours := self.of(scope)) is not None
        ]
        return min((one for one in held if one is not None), default=None)
