"""What a user is told, and what a user wants to be told of."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, WithJsonSchema

from app.domain.anomaly import ActivityChoice
from app.domain.notification_events import Channel, EventCategory, EventLevel, NotificationEvent
from app.domain.notification_rules import DeliveryMode
from app.schemas.figures import Answer, Instant
from app.schemas.request import PlainText, RequestBody

ClockTime = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Clock time in the user's time zone")
]

# What is described is what can be chosen; the rest is answered in words by the service.
ChosenEvent = Annotated[
    NotificationEvent,
    WithJsonSchema(
        {
            "type": "string",
            "enum": [one for one in NotificationEvent if one is not NotificationEvent.TEST_MESSAGE],
        }
    ),
]
OutsideChannel = Annotated[
    Channel,
    WithJsonSchema({"type": "string", "enum": [one for one in Channel if one is not Channel.IN_APP]}),
]


class Delivery(Answer):
    """How a channel fared with a message."""

    channel: Channel
    state: Annotated[str, Field(pattern="^(waiting|sending|sent|failed|skipped)$")]
    sent_at: Instant | None
    error: str | None


class Notification(Answer):
    """One thing that the user was told. `figures` are those of the sentence, as text."""

    id: UUID
    event: str
    level: EventLevel
    category: EventCategory
    title: str
    sentence: str
    wallet_id: UUID | None
    figures: dict[str, str]
    created_at: Instant
    read_at: Instant | None
    silent: bool
    deliveries: list[Delivery]


class NotificationPage(Answer):
    """Notifications, newest first; `unread` counts all, `next_cursor` is null on the last page."""

    items: list[Notification]
    next_cursor: str | None
    unread: int


class Unread(Answer):
    """How many are unread."""

    unread: int


class MarkRead(RequestBody):
    """Which were read; without ids all were."""

    ids: Annotated[list[UUID], Field(max_length=500)] | None = None


class ChannelChoice(Answer):
    """How a channel tells of an event, and what may be chosen."""

    channel: Channel
    mode: DeliveryMode
    default: DeliveryMode
    modes: list[DeliveryMode]


class EventChoice(Answer):
    """One event and its channels; names in braces stand for figures."""

    event: ChosenEvent
    level: EventLevel
    category: EventCategory
    title: str
    sentence: str
    channels: list[ChannelChoice]


class ChannelState(Answer):
    """A channel: whether this deployment has it, whether the user can be reached by it, where, and from which
    level on."""

    channel: Channel
    available: bool
    reachable: bool
    address: str | None
    level: EventLevel


class QuietHours(Answer):
    """Held back until they end, unless critical; a begin later than the end spans midnight."""

    begins: ClockTime
    ends: ClockTime


class NotificationSettings(Answer):
    """What the user wants to be told of, by which channels, and when."""

    time_zone: str
    quiet_hours: QuietHours | None
    digest_at: ClockTime
    channels: list[ChannelState]
    message_services: list[str]
    unusual_activity: ActivityChoice
    events: list[EventChoice]


class PreferenceChange(RequestBody):
    """How a channel shall tell of an event."""

    event: ChosenEvent
    channel: Channel
    mode: DeliveryMode


class LevelChange(RequestBody):
    """From which level on a channel tells."""

    channel: OutsideChannel
    level: EventLevel


class QuietHoursChange(RequestBody):
    """New quiet hours."""

    begins: ClockTime
    ends: ClockTime


class NotificationSettingsPatch(RequestBody):
    """What changes; a null `quiet_hours` takes them away, an absent one leaves them."""

    preferences: list[PreferenceChange] = Field(default_factory=list, max_length=200)
    levels: list[LevelChange] = Field(default_factory=list, max_length=10)
    quiet_hours: QuietHoursChange | None = None
    digest_at: ClockTime | None = None
    unusual_activity: ActivityChoice | None = None


class TelegramLink(Answer):
    """Three ways to link a chat, each works once: the address, its picture (rows of 0 and 1), the command."""

    url: str
    qr_rows: list[str]
    command: str
    expires_at: Instant


class MessageAddress(RequestBody):
    """An address of a message service with its credentials; it is kept sealed and never shown again."""

    address: Annotated[PlainText, Field(min_length=5, max_length=500)]
