"""What a chat may link, see and do, before a Bot API server on loopback."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest_asyncio
from redis.asyncio import Redis

from app.bootstrap.notifications import notifications
from app.bootstrap.notifier import open_notifier
from app.core.config import Settings
from app.core.db import Database
from tests.adapters.bot_api import BotApi, Sent
from tests.api.desk_world import Person, World
from tests.services.notification_world import servers

CHAT, STRANGER = 11, 12


@dataclass
class Talk:
    """A running notifier and its bot."""

    bot: BotApi
    settings: Settings
    api: Database

    async def say(self, text: str, chat: int = CHAT) -> str:
        """What the bot answers; what it tells of its own accord beside that is left out."""
        before = len(self.answers())
        self.bot.say(chat, text)
        while len(self.answers()) == before:
            await self.bot.messages(len(self.bot.sent) + 1)
        answer = self.answers()[before]
        assert answer.chat_id == chat
        return answer.text

    def answers(self) -> list[Sent]:
        """Messages without a reference."""
        return [sent for sent in self.bot.sent if "\n\nref " not in sent.text]

    async def link(self, user_id: UUID) -> tuple[str, str]:
        """A new link: what `/start` brings, and the command with six digits."""
        async with self.api.tenant(user_id) as session:
            view = await notifications(session, self.settings).link_telegram(user_id)
        return f"/start {view.url.partition('start=')[2]}", view.command


@pytest_asyncio.fixture
async def alice(owner_connection: asyncpg.Connection, settings: Settings) -> Person:
    return await World(owner_connection, settings).person()


@pytest_asyncio.fixture
async def talk(
    settings: Settings, api_database: Database, owner_connection: asyncpg.Connection, redis_client: Redis
) -> AsyncIterator[Talk]:
    await owner_connection.execute("DELETE FROM notification_settings")
    stop = asyncio.Event()
    async with servers(settings) as made, open_notifier(made.settings) as notifier:
        running = asyncio.create_task(notifier.run(stop))
        yield Talk(made.bot, made.settings, api_database)
        stop.set()
        await running


async def state(connection: asyncpg.Connection, user_id: UUID) -> str | None:
    held: str | None = await connection.fetchval(
        "SELECT state FROM breaker_states WHERE scope = 'user' AND scope_id = $1", str(user_id)
    )
    return held


async def test_a_chat_that_is_not_linked_learns_nothing(talk: Talk, alice: Person) -> None:
    for command in ("/status", "/positions", "/pause", "/resume", "/unlink", "hello"):
        assert "not linked" in await talk.say(command)


async def test_a_chat_is_linked_by_the_address_or_by_six_digits_each_once(
    talk: Talk, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    start, _ = await talk.link(alice.user_id)
    assert (await talk.say(start)).startswith("Linked.")
    assert "does not work" in await talk.say(start, STRANGER)
    _, command = await talk.link(alice.user_id)
    assert (await talk.say(command)).startswith("Linked.")
    name = await owner_connection.fetchval(
        "SELECT telegram_chat_name FROM notification_settings WHERE user_id = $1", alice.user_id
    )
    assert name == f"@chat{CHAT}"


async def test_a_link_is_told_to_its_user_and_audited(
    talk: Talk, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    start, _ = await talk.link(alice.user_id)
    await talk.say(start)
    told = await owner_connection.fetchval(
        "SELECT sentence FROM notifications WHERE user_id = $1 AND event = 'security_changed'", alice.user_id
    )
    assert told.startswith(f"The Telegram chat @chat{CHAT} was linked")
    noted = await owner_connection.fetchval(
        "SELECT details FROM audit_log WHERE user_id = $1 AND action = 'telegram_linked'", alice.user_id
    )
    assert f"@chat{CHAT}" in str(noted)


async def test_an_old_code_does_not_link(
    talk: Talk, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    start, command = await talk.link(alice.user_id)
    await owner_connection.execute("UPDATE telegram_link_codes SET expires_at = now()")
    assert "does not work" in await talk.say(start)
    assert "does not work" in await talk.say(command)


async def test_codes_cannot_be_guessed(talk: Talk, alice: Person) -> None:
    _, command = await talk.link(alice.user_id)
    for _ in range(5):
        await talk.say("/link 000000x", STRANGER)
    assert "Too many attempts" in await talk.say(command, STRANGER)


async def test_pause_acts_at_once_and_resume_only_when_confirmed(
    talk: Talk, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    start, _ = await talk.link(alice.user_id)
    await talk.say(start)
    assert (await talk.say("/status")).startswith("Auto-trading on.")
    assert (await talk.say("/pause")).startswith("Entries paused, exits still managed. Paused by Telegram.")
    assert await state(owner_connection, alice.user_id) == "reduce_only"
    asked = await talk.say("/resume")
    assert await state(owner_connection, alice.user_id) == "reduce_only"
    code = asked.partition("/resume ")[2][:4]
    assert "To confirm" in await talk.say("/resume 00000")
    assert "To confirm" in await talk.say(f"/resume {code}")  # the wrong answer used the code up
    asked = await talk.say("/resume")
    assert (await talk.say(f"/resume {asked.partition('/resume ')[2][:4]}")).startswith("Auto-trading on.")
    assert await state(owner_connection, alice.user_id) == "active"


async def test_whoever_has_a_second_factor_does_not_resume_by_a_chat(
    talk: Talk, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    start, _ = await talk.link(alice.user_id)
    await talk.say(start)
    await talk.say("/pause")
    await owner_connection.execute(
        "INSERT INTO two_factors (user_id, sealed_secret, confirmed_at) VALUES ($1, 'x', now())",
        alice.user_id,
    )
    asked = await talk.say("/resume")
    assert "in the web app" in await talk.say(f"/resume {asked.partition('/resume ')[2][:4]}")
    assert await state(owner_connection, alice.user_id) == "reduce_only"


async def test_the_kill_switch_halts_only_when_confirmed(
    talk: Talk, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    start, _ = await talk.link(alice.user_id)
    await talk.say(start)
    asked = await talk.say("/kill")
    assert await state(owner_connection, alice.user_id) is None
    assert (await talk.say(f"/kill {asked.partition('/kill ')[2][:4]}")).startswith("Halted.")
    assert await state(owner_connection, alice.user_id) == "halted"
    assert (await talk.say("/status")).startswith("Halted.")


async def test_positions_are_those_of_the_linked_user(
    talk: Talk, alice: Person, owner_connection: asyncpg.Connection, settings: Settings
) -> None:
    world = World(owner_connection, settings)
    await world.trade(await world.person())
    start, _ = await talk.link(alice.user_id)
    await talk.say(start)
    assert await talk.say("/positions") == "No position is open."
    await world.trade(alice)
    shown = await talk.say("/positions")
    assert "BTC/USDT:USDT" in shown
    assert "P&L unknown" in shown  # no price was heard, and unknown is not zero


async def test_an_unlinked_chat_may_do_nothing_more(talk: Talk, alice: Person) -> None:
    start, _ = await talk.link(alice.user_id)
    await talk.say(start)
    assert (await talk.say("/unlink")).startswith("Unlinked.")
    assert "not linked" in await talk.say("/pause")
