"""Carries what was emitted to where each user wants it.

A message is claimed, sent, and noted as sent. Who dies in between is followed, when the claim ends, by another
who sends it again under the same reference: never lost, in normal running once, after a crash at most repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final, Protocol
from uuid import UUID

import structlog

from app.core.crash_points import crash_point
from app.core.db import Database
from app.core.metrics import loop_failed
from app.domain.loss_windows import time_zone
from app.domain.notification_events import KIND_OF, Channel, EventLevel, NotificationEvent
from app.domain.notification_rules import (
    GIVE_UP_AFTER,
    REPEATS_WITHIN,
    DeliveryError,
    DeliveryMode,
    QuietHours,
    Wishes,
    due_at,
    is_told_again,
    mode_of,
    retry_seconds,
)
from app.repositories.notification_queue import (
    DueDelivery,
    Emitted,
    NewDelivery,
    Reader,
    SystemNotificationQueue,
)
from app.repositories.notifications import CHANNEL as DOORBELL
from app.repositories.reports import SystemReportRepository
from app.repositories.telegram_links import SystemTelegramLinks
from app.repositories.user_events import UserEventRepository
from app.services.live_stream import Notifications

BATCH: Final = 200
CLAIM_SECONDS: Final = 60.0
SEND_SECONDS: Final = 30.0
AT_ONCE: Final = 8
MOST_ATTACHED: Final = 5_000_000  # bytes, after which no further report is attached to a mail
SHORTEST_SECONDS: Final = 0.05
POLL_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
REPEAT: Final = "A repeat: told again at the next power of two."
OUTSIDE: Final = (Channel.TELEGRAM, Channel.EMAIL, Channel.SMS)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that a message carries where its channel can."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one reader. `reference` is the same whenever the same message is sent again."""

    address: str
    title: str
    text: str
    level: EventLevel
    is_silent: bool
    reference: str
    attachments: tuple[Attachment, ...] = ()


class Courier(Protocol):
    """One channel. Returns when the other side has taken the message; raises `DeliveryError` otherwise."""

    async def send(self, message: Message) -> None: ...


class SealedAddresses(Protocol):
    """Opens addresses that hold credentials."""

    def open(self, user_id: UUID, sealed: bytes) -> str: ...


class NotificationSender:
    """Makes deliveries and sends them; as many processes as wanted may do so at once."""

    def __init__(
        self,
        system: Database,
        couriers: Mapping[Channel, Courier],
        sealed: SealedAddresses,
        now: Callable[[], datetime],
        *,
        claim_seconds: float = CLAIM_SECONDS,
    ) -> None:
        self._system = system
        self._couriers = couriers
        self._sealed = sealed
        self._now = now
        self._claim = timedelta(seconds=claim_seconds)
        self._emitted = asyncio.Event()
        self._made = {channel: asyncio.Event() for channel in couriers}

    async def run(self, notifications: Notifications, stop: asyncio.Event) -> None:
        """Send until told to stop; what is on its way is finished. A channel that is slow delays no other."""
        loops = [asyncio.create_task(self._repeat(self._dispatch_due, self._emitted, stop))]
        loops += [
            asyncio.create_task(self._repeat(partial(self._send_channel, channel), wake, stop))
            for channel, wake in self._made.items()
        ]
        listening = asyncio.create_task(self._listen(notifications))
        try:
            await stop.wait()
            for wake in (self._emitted, *self._made.values()):
                wake.set()
            await asyncio.gather(*loops)
        finally:
            for task in (listening, *loops):
                task.cancel()
            await asyncio.gather(listening, *loops, return_exceptions=True)

    async def _repeat(
        self, work: Callable[[], Awaitable[float]], wake: asyncio.Event, stop: asyncio.Event
    ) -> None:
        """Work again and again; `work` returns how long there is nothing to do unless somebody wakes us."""
        while not stop.is_set():
            wake.clear()
            try:
                seconds = await work()
            except Exception:  # the edge of a worker's loop
                log.exception(
                    "sending notifications failed",
                    work=getattr(work, "__name__", ""),
                    failures=loop_failed("notifications"),
                )
                seconds = RETRY_SECONDS
            if seconds > 0 and not stop.is_set():
                try:
                    async with asyncio.timeout(seconds):
                        await wake.wait()
                except TimeoutError:
                    continue

    async def _listen(self, notifications: Notifications) -> None:
        async for _ in notifications.listen(DOORBELL):
            self._emitted.set()

    async def _dispatch_due(self) -> float:
        found = await self.dispatch()
        for wake in self._made.values():  # also where a delivery was made by somebody else, as a test is
            wake.set()
        return 0.0 if found else POLL_SECONDS

    async def _send_channel(self, channel: Channel) -> float:
        if await self.send_due(channel):
            return 0.0
        async with self._system.system() as session:
            due = await SystemNotificationQueue(session).next_due(channel)
        if due is None:
            return POLL_SECONDS
        return min(max((due - self._now()).total_seconds(), SHORTEST_SECONDS), POLL_SECONDS)

    async def dispatch(self) -> int:
        """Make the deliveries of what was emitted; returns how many notifications were taken."""
        now = self._now()
        async with self._system.system() as session:
            queue = SystemNotificationQueue(session)
            emitted = await queue.emitted(BATCH, REPEATS_WITHIN)
            if emitted:
                readers = await queue.readers(list({one.user_id for one in emitted}))
                deliveries = [
                    made for one in emitted for made in self._deliveries(one, readers[one.user_id], now)
                ]
                await queue.make([one.id for one in emitted], deliveries, now)
        return len(emitted)

    def _deliveries(self, emitted: Emitted, reader: Reader, now: datetime) -> list[NewDelivery]:
        event = _event(emitted.event)
        if event is None:  # of another version of the product: shown in the web app alone
            return []
        kind = KIND_OF[event]
        wishes = self._wishes(reader)
        made = []
        for channel in OUTSIDE:
            mode = mode_of(kind, channel, wishes)
            if mode is DeliveryMode.OFF:
                continue
            is_repeat = mode is not DeliveryMode.DIGEST and not is_told_again(emitted.occurrence)
            at = due_at(kind, mode, wishes, now)
            made.append(
                NewDelivery(emitted.user_id, emitted.id, channel, mode, at, REPEAT if is_repeat else None)
            )
        return made

    def _wishes(self, reader: Reader) -> Wishes:
        held = reader.settings
        quiet = None
        if held is not None and held.quiet_from_minute is not None and held.quiet_until_minute is not None:
            quiet = QuietHours(held.quiet_from_minute, held.quiet_until_minute)
        levels = {}
        if held is not None:
            levels = {
                Channel.TELEGRAM: EventLevel(held.telegram_level),
                Channel.EMAIL: EventLevel(held.email_level),
                Channel.SMS: EventLevel(held.sms_level),
            }
        return Wishes(
            time_zone(reader.time_zone),
            quiet,
            480 if held is None else held.digest_minute,
            frozenset(channel for channel in self._couriers if self._has_address(reader, channel)),
            levels,
            {
                (event, Channel(channel)): DeliveryMode(mode)
                for name, channel, mode in reader.modes
                if (event := _event(name)) is not None
            },
        )

    def _has_address(self, reader: Reader, channel: Channel) -> bool:
        held = reader.settings
        if channel is Channel.EMAIL:
            return reader.email is not None
        if channel is Channel.TELEGRAM:
            return held is not None and held.telegram_chat_id is not None
        return held is not None and held.sms_address is not None

    async def send_due(self, channel: Channel) -> int:
        """Send what is due by a channel; returns how many deliveries were taken."""
        now = self._now()
        async with self._system.system() as session:
            queue = SystemNotificationQueue(session)
            due = await queue.claim(channel, now, now + self._claim, AT_ONCE)
            readers = await queue.readers(list({one.user_id for one in due})) if due else {}
        crash_point("after_claim_message")
        await asyncio.gather(*(self._send(group, readers[group[0].user_id]) for group in _grouped(due)))
        return len(due)

    async def _send(self, group: Sequence[DueDelivery], reader: Reader) -> None:
        """Send one message, or the several of a digest as one, and note what came of it."""
        channel = Channel(group[0].channel)
        try:
            attachments = await self._attachments(group) if channel is Channel.EMAIL else ()
            async with asyncio.timeout(SEND_SECONDS):
                message = _message(group, self._address(reader, channel), attachments)
                await self._couriers[channel].send(message)
        except DeliveryError as error:
            await self._note_failure(group, reader, error)
            return
        except TimeoutError:
            await self._note_failure(group, reader, DeliveryError("The channel gave no answer in time."))
            return
        except Exception as error:  # noqa: BLE001
            # The text of an unforeseen error may hold the channel's credentials: its kind must do.
            failures = loop_failed("notification channel")
            log.error("a channel failed", channel=channel, error=type(error).__name__, failures=failures)  # noqa: TRY400
            await self._note_failure(group, reader, DeliveryError("The channel failed on our side."))
            return
        crash_point("after_send_message")
        async with self._system.system() as session:
            await SystemNotificationQueue(session).sent([one.id for one in group], self._now())
            await self._announce(UserEventRepository(session), group)

    async def _attachments(self, group: Sequence[DueDelivery]) -> tuple[Attachment, ...]:
        """The reports that these messages tell of; one that was taken away meanwhile is told of without it."""
        wanted = [one for one in group if one.event == NotificationEvent.REPORT_READY]
        held: list[Attachment] = []
        if wanted:
            async with self._system.system() as session:
                reports = SystemReportRepository(session)
                for one in wanted:
                    found = await reports.attachment(one.user_id, UUID(one.subject))
                    if found is not None and sum(len(other.content) for other in held) < MOST_ATTACHED:
                        month, environment, pdf = found
                        held.append(Attachment(f"stackalpha-report-{month:%Y-%m}-{environment}.pdf", pdf))
        return tuple(held)

    def _address(self, reader: Reader, channel: Channel) -> str:
        held = reader.settings
        if channel is Channel.EMAIL and reader.email is not None:
            return reader.email
        if channel is Channel.TELEGRAM and held is not None and held.telegram_chat_id is not None:
            return str(held.telegram_chat_id)
        if channel is Channel.SMS and held is not None and held.sms_address is not None:
            return self._sealed.open(reader.user_id, held.sms_address)
        raise DeliveryError("The channel has no address any more.", is_final=True)

    async def _note_failure(self, group: Sequence[DueDelivery], reader: Reader, error: DeliveryError) -> None:
        """Try again later, all but what was tried for as long as we try; a digest holds messages of several days."""
        now = self._now()
        wishes = self._wishes(reader)
        over = [one.id for one in group if error.is_final or now - _first_due(one, wishes) > GIVE_UP_AFTER]
        later = [one.id for one in group if one.id not in over]
        log.warning(
            "a message was not delivered",
            channel=group[0].channel, delivery_id=str(group[0].id), reason=error.reason, given_up=len(over),
        )  # fmt: skip
        async with self._system.system() as session:
            queue = SystemNotificationQueue(session)
            if over:
                await queue.failed(over, error.reason)
            if later:
                seconds = max(retry_seconds(group[0].attempts), error.retry_after_seconds or 0.0)
                await queue.postpone(later, now + timedelta(seconds=seconds), error.reason)
            if error.is_gone and group[0].channel == Channel.TELEGRAM:
                await SystemTelegramLinks(session).unlink(group[0].user_id)
            await self._announce(UserEventRepository(session), group)

    async def _announce(self, events: UserEventRepository, group: Sequence[DueDelivery]) -> None:
        for one in group:
            await events.announce(one.user_id, "notification", str(one.notification_id))


def _first_due(one: DueDelivery, wishes: Wishes) -> datetime:
    """When a message was first to leave: what waited a day for its digest was not tried for a day."""
    event = _event(one.event)
    return (
        one.made_at if event is None else due_at(KIND_OF[event], DeliveryMode(one.mode), wishes, one.made_at)
    )


def _event(name: str) -> NotificationEvent | None:
    try:
        return NotificationEvent(name)
    except ValueError:
        return None


def _grouped(due: Sequence[DueDelivery]) -> list[list[DueDelivery]]:
    """Deliveries that leave together: a digest's of one user and channel, all others alone."""

    def place(one: DueDelivery) -> tuple[str, str, str]:
        alone = "" if one.mode == DeliveryMode.DIGEST else str(one.id)
        return str(one.user_id), one.channel, alone

    return [list(group) for _, group in groupby(sorted(due, key=place), key=place)]


def _message(group: Sequence[DueDelivery], address: str, attachments: tuple[Attachment, ...] = ()) -> Message:
    first = group[0]
    worst = max((EventLevel(one.level) for one in group), key=list(EventLevel).index)
    if len(group) == 1:
        title, text = first.title, first.sentence
    else:
        title = f"{len(group)} messages of the day"
        text = "\n\n".join(
            f"{one.happened_at:%Y-%m-%d %H:%M} UTC  {one.title}\n{one.sentence}" for one in group
        )
    silent = first.mode == DeliveryMode.SILENT
    return Message(address, title, text, worst, silent, str(first.id), attachments)
