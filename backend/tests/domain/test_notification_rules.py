"""Which channel tells of an event, when it may, and how often a repeat is told."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.notification_events import (
    EVENT_KINDS,
    Channel,
    EventKind,
    EventLevel,
    NotificationEvent,
)
from app.domain.notification_rules import (
    MODES_OF,
    DeliveryError,
    DeliveryMode,
    QuietHours,
    Wishes,
    default_mode,
    due_at,
    is_told_again,
    mode_of,
    modes_allowed,
    next_minute_of_day,
    quiet_until,
    retry_seconds,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 1, 15, 11, tzinfo=UTC)  # 12:00 in Berlin


def kind_of(level: EventLevel, channel: Channel | None = None) -> EventKind:
    return next(
        kind for kind in EVENT_KINDS if kind.level is level and (channel is None or channel in kind.channels)
    )


def wishes(
    quiet: QuietHours | None = None,
    reachable: Iterable[Channel] = Channel,
    levels: Mapping[Channel, EventLevel] | None = None,
    modes: Mapping[tuple[NotificationEvent, Channel], DeliveryMode] | None = None,
) -> Wishes:
    return Wishes(BERLIN, quiet, 8 * 60, frozenset(reachable), levels or {}, modes or {})


@pytest.mark.parametrize("channel", list(Channel))
def test_what_is_critical_is_always_told_in_the_web_app(channel: Channel) -> None:
    critical, other = kind_of(EventLevel.CRITICAL), kind_of(EventLevel.INFO)
    only_on = channel is Channel.IN_APP
    assert modes_allowed(critical, channel) == ((DeliveryMode.ON,) if only_on else MODES_OF[channel])
    assert modes_allowed(other, channel) == MODES_OF[channel]


@pytest.mark.parametrize("kind", EVENT_KINDS, ids=lambda kind: kind.event.value)
def test_until_asked_otherwise_the_web_app_and_the_events_own_channels_tell(kind: EventKind) -> None:
    for channel in Channel:
        told = channel is Channel.IN_APP or channel in kind.channels
        assert default_mode(kind, channel) is (DeliveryMode.ON if told else DeliveryMode.OFF)
        assert mode_of(kind, channel, wishes()) is default_mode(kind, channel)


def test_a_channel_without_an_address_tells_nothing() -> None:
    kind = kind_of(EventLevel.CRITICAL, Channel.TELEGRAM)
    assert mode_of(kind, Channel.TELEGRAM, wishes(reachable={Channel.EMAIL})) is DeliveryMode.OFF


def test_a_channel_tells_from_its_level_on() -> None:
    levels = list(EventLevel)
    for at, level in enumerate(levels):
        for least, asked in enumerate(levels):
            mode = mode_of(kind_of(level), Channel.IN_APP, wishes(levels={Channel.IN_APP: asked}))
            assert mode is (DeliveryMode.ON if at >= least else DeliveryMode.OFF)


def test_a_wish_stands_over_the_default() -> None:
    kind = kind_of(EventLevel.INFO)
    asked = wishes(modes={(kind.event, Channel.IN_APP): DeliveryMode.SILENT})
    assert mode_of(kind, Channel.IN_APP, asked) is DeliveryMode.SILENT


def test_quiet_hours_and_the_digest_hold_back_all_but_what_is_critical() -> None:
    asked = wishes(quiet=QuietHours(11 * 60, 13 * 60))
    after, digest = NOON + timedelta(hours=1), NOON + timedelta(hours=20)
    other, critical = kind_of(EventLevel.INFO), kind_of(EventLevel.CRITICAL)
    assert due_at(other, DeliveryMode.ON, asked, NOON) == after
    assert due_at(other, DeliveryMode.ON, wishes(), NOON) == NOON
    assert due_at(other, DeliveryMode.DIGEST, asked, NOON) == digest
    assert due_at(critical, DeliveryMode.ON, asked, NOON) == NOON
    assert due_at(critical, DeliveryMode.DIGEST, asked, NOON) == NOON


@pytest.mark.parametrize(
    ("quiet", "ends_after"),
    [
        ((12 * 60, 13 * 60), 60),  # from its first minute
        ((11 * 60, 12 * 60), None),  # until its last
        ((11 * 60, 12 * 60 + 1), 1),
        ((12 * 60 + 1, 13 * 60), None),
        ((22 * 60, 13 * 60), 60),  # over midnight
        ((13 * 60, 12 * 60), None),
        ((13 * 60, 12 * 60 + 1), 1),
        ((9 * 60, 9 * 60), 21 * 60),  # a whole day
        ((12 * 60, 12 * 60), 24 * 60),
    ],
)
def test_quiet_hours_end_at_their_minute(quiet: tuple[int, int], ends_after: int | None) -> None:
    end = None if ends_after is None else NOON + timedelta(minutes=ends_after)
    assert quiet_until(NOON, wishes(quiet=QuietHours(*quiet))) == end


def test_minutes_count_in_quiet_hours_too() -> None:
    assert quiet_until(NOON + timedelta(minutes=29), wishes(quiet=QuietHours(720, 750))) is not None
    assert quiet_until(NOON + timedelta(minutes=30), wishes(quiet=QuietHours(720, 750))) is None


@pytest.mark.parametrize(
    ("now", "minute", "at"),
    [
        (NOON, 12 * 60 + 1, NOON + timedelta(minutes=1)),
        (NOON, 12 * 60, NOON + timedelta(days=1)),  # later than now, never now
        (NOON, 11 * 60 + 59, NOON + timedelta(hours=23, minutes=59)),
        # 2:30 is left out on that night, and is taken where clocks would have shown it
        (datetime(2026, 3, 28, 12, tzinfo=UTC), 150, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # 2:30 comes twice on that one
        (datetime(2026, 10, 24, 12, tzinfo=UTC), 150, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 150, datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_the_next_minute_of_the_day_in_a_zone(now: datetime, minute: int, at: datetime) -> None:
    assert next_minute_of_day(now, minute, BERLIN) == at


def test_a_repeat_is_told_each_time_their_number_has_doubled() -> None:
    assert [number for number in range(1, 20) if is_told_again(number)] == [1, 2, 4, 8, 16]


def test_tries_come_farther_apart_up_to_a_quarter_of_an_hour() -> None:
    assert [retry_seconds(tries) for tries in (1, 2, 3, 7, 8, 9, 30, 5_000)] == [
        *(5.0, 10.0, 20.0, 320.0, 640.0),
        *(900.0, 900.0, 900.0),
    ]


def test_a_failure_is_tried_again_unless_it_says_otherwise() -> None:
    failed = DeliveryError("The server is away.")
    assert str(failed) == failed.reason == "The server is away."
    assert (failed.is_final, failed.is_gone, failed.retry_after_seconds) == (False, False, None)
    assert (str(failed), failed.reason) == ("The server is away.", "The server is away.")
