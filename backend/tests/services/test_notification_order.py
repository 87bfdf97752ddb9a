"""What is told first where much waits, and what becomes of more than one message can hold."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from app.adapters.telegram import MOST_CHARACTERS, TelegramBot
from app.bootstrap.notifications import sealed_addresses
from app.core.config import Settings
from app.core.db import Database
from app.domain.notification_events import Channel, NotificationEvent
from app.services.notification_sender import AT_ONCE, BATCH, NotificationSender
from tests.services.notification_world import NOON, Servers, emit, forget_messages, person, servers


@pytest_asyncio.fixture
async def world(settings: Settings, owner_connection: asyncpg.Connection) -> AsyncIterator[Servers]:
    await forget_messages(owner_connection)
    async with servers(settings) as made:
        yield made


@pytest_asyncio.fixture
async def bot(world: Servers) -> AsyncIterator[TelegramBot]:
    held = TelegramBot(world.settings)
    yield held
    await held.close()


def a_sender(world: Servers, database: Database, bot: TelegramBot) -> NotificationSender:
    return NotificationSender(
        database, {Channel.TELEGRAM: bot}, sealed_addresses(world.settings), lambda: NOON
    )


async def test_a_critical_message_is_sent_before_all_that_wait(
    world: Servers,
    bot: TelegramBot,
    system_database: Database,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
) -> None:
    user_id = await person(owner_connection, chat=4711)
    for number in range(AT_ONCE + 1):
        await emit(worker_database, user_id, key=str(number))
    sender = a_sender(world, system_database, bot)
    await sender.dispatch()
    await emit(worker_database, user_id, NotificationEvent.POSITION_UNPROTECTED)
    await sender.dispatch()
    assert await sender.send_due(Channel.TELEGRAM) == AT_ONCE
    assert sum("no live stop" in sent.text for sent in world.bot.sent) == 1


async def test_a_critical_event_is_taken_before_a_crowd_of_others(
    world: Servers,
    bot: TelegramBot,
    system_database: Database,
    worker_database: Database,
    owner_connection: asyncpg.Connection,
) -> None:
    user_id = await person(owner_connection, chat=4711)
    await owner_connection.execute(
        "INSERT INTO notifications (user_id, event, level, subject, dedupe_key, title, sentence, figures, in_app)"
        " SELECT $1, 'trade_opened', 'info', n::text, n::text, 'Opened', 'Opened.', '{}', 'on'"
        " FROM generate_series(1, $2::int) AS n",
        user_id,
        BATCH,
    )
    await emit(worker_database, user_id, NotificationEvent.POSITION_UNPROTECTED)
    sender = a_sender(world, system_database, bot)
    await sender.dispatch()
    await sender.send_due(Channel.TELEGRAM)
    assert sum("no live stop" in sent.text for sent in world.bot.sent) == 1


async def test_what_is_too_long_for_telegram_ends_with_a_whole_line_and_says_so(
    world: Servers, bot: TelegramBot
) -> None:
    line = "PAPER Main: BTC/USDT:USDT long 1.5, stop 90"
    await bot.reply(4711, "\n".join([line] * 200))
    (sent,) = world.bot.sent
    *lines, last = sent.text.split("\n")
    assert set(lines) == {line}
    assert last == "… The rest is in the web app."
    assert MOST_CHARACTERS - len(line) - 1 <= len(sent.text) <= MOST_CHARACTERS


async def test_one_long_sentence_is_cut_within_its_line(world: Servers, bot: TelegramBot) -> None:
    await bot.reply(4711, "Title\n\n" + "a" * 5_000)
    (sent,) = world.bot.sent
    assert len(sent.text) == MOST_CHARACTERS
    assert sent.text.endswith("aaa\n… The rest is in the web app.")
