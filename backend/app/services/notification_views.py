"""Notifications and their settings as the API and the live stream show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.domain.notification_events import EVENT_KINDS, KIND_OF, Channel, EventKind, NotificationEvent
from app.domain.notification_rules import default_mode, modes_allowed
from app.models.notification import NotificationSettings
from app.repositories.notification_feed import ToldNotification

DEFAULT_DIGEST_MINUTE: Final = 480
DEFAULT_LEVELS: Final = {Channel.TELEGRAM: "info", Channel.EMAIL: "info", Channel.SMS: "critical"}
CHOSEN_KINDS: Final = tuple(kind for kind in EVENT_KINDS if kind.event is not NotificationEvent.TEST_MESSAGE)


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """How a channel fared with a message; `state` is waiting, sending, sent, failed or skipped."""

    channel: str
    state: str
    sent_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class NotificationView:
    """One thing that the user was told."""

    id: UUID
    event: str
    level: str
    category: str
    title: str
    sentence: str
    wallet_id: UUID | None
    figures: Mapping[str, str]
    created_at: datetime
    read_at: datetime | None
    silent: bool
    deliveries: list[DeliveryView]


@dataclass(frozen=True, slots=True)
class NotificationsView:
    """A page of the feed, newest first, and how many of all are unread."""

    items: list[NotificationView]
    next_cursor: str | None
    unread: int


@dataclass(frozen=True, slots=True)
class UnreadView:
    """How many are unread."""

    unread: int


@dataclass(frozen=True, slots=True)
class ChannelCell:
    """How a channel tells of an event, and what may be chosen."""

    channel: str
    mode: str
    default: str
    modes: list[str]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of the table and its channels."""

    event: str
    level: str
    category: str
    title: str
    sentence: str
    channels: list[ChannelCell]


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel: whether this deployment has it, whether the user can be reached by it, and where."""

    channel: str
    available: bool
    reachable: bool
    address: str | None
    level: str


@dataclass(frozen=True, slots=True)
class QuietHoursView:
    """Clock times in the user's time zone; `from` later than `until` spans midnight."""

    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class NotificationSettingsView:
    """Everything of the settings page."""

    time_zone: str
    quiet_hours: QuietHoursView | None
    digest_at: str
    channels: list[ChannelView]
    message_services: list[str]
    unusual_activity: str
    events: list[EventRow]


@dataclass(frozen=True, slots=True)
class TelegramLinkView:
    """Three ways to link a chat, each once: the address, its picture in rows of 0 and 1, the command."""

    url: str
    qr_rows: list[str]
    command: str
    expires_at: datetime


def notification_view(told: ToldNotification) -> NotificationView:
    """A notification as shown."""
    row = told.row
    kind = KIND_OF.get(NotificationEvent(row.event)) if row.event in set(NotificationEvent) else None
    return NotificationView(
        row.id,
        row.event,
        row.level,
        "system" if kind is None else kind.category.value,
        row.title,
        row.sentence,
        row.wallet_id,
        row.figures,
        row.created_at,
        row.read_at,
        row.in_app == "silent",
        [DeliveryView(one.channel, one.state, one.sent_at, one.error) for one in told.deliveries],
    )


def event_row(kind: EventKind, modes: Mapping[tuple[str, str], str]) -> EventRow:
    """A row of the matrix."""
    cells = [
        ChannelCell(
            channel.value,
            modes.get((kind.event.value, channel.value), default_mode(kind, channel).value),
            default_mode(kind, channel).value,
            [mode.value for mode in modes_allowed(kind, channel)],
        )
        for channel in Channel
    ]
    return EventRow(kind.event.value, kind.level.value, kind.category.value, kind.title, kind.sentence, cells)


def clock_text(minute: int) -> str:
    """A minute of the day as "07:30"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def level_of(held: NotificationSettings | None, channel: Channel) -> str:
    """The least level of a channel; the web app shows every level."""
    if channel is Channel.IN_APP:
        return "info"
    if held is None:
        return DEFAULT_LEVELS[channel]
    levels = {
        Channel.TELEGRAM: held.telegram_level,
        Channel.EMAIL: held.email_level,
        Channel.SMS: held.sms_level,
    }
    return levels[channel]


def quiet_view(held: NotificationSettings | None) -> QuietHoursView | None:
    """The quiet hours; None where there are none."""
    if held is None or held.quiet_from_minute is None or held.quiet_until_minute is None:
        return None
    return QuietHoursView(clock_text(held.quiet_from_minute), clock_text(held.quiet_until_minute))
