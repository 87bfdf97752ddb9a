"""Messages reach a real mail server and a real Bot API server on loopback, once and never lost."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.adapters.email import EmailCourier
from app.adapters.message_services import MessageServices
from app.adapters.telegram import TelegramBot
from app.bootstrap.notifications import sealed_addresses
from app.cli.processes import child_environment
from app.core.config import Settings
from app.core.crash_points import VARIABLE
from app.core.db import Database
from app.domain.notification_events import Channel, NotificationEvent
from app.services.notification_sender import Courier, NotificationSender
from tests.services.notification_world import (
    NOON,
    Servers,
    deliveries,
    emit,
    forget_messages,
    person,
    servers,
)

CHAT = 4711


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def world(settings: Settings, owner_connection: asyncpg.Connection) -> AsyncIterator[Servers]:
    await forget_messages(owner_connection)
    async with servers(settings) as made:
        yield made


@pytest_asyncio.fixture
async def sender(
    world: Servers, system_database: Database, clock: Clock
) -> AsyncIterator[NotificationSender]:
    bot = TelegramBot(world.settings)
    couriers: dict[Channel, Courier] = {
        Channel.TELEGRAM: bot,
        Channel.EMAIL: EmailCourier(world.settings),
        Channel.SMS: MessageServices(["json"]),
    }
    yield NotificationSender(system_database, couriers, sealed_addresses(world.settings), clock)
    await bot.close()


async def deliver(sender: NotificationSender) -> None:
    """Everything that is due."""
    while await sender.dispatch():
        pass
    for channel in (Channel.TELEGRAM, Channel.EMAIL, Channel.SMS):
        while await sender.send_due(channel):
            pass


async def test_an_event_goes_once_to_each_channel_that_wants_it(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
) -> None:
    user_id = await person(owner_connection, chat=CHAT)
    await emit(worker_database, user_id)
    await emit(worker_database, user_id)
    for _ in range(3):
        await deliver(sender)
    (sent,) = world.bot.sent
    (mail,) = world.mail.mails
    assert sent.chat_id == CHAT
    assert sent.text.startswith("Trading paused\n\nAll wallets: no new entries. Daily loss limit reached.")
    assert mail["To"] == f"{user_id}@example.com"
    assert mail["Subject"] == "Trading paused"
    assert await deliveries(owner_connection, user_id) == {"email": ("sent", 1), "telegram": ("sent", 1)}


async def test_senders_at_once_send_each_message_once(
    world: Servers,
    sender: NotificationSender,
    system_database: Database,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    clock: Clock,
) -> None:
    user_id = await person(owner_connection, chat=CHAT)
    for number in range(30):
        await emit(worker_database, user_id, key=str(number))
    bot = TelegramBot(world.settings)
    other = NotificationSender(
        system_database,
        {Channel.TELEGRAM: bot, Channel.EMAIL: EmailCourier(world.settings)},
        sealed_addresses(world.settings),
        clock,
    )
    await asyncio.gather(deliver(sender), deliver(other), deliver(sender), deliver(other))
    await deliver(sender)
    await bot.close()
    references = [sent.text.rpartition("ref ")[2] for sent in world.bot.sent]
    assert len(references) == len(set(references)) == 30
    assert len(world.mail.mails) == 30


async def test_a_server_that_is_down_delays_a_message_and_loses_none(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    clock: Clock,
) -> None:
    user_id = await person(owner_connection, chat=CHAT)
    world.mail.failures = 2
    world.bot.refusals = [{"code": 429, "description": "Too Many Requests", "retry_after": 40}]
    await emit(worker_database, user_id)
    await deliver(sender)
    assert await deliveries(owner_connection, user_id) == {
        "email": ("waiting", 1),
        "telegram": ("waiting", 1),
    }
    clock.move(seconds=39)
    await deliver(sender)
    assert len(world.bot.sent) == 0  # Telegram asked for 40 seconds
    clock.move(seconds=30)
    await deliver(sender)
    clock.move(seconds=30)
    await deliver(sender)
    assert (len(world.bot.sent), len(world.mail.mails)) == (1, 1)


async def test_a_chat_that_blocked_the_bot_is_unlinked(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
) -> None:
    user_id = await person(owner_connection, chat=CHAT)
    world.bot.refusals = [{"code": 403, "description": "Forbidden: bot was blocked by the user"}]
    await emit(worker_database, user_id)
    await deliver(sender)
    assert (await deliveries(owner_connection, user_id))["telegram"] == ("failed", 1)
    assert (
        await owner_connection.fetchval(
            "SELECT telegram_chat_id FROM notification_settings WHERE user_id = $1", user_id
        )
        is None
    )
    await emit(worker_database, user_id, key="2")
    await deliver(sender)
    assert "telegram" not in await deliveries(owner_connection, user_id)


async def test_quiet_hours_hold_back_what_is_not_critical(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    clock: Clock,
) -> None:
    # noon UTC is 21:00 in Tokyo; quiet from 20:00 until 07:00, which is 22:00 UTC
    user_id = await person(
        owner_connection, chat=CHAT, zone="Asia/Tokyo", quiet_from_minute=1200, quiet_until_minute=420
    )
    await emit(worker_database, user_id)
    await emit(worker_database, user_id, NotificationEvent.NEEDS_OPERATOR)
    await deliver(sender)
    (critical,) = world.bot.sent
    assert "needs you" in critical.text
    clock.now = NOON.replace(hour=21, minute=59)
    await deliver(sender)
    assert len(world.bot.sent) == 1
    clock.now = NOON.replace(hour=22)
    await deliver(sender)
    assert len(world.bot.sent) == 2


async def test_a_digest_is_one_mail_of_everything_since_the_last(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    clock: Clock,
) -> None:
    user_id = await person(owner_connection, digest_minute=18 * 60)
    await owner_connection.execute(
        "INSERT INTO notification_preferences VALUES ($1, 'trading_paused', 'email', 'digest')", user_id
    )
    for number in range(20):
        await emit(worker_database, user_id, key=str(number))
    await deliver(sender)
    assert world.mail.mails == []
    clock.move(hours=6)
    await deliver(sender)
    (mail,) = world.mail.mails
    assert mail["Subject"] == "20 messages of the day"


async def test_a_digest_that_fails_once_is_sent_with_the_next_try(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    clock: Clock,
) -> None:
    # told a minute after the digest's hour, on the day before the clocks go back: it leaves 24 h 59 min later
    clock.now = NOON.replace(month=10, day=24, hour=16, minute=1)
    user_id = await person(owner_connection, digest_minute=18 * 60, zone="Europe/Berlin")
    await owner_connection.execute(
        "INSERT INTO notification_preferences VALUES ($1, 'trading_paused', 'email', 'digest')", user_id
    )
    await emit(worker_database, user_id)
    await deliver(sender)
    await owner_connection.execute("UPDATE notification_deliveries SET created_at = $1", clock.now)
    clock.move(hours=24, minutes=59)
    world.mail.failures = 1
    await deliver(sender)
    assert (await deliveries(owner_connection, user_id))["email"] == ("waiting", 1)
    clock.move(seconds=5)
    await deliver(sender)
    assert len(world.mail.mails) == 1


async def test_what_was_tried_for_a_day_takes_no_newer_message_of_its_digest_with_it(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    clock: Clock,
) -> None:
    user_id = await person(owner_connection, digest_minute=18 * 60)
    await owner_connection.execute(
        "INSERT INTO notification_preferences VALUES ($1, 'trading_paused', 'email', 'digest')", user_id
    )
    for day in range(2):  # at noon, to leave at 18:00
        await emit(worker_database, user_id, key=str(day))
        await sender.dispatch()
        await owner_connection.execute(
            "UPDATE notification_deliveries SET created_at = $1 WHERE notification_id ="
            " (SELECT id FROM notifications WHERE dedupe_key = $2)",
            clock.now,
            str(day),
        )
        clock.move(hours=24)
    clock.now = NOON + timedelta(hours=30, seconds=1)  # 18:00:01 of the second day
    world.mail.failures = 1
    await deliver(sender)
    states = await owner_connection.fetch("SELECT state FROM notification_deliveries ORDER BY created_at")
    assert [row["state"] for row in states] == ["failed", "waiting"]
    clock.move(minutes=1)
    await deliver(sender)
    (mail,) = world.mail.mails
    assert mail["Subject"] == "Trading paused"


async def test_repeats_about_the_same_subject_back_off(
    world: Servers,
    sender: NotificationSender,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
) -> None:
    user_id = await person(owner_connection, chat=CHAT)
    for number in range(9):
        await emit(worker_database, user_id, key=str(number), subject="wallet")
        await deliver(sender)
    assert len(world.bot.sent) == 4  # the 1st, 2nd, 4th and 8th
    await emit(worker_database, user_id, key="other", subject="another wallet")
    await deliver(sender)
    assert len(world.bot.sent) == 5


async def test_a_message_service_that_is_not_allowed_is_not_called(
    sender: NotificationSender,
    world: Servers,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
) -> None:
    user_id = await person(owner_connection)
    sealed = sealed_addresses(world.settings).seal(user_id, "jsons://127.0.0.1:1/secret")
    await owner_connection.execute(
        "UPDATE notification_settings SET sms_address = $2 WHERE user_id = $1", user_id, sealed
    )
    await emit(worker_database, user_id, NotificationEvent.NEEDS_OPERATOR)
    await deliver(sender)
    assert (await deliveries(owner_connection, user_id))["sms"] == ("failed", 1)


async def notifier(world: Servers, crash_file: Path) -> asyncio.subprocess.Process:
    environment = child_environment(world.settings) | {VARIABLE: str(crash_file)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.workers.notifier",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@pytest.mark.parametrize(("label", "copies"), [("after_claim_message", 1), ("after_send_message", 2)])
async def test_killed_in_mid_send_a_message_is_never_lost_and_at_most_repeated(
    world: Servers,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    tmp_path: Path,
    label: str,
    copies: int,
) -> None:
    user_id = await person(owner_connection, chat=CHAT)
    await owner_connection.execute(
        "INSERT INTO notification_preferences VALUES ($1, 'trading_paused', 'email', 'off')", user_id
    )
    crash_file = tmp_path / "crash"
    crash_file.write_text(label)
    await emit(worker_database, user_id)
    first = await notifier(world, crash_file)
    said, _ = await first.communicate()
    assert first.returncode == -signal.SIGKILL, said.decode()
    await _claims_end(owner_connection, user_id)
    second = await notifier(world, crash_file)
    try:
        sent = await world.bot.messages(copies)
        await _until_sent(owner_connection, user_id)
    finally:
        second.send_signal(signal.SIGTERM)
        output, _ = await second.communicate()
    assert second.returncode == 0, output.decode()
    assert len({one.text for one in sent}) == 1  # the same reference
    assert len(world.bot.sent) == copies
    token = world.settings.telegram_bot_token.get_secret_value()
    assert token not in (said + output).decode()


async def _claims_end(connection: asyncpg.Connection, user_id: UUID) -> None:
    """Let the time pass that a claim lasts."""
    await connection.execute(
        "UPDATE notification_deliveries SET claimed_until = now() WHERE user_id = $1", user_id
    )


async def _until_sent(connection: asyncpg.Connection, user_id: UUID) -> None:
    async with asyncio.timeout(90):
        while (await deliveries(connection, user_id))["telegram"][0] != "sent":  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_token_that_telegram_does_not_know_is_in_no_error(
    world: Servers,
    system_database: Database,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
    clock: Clock,
) -> None:
    wrong = "987654321:BBF-thisIsAnotherTokenForTests_987654321"
    bot = TelegramBot(world.settings.model_copy(update={"telegram_bot_token": SecretStr(wrong)}))
    sender = NotificationSender(
        system_database, {Channel.TELEGRAM: bot}, sealed_addresses(world.settings), clock
    )
    user_id = await person(owner_connection, chat=CHAT)
    await emit(worker_database, user_id)
    await deliver_telegram(sender)
    await bot.close()
    error = await owner_connection.fetchval(
        "SELECT error FROM notification_deliveries WHERE user_id = $1", user_id
    )
    assert error
    assert wrong not in error


async def deliver_telegram(sender: NotificationSender) -> None:
    """What is due by Telegram."""
    await sender.dispatch()
    await sender.send_due(Channel.TELEGRAM)
