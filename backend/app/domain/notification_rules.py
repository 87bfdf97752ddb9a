"""Which channel tells of an event, when, and how often a repeat is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from app.domain.notification_events import LEVELS, Channel, EventKind, EventLevel, NotificationEvent

MINUTES_PER_DAY: Final = 1440
FIRST_RETRY_SECONDS: Final = 5.0
LONGEST_RETRY_SECONDS: Final = 900.0
GIVE_UP_AFTER: Final = timedelta(hours=24)
REPEATS_WITHIN: Final = timedelta(hours=24)


class DeliveryMode(StrEnum):
    """How a channel tells of an event: at once, at once without a sound, once a day together, or not at all."""

    ON = "on"
    SILENT = "silent"
    DIGEST = "digest"
    OFF = "off"


_M = DeliveryMode
MODES_OF: Final[Mapping[Channel, tuple[DeliveryMode, ...]]] = MappingProxyType(
    {
        Channel.IN_APP: (_M.ON, _M.SILENT, _M.OFF),
        Channel.TELEGRAM: (_M.ON, _M.SILENT, _M.DIGEST, _M.OFF),
        Channel.EMAIL: (_M.ON, _M.DIGEST, _M.OFF),
        Channel.SMS: (_M.ON, _M.OFF),
    }
)
"""What may be chosen per channel, as far as the channel can do it."""


class DeliveryError(Exception):
    """A channel did not take a message. The text is for the user and holds no secret.

    `is_final`: trying again is of no use. `is_gone`: the address is no longer anybody's.
    """

    def __init__(
        self,
        reason: str,
        *,
        is_final: bool = False,
        is_gone: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        self.is_gone = is_gone
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes of the day, 0-1439, from (inclusive) until (exclusive); `from_minute` later than `until_minute`
    spans midnight, equal ones are a whole day."""

    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one user wants. `levels` are the least level per channel; `modes` hold what differs from the default.

    `reachable` are the channels that have an address. `digest_minute` is of the day in `zone`.
    """

    zone: ZoneInfo
    quiet: QuietHours | None
    digest_minute: int
    reachable: frozenset[Channel]
    levels: Mapping[Channel, EventLevel] = field(default_factory=dict)
    modes: Mapping[tuple[NotificationEvent, Channel], DeliveryMode] = field(default_factory=dict)


def modes_allowed(kind: EventKind, channel: Channel) -> tuple[DeliveryMode, ...]:
    """What may be chosen for an event; what is critical is always told in the web app, with its mark."""
    if kind.level is EventLevel.CRITICAL and channel is Channel.IN_APP:
        return (DeliveryMode.ON,)
    return MODES_OF[channel]


def default_mode(kind: EventKind, channel: Channel) -> DeliveryMode:
    """The mode of an event until the user says otherwise."""
    return DeliveryMode.ON if channel is Channel.IN_APP or channel in kind.channels else DeliveryMode.OFF


def mode_of(kind: EventKind, channel: Channel, wishes: Wishes) -> DeliveryMode:
    """How the channel tells this user of the event; off where it has no address or the level is below its own."""
    if channel not in wishes.reachable:
        return DeliveryMode.OFF
    least = wishes.levels.get(channel, EventLevel.INFO)
    if LEVELS.index(kind.level) < LEVELS.index(least):
        return DeliveryMode.OFF
    return wishes.modes.get((kind.event, channel), default_mode(kind, channel))


def due_at(kind: EventKind, mode: DeliveryMode, wishes: Wishes, now: datetime) -> datetime:
    """When a message may leave: at once, after the quiet hours, or with the digest. Critical ones never wait."""
    if kind.level is EventLevel.CRITICAL:
        return now
    if mode is DeliveryMode.DIGEST:
        return next_minute_of_day(now, wishes.digest_minute, wishes.zone)
    return quiet_until(now, wishes) or now


def quiet_until(now: datetime, wishes: Wishes) -> datetime | None:
    """When the quiet hours that `now` lies in end; None outside of them."""
    quiet = wishes.quiet
    if quiet is None:
        return None
    local = now.astimezone(wishes.zone)
    minute = local.hour * 60 + local.minute
    since_start = (minute - quiet.from_minute) % MINUTES_PER_DAY
    length = (quiet.until_minute - quiet.from_minute) % MINUTES_PER_DAY or MINUTES_PER_DAY
    return next_minute_of_day(now, quiet.until_minute, wishes.zone) if since_start < length else None


def next_minute_of_day(now: datetime, minute: int, zone: ZoneInfo) -> datetime:
    """The next moment, later than `now`, at which clocks in `zone` show that minute of the day; aware UTC.

    A minute that the change to summer time leaves out is taken where the clocks would have shown it.
    """
    today = now.astimezone(zone).date()
    for days in range(3):
        shown = time(minute // 60, minute % 60)
        at = datetime.combine(today + timedelta(days=days), shown, zone).astimezone(UTC)
        if at > now:
            return at
    raise AssertionError("a minute of the day comes every day")


def is_told_again(occurrence: int) -> bool:
    """Whether the n-th occurrence (from 1) about the same subject within a day is told: 1, 2, 4, 8, ..."""
    return occurrence & (occurrence - 1) == 0


def retry_seconds(attempts: int) -> float:
    """Pause after that many tries (from 1) that failed: 5 s, doubled each time, at most 15 minutes."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 20), LONGEST_RETRY_SECONDS)
