"""A Bot API server on loopback: keeps what the bot sends, and lets a test speak as a chat."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456789:AAF-thisIsATokenForTestsOnly_0123456789"


@dataclass
class Sent:
    """A message of the bot."""

    chat_id: int
    text: str
    is_silent: bool


@dataclass
class BotApi:
    """What was sent, oldest first. `refusals` are answered, one each, before anything is taken."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    _updates: list[dict[str, Any]] = field(default_factory=list)
    _said: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, chat_id: int, text: str) -> None:
        """Somebody writes to the bot in a private chat."""
        self._updates.append(
            {
                "update_id": 1000 + len(self._updates),
                "message": {
                    "message_id": len(self._updates) + 1,
                    "date": 1,
                    "chat": {"id": chat_id, "type": "private", "username": f"chat{chat_id}"},
                    "text": text,
                },
            }
        )
        self._said.set()

    async def messages(self, count: int) -> list[Sent]:
        """Wait until the bot has sent that many."""
        async with asyncio.timeout(90):
            while len(self.sent) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.sent

    async def call(self, request: web.Request) -> web.Response:
        """One method of the Bot API."""
        if request.match_info["token"] != TOKEN:
            return _refusal(401, "Unauthorized")
        values = dict(await request.post())
        match request.match_info["method"]:
            case "sendMessage":
                return self._take(values)
            case "getUpdates":
                return await self._news(int(str(values.get("offset", 0))), float(str(values["timeout"])))
            case method:
                return _refusal(404, f"Not Found: {method}")

    def _take(self, values: dict[str, Any]) -> web.Response:
        if self.refusals:
            refusal = self.refusals.pop(0)
            return _refusal(**refusal)
        chat_id = int(values["chat_id"])
        silent = str(values.get("disable_notification", "false")).lower() == "true"
        self.sent.append(Sent(chat_id, str(values["text"]), silent))
        self._arrived.set()
        message = {"message_id": len(self.sent), "date": 1, "chat": {"id": chat_id, "type": "private"}}
        return web.json_response({"ok": True, "result": message})

    async def _news(self, offset: int, seconds: float) -> web.Response:
        self._said.clear()
        found = [update for update in self._updates if update["update_id"] >= offset]
        if not found:
            try:
                async with asyncio.timeout(seconds):
                    await self._said.wait()
            except TimeoutError:
                pass
            found = [update for update in self._updates if update["update_id"] >= offset]
        return web.json_response({"ok": True, "result": found})


def _refusal(code: int, description: str, **parameters: int) -> web.Response:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return web.json_response(body, status=code)


@asynccontextmanager
async def bot_api() -> AsyncIterator[BotApi]:
    """A server on a free port."""
    api = BotApi()
    application = web.Application()
    application.router.add_post("/bot{token:[^/]+}/{method}", api.call)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    api.url = f"http://{host}:{port}"
    try:
        yield api
    finally:
        await runner.cleanup()
