"""The Bot API server of the adapters' tests, beside a browser that owns its thread."""

import asyncio
import threading
import time
from types import TracebackType
from typing import Self

from tests.adapters.bot_api import TOKEN, BotApi, bot_api

PATIENCE_SECONDS = 120.0


class LoopbackBot:
    """A Bot API server on a thread of its own. `settings` are the environment of a product that talks to it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._serve(),), daemon=True
        )
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._api = BotApi()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(timeout=90)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(timeout=90)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "STACKALPHA_TELEGRAM_BOT_TOKEN": TOKEN,
            "STACKALPHA_TELEGRAM_BOT_NAME": "stackalpha_test_bot",
            "STACKALPHA_TELEGRAM_API_URL": self._api.url,
        }

    def say(self, chat_id: int, text: str) -> None:
        """Somebody writes to the bot in a private chat."""
        self._loop.call_soon_threadsafe(self._api.say, chat_id, text)

    def wait_until_told(self, chat_id: int, word: str) -> None:
        """Until a message to the chat holds that word."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not any(word in text.lower() for text in self.told(chat_id)):
            assert time.monotonic() < end, self.told(chat_id)
            time.sleep(0.05)

    def told(self, chat_id: int) -> list[str]:
        """What the chat was told so far, oldest first."""
        return [sent.text for sent in self._api.sent if sent.chat_id == chat_id]

    async def _serve(self) -> None:
        async with bot_api() as api:
            self._api = api
            self._ready.set()
            await self._end.wait()
