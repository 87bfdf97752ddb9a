"""What a user was told, and what a user wants to be told of."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from app.core.crypto import SealedText
from app.core.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    TooManyRequestsError,
)
from app.core.security import token_hash
from app.domain.anomaly import ActivityChoice
from app.domain.notification_events import KIND_OF, Channel, EventCategory, EventLevel, NotificationEvent
from app.domain.notification_rules import DeliveryMode, modes_allowed
from app.models.notification import NotificationSettings
from app.repositories.audit import AuditRepository
from app.repositories.keyset import decode_cursor
from app.repositories.notification_feed import (
    FeedFilter,
    NotificationFeedRepository,
    NotificationWishRepository,
)
from app.repositories.notifications import NotificationOutbox
from app.repositories.telegram_links import TelegramLinkRepository
from app.repositories.user_events import UserEventRepository
from app.services.auth import SignedInUser
from app.services.notification_views import (
    CHOSEN_KINDS,
    DEFAULT_DIGEST_MINUTE,
    ChannelView,
    NotificationSettingsView,
    NotificationsView,
    TelegramLinkView,
    UnreadView,
    clock_text,
    event_row,
    level_of,
    notification_view,
    quiet_view,
)
from app.services.step_up import Proving

LINK_LIFE: Final = timedelta(minutes=10)
TOKEN_BYTES: Final = 32
CODE_DIGITS: Final = 6
LEVEL_COLUMNS: Final = {
    Channel.TELEGRAM: "telegram_level",
    Channel.EMAIL: "email_level",
    Channel.SMS: "sms_level",
}


@dataclass(frozen=True, slots=True)
class ChannelTerms:
    """Which channels this deployment has. `bot_name` is empty where there is no bot."""

    bot_name: str
    has_mail: bool


class MessageAddresses(Protocol):
    """Which addresses of message services are allowed."""

    @property
    def schemes(self) -> list[str]: ...

    def hint(self, address: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class FeedWishes:
    """Which notifications are asked for; empty criteria leave nothing out."""

    levels: Sequence[EventLevel] = ()
    categories: Sequence[EventCategory] = ()
    events: Sequence[NotificationEvent] = ()
    wallet_id: UUID | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class SettingChanges:
    """What is changed. `quiet_hours` None leaves them as they are; () takes them away. Minutes of the day."""

    modes: Mapping[tuple[NotificationEvent, Channel], DeliveryMode] = field(default_factory=dict)
    levels: Mapping[Channel, EventLevel] = field(default_factory=dict)
    quiet_hours: tuple[int, int] | tuple[()] | None = None
    digest_minute: int | None = None
    unusual_activity: ActivityChoice | None = None


class Notifications:
    """Notifications of one user at a time, in the request's transaction."""

    def __init__(
        self,
        feed: NotificationFeedRepository,
        wishes: NotificationWishRepository,
        links: TelegramLinkRepository,
        events: UserEventRepository,
        outbox: NotificationOutbox,
        audit: AuditRepository,
        now: Callable[[], datetime],
        *,
        terms: ChannelTerms,
        addresses: MessageAddresses,
        sealed: SealedText,
        picture: Callable[[str], list[str]],
    ) -> None:
        self._feed = feed
        self._wishes = wishes
        self._links = links
        self._events = events
        self._outbox = outbox
        self._audit = audit
        self._now = now
        self._terms = terms
        self._addresses = addresses
        self._sealed = sealed
        self._picture = picture

    async def page(
        self, user_id: UUID, wanted: FeedWishes, cursor: str | None, limit: int
    ) -> NotificationsView:
        """A page of what was told, newest first."""
        page = await self._feed.page(user_id, _filter(wanted), after=decode_cursor(cursor), limit=limit)
        unread = await self._feed.unread(user_id)
        return NotificationsView([notification_view(one) for one in page.items], page.next_cursor, unread)

    async def mark_read(self, user_id: UUID, ids: Sequence[UUID] | None) -> UnreadView:
        """Note that these, or all, were read; ids of nobody or of another user change nothing."""
        if await self._feed.mark_read(user_id, ids, self._now()):
            await self._events.announce(user_id, "alerts", "read")
        return UnreadView(await self._feed.unread(user_id))

    async def settings(self, user: SignedInUser) -> NotificationSettingsView:
        """Everything of the settings page."""
        held = await self._wishes.settings(user.id)
        modes = await self._wishes.modes(user.id)
        digest = DEFAULT_DIGEST_MINUTE if held is None else held.digest_minute
        return NotificationSettingsView(
            user.time_zone,
            quiet_view(held),
            clock_text(digest),
            [self._channel(channel, held, user) for channel in Channel],
            self._addresses.schemes,
            ActivityChoice.NOTIFY.value if held is None else held.unusual_activity,
            [event_row(kind, modes) for kind in CHOSEN_KINDS],
        )

    def _channel(
        self, channel: Channel, held: NotificationSettings | None, user: SignedInUser
    ) -> ChannelView:
        available, address = True, None
        match channel:
            case Channel.IN_APP:
                address = "this web app"
            case Channel.TELEGRAM:
                available = bool(self._terms.bot_name)
                if held is not None and held.telegram_chat_id is not None:
                    address = held.telegram_chat_name or "a chat"
            case Channel.EMAIL:
                available = self._terms.has_mail
                address = user.email if user.email_verified else None
            case Channel.SMS:
                available = bool(self._addresses.schemes)
                address = None if held is None else held.sms_hint
        level = level_of(held, channel)
        return ChannelView(channel.value, available, available and address is not None, address, level)

    async def change(
        self, user: SignedInUser, changes: SettingChanges, prove: Proving
    ) -> NotificationSettingsView:
        """Change settings; what an event or a channel cannot do is refused, and then nothing is changed. Whoever
        takes the pause on unusual activity away proves first who sits there."""
        errors = [
            FieldError(
                f"preferences.{event.value}.{channel.value}",
                "mode_not_allowed",
                f"{KIND_OF[event].event.value} by {channel.value} can be"
                f" {', '.join(modes_allowed(KIND_OF[event], channel))}.",
                value=mode.value,
            )
            for (event, channel), mode in changes.modes.items()
            if event is NotificationEvent.TEST_MESSAGE or mode not in modes_allowed(KIND_OF[event], channel)
        ]
        errors += [
            FieldError("levels", "level_not_allowed", "The web app shows every level.")
            for channel in changes.levels
            if channel not in LEVEL_COLUMNS
        ]
        if errors:
            raise InvalidInputError(errors[0].message, code=errors[0].code, errors=tuple(errors))
        columns: dict[str, object] = {
            LEVEL_COLUMNS[channel]: level.value for channel, level in changes.levels.items()
        }
        if changes.quiet_hours is not None:
            begins, ends = changes.quiet_hours or (None, None)
            columns |= {"quiet_from_minute": begins, "quiet_until_minute": ends}
        if changes.digest_minute is not None:
            columns["digest_minute"] = changes.digest_minute
        if changes.unusual_activity is not None:
            held = await self._wishes.settings(user.id)
            pauses = held is not None and held.unusual_activity == ActivityChoice.PAUSE
            if pauses and changes.unusual_activity is not ActivityChoice.PAUSE:
                prove()
            columns["unusual_activity"] = changes.unusual_activity.value
        await self._wishes.set(user.id, columns)
        await self._wishes.set_modes(
            user.id,
            {(event.value, channel.value): mode.value for (event, channel), mode in changes.modes.items()},
        )
        return await self.settings(user)

    async def link_telegram(self, user_id: UUID) -> TelegramLinkView:
        """A new one-time way to link a chat; an older one works no more."""
        if not self._terms.bot_name:
            raise ConflictError("This deployment has no Telegram bot.", code="channel_unavailable")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        expires_at = self._now() + LINK_LIFE
        await self._links.add_code(user_id, token_hash(token), token_hash(code), expires_at)
        url = f"https://t.me/{self._terms.bot_name}?start={token}"
        return TelegramLinkView(url, self._picture(url), f"/link {code}", expires_at)

    async def unlink_telegram(self, user: SignedInUser) -> NotificationSettingsView:
        """Tell the chat nothing more, and let it do nothing more."""
        nothing = {"telegram_chat_id": None, "telegram_chat_name": None, "telegram_linked_at": None}
        await self._wishes.set(user.id, nothing)
        return await self.settings(user)

    async def set_message_address(self, user: SignedInUser, address: str) -> NotificationSettingsView:
        """Keep an address of a message service, sealed: it holds credentials and is never shown again."""
        hint = self._addresses.hint(address)
        if hint is None:
            message = (
                "This is no address of a service that is allowed here: it begins with one of"
                f" {', '.join(f'{scheme}://' for scheme in self._addresses.schemes)}."
            )
            raise InvalidInputError(
                message,
                code="message_service_not_allowed",
                errors=(FieldError("address", "message_service_not_allowed", message),),
            )
        sealed = self._sealed.seal(user.id, address)
        await self._wishes.set(user.id, {"sms_address": sealed, "sms_hint": hint})
        now = self._now()
        await self._audit.append(user.id, "message_service_set", {"service": hint}, now)
        await self._outbox.emit(
            user.id,
            NotificationEvent.SECURITY_CHANGED,
            dedupe_key=f"message_service_set:{now.isoformat()}",
            figures={"change": f"Messages go to {hint}."},
            subject="message_service_set",
        )
        return await self.settings(user)

    async def forget_message_address(self, user: SignedInUser) -> NotificationSettingsView:
        """Forget the address."""
        await self._wishes.set(user.id, {"sms_address": None, "sms_hint": None})
        return await self.settings(user)

    async def send_test(self, user: SignedInUser, channel: Channel) -> None:
        """Send a test message by one channel, at most one a minute."""
        held = self._channel(channel, await self._wishes.settings(user.id), user)
        if not held.reachable:
            raise ConflictError(f"You cannot be reached by {channel.value} yet.", code="channel_not_linked")
        now = self._now()
        kind = KIND_OF[NotificationEvent.TEST_MESSAGE]
        told = {
            "event": kind.event.value,
            "level": kind.level.value,
            "dedupe_key": f"{channel.value}:{now:%Y-%m-%dT%H:%M}",
            "title": kind.title,
            "sentence": kind.sentence,
        }
        made = await self._feed.add_test(user.id, channel.value, told, now)
        if made is None:
            raise TooManyRequestsError("One test message a minute and channel.", retry_after_seconds=60)
        await self._events.announce(user.id, "notification", str(made))


def _filter(wanted: FeedWishes) -> FeedFilter:
    events = [kind.event for kind in KIND_OF.values()]
    if wanted.categories:
        events = [event for event in events if KIND_OF[event].category in wanted.categories]
    if wanted.events:
        events = [event for event in events if event in wanted.events]
    narrowed = bool(wanted.categories or wanted.events)
    return FeedFilter(
        levels=[level.value for level in wanted.levels] or None,
        events=[event.value for event in events] if narrowed else None,
        wallet_id=wanted.wallet_id,
        unread=wanted.unread,
    )
