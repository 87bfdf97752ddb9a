"""Telegram by the Bot API: messages out, and what chats say to the bot.

The bot's token is part of every address it calls and of some of the library's error texts: no error's text
leaves this module.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from telegram import Bot, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from app.adapters.told import Told
from app.core.config import Settings
from app.domain.notification_rules import DeliveryError

MOST_CHARACTERS: Final = 4_096
NAME_CHARACTERS: Final = 100
CUT: Final = "\n… The rest is in the web app."
os.environ.setdefault(
    "PTB_TIMEDELTA", "true"
)  # durations as timedelta, which the next version does by itself


class Sounded(Told, Protocol):
    """A message that may come without a sound."""

    @property
    def is_silent(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """Something that was said to the bot in a private chat. `update_id` rises."""

    update_id: int
    chat_id: int
    chat_name: str
    text: str


class TelegramBot:
    """The bot of this deployment; connects when it is first used."""

    def __init__(self, settings: Settings) -> None:
        self._bot = Bot(
            settings.telegram_bot_token.get_secret_value(),
            base_url=f"{settings.telegram_api_url.rstrip('/')}/bot",
            request=HTTPXRequest(connection_pool_size=16, read_timeout=15.0, pool_timeout=15.0),
            get_updates_request=HTTPXRequest(connection_pool_size=1),
        )

    async def send(self, message: Sounded) -> None:
        """Deliver a message; raises `DeliveryError`."""
        text = f"{message.title}\n\n{message.text}"
        reference = f"\n\nref {message.reference}"
        body = _cut(text, MOST_CHARACTERS - len(reference)) + reference
        await self._post(int(message.address), body, is_silent=message.is_silent)

    async def reply(self, chat_id: int, text: str) -> None:
        """Answer in a chat; raises `DeliveryError`."""
        await self._post(chat_id, _cut(text, MOST_CHARACTERS), is_silent=False)

    async def messages(self, after: int | None, wait_seconds: int) -> Sequence[ChatMessage]:
        """What private chats said since the update `after`, waiting that long for something; all that was before
        is forgotten by Telegram. Raises `DeliveryError` when Telegram gives no answer."""
        try:
            updates = await self._bot.get_updates(
                offset=None if after is None else after + 1,
                timeout=timedelta(seconds=wait_seconds),
                read_timeout=wait_seconds + 10.0,
                allowed_updates=[Update.MESSAGE],
            )
        except TelegramError as error:
            raise DeliveryError(f"Telegram gave no updates: {type(error).__name__}.") from None
        return [_chat_message(update) for update in updates]

    async def close(self) -> None:
        """Let the connections go. The bot's own `shutdown` does nothing before its `initialize`, which asks
        Telegram."""
        for request in self._bot._request:
            await request.shutdown()

    async def _post(self, chat_id: int, text: str, *, is_silent: bool) -> None:
        try:
            await self._bot.send_message(chat_id, text, disable_notification=is_silent)
        except RetryAfter as error:
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            raise DeliveryError("Telegram asks to wait.", retry_after_seconds=seconds) from None
        except (Forbidden, ChatMigrated):
            raise DeliveryError(
                "The Telegram chat no longer takes messages of the bot.", is_final=True, is_gone=True
            ) from None
        except InvalidToken:
            raise DeliveryError("Telegram does not know the bot.") from None
        except BadRequest:
            raise DeliveryError("Telegram refused the message.", is_final=True) from None
        except TelegramError as error:
            raise DeliveryError(f"Telegram was not reached ({type(error).__name__}).") from None


def _cut(text: str, most: int) -> str:
    """As much as Telegram takes, in whole lines where they are short; that something is left out is said, so that
    half a digest is not taken for the day."""
    if len(text) <= most:
        return text
    held = text[: most - len(CUT)]
    whole = held.rpartition("\n")[0]
    return (whole if len(whole) > most // 2 else held).rstrip() + CUT


def _chat_message(update: Update) -> ChatMessage:
    """The message of an update; of a group, or without text, its text is empty."""
    message = update.message
    if message is None or message.chat.type != "private":
        return ChatMessage(update.update_id, 0, "", "")
    chat = message.chat
    name = f"@{chat.username}" if chat.username else (chat.full_name or str(chat.id))
    return ChatMessage(update.update_id, chat.id, name[:NAME_CHARACTERS], message.text or "")
