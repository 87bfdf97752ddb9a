"""Who listens to what, and sending to them without ever waiting for a slow one."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable

import orjson
from aiohttp import web

MOST_QUEUED = 10_000
MOST_QUEUED_CHARACTERS = 8_000_000


class Listener:
    """One websocket; its queue is drained by its own task, and it is dropped when it falls too far behind."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, combined: bool
    ) -> None:
        self.socket = socket
        self.transport = transport
        self.combined = combined
        self.streams: set[str] = set()
        self.account: str | None = None
        self.listen_key: str | None = None
        self._queue: deque[str] = deque()
        self._queued = 0
        self._something = asyncio.Event()
        self._is_cut = False

    def send(self, text: str) -> None:
        """Queue the message; a reader that is too far behind to take it is cut off, and nobody waits for it."""
        if self._is_cut:
            return
        if len(self._queue) >= MOST_QUEUED or self._queued + len(text) > MOST_QUEUED_CHARACTERS:
            self.cut()
            return
        self._queue.append(text)
        self._queued += len(text)
        self._something.set()

    def cut(self) -> None:
        """End the connection as a failing network does; what is queued is lost."""
        self._is_cut = True
        self._queue.clear()
        self._queued = 0
        if self.transport is not None:
            self.transport.abort()

    async def drain(self) -> None:
        """Send what is queued, for as long as the socket lives."""
        while not self.socket.closed:
            await self._something.wait()
            self._something.clear()
            while self._queue:
                text = self._queue.popleft()
                self._queued -= len(text)
                try:
                    await self.socket.send_str(text)
                except (ConnectionError, RuntimeError):
                    return


class Hub:
    """Streams to listeners, accounts to listeners."""

    def __init__(self) -> None:
        self._streams: defaultdict[str, set[Listener]] = defaultdict(set)
        self._accounts: defaultdict[str, set[Listener]] = defaultdict(set)
        self.listeners: set[Listener] = set()

    def wanted(self, stream: str) -> bool:
        return bool(self._streams.get(stream))

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)

    def follow(self, listener: Listener, account: str, listen_key: str) -> None:
        """Let the listener hear that account's events too; one account per socket, the first one."""
        if listener.account is None:
            listener.account, listener.listen_key = account, listen_key
            self._accounts[account].add(listener)

    def forsake(self, account: str, listen_key: str) -> None:
        """The key is worth nothing any more: whoever listens by it hears no more of the account."""
        for listener in [one for one in self._accounts[account] if one.listen_key == listen_key]:
            self._accounts[account].discard(listener)
            listener.account = listener.listen_key = None

    def leave(self, listener: Listener) -> None:
        self.unsubscribe(listener, list(listener.streams))
        self.listeners.discard(listener)
        if listener.account is not None:
            self._accounts[listener.account].discard(listener)

    def subscribe(self, listener: Listener, streams: Iterable[str]) -> None:
        for stream in streams:
            self._streams[stream].add(listener)
            listener.streams.add(stream)

    def unsubscribe(self, listener: Listener, streams: Iterable[str]) -> None:
        for stream in streams:
            self._streams[stream].discard(listener)
            if not self._streams[stream]:
                del self._streams[stream]
            listener.streams.discard(stream)

    def publish(self, stream: str, message: object) -> None:
        listeners = self._streams.get(stream)
        if not listeners:
            return
        plain = orjson.dumps(message).decode()
        for listener in listeners:
            listener.send(f'{{"stream":"{stream}","data":{plain}}}' if listener.combined else plain)

    def hears(self, account: str) -> bool:
        """Whether anybody listens to that account's events."""
        return bool(self._accounts.get(account))

    def tell(self, account: str, text: str) -> None:
        """On a combined socket an account's events come under its listen key."""
        for listener in self._accounts.get(account, ()):
            key = listener.listen_key
            listener.send(f'{{"stream":"{key}","data":{text}}}' if listener.combined else text)

    def drop(self, account: str | None) -> int:
        """Cut the sockets of that account, or all of them (None), without a word; returns how many."""
        cut = [one for one in self.listeners if account in (None, one.account)]
        for listener in cut:
            listener.cut()
        return len(cut)
