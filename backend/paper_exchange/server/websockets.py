"""The websocket paths: subscribing to public streams, and the user stream behind a listen key."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import orjson
from aiohttp import WSMsgType, web

from paper_exchange import clock
from paper_exchange.server.audience import StreamAudience
from paper_exchange.server.faults import Faults
from paper_exchange.server.listen_keys import ListenKeys
from paper_exchange.server.streams import Hub, Listener

PING_SECONDS = 180.0
POLICY_VIOLATION = 1008
LISTEN_KEY_LENGTH = 64
LONGEST_STREAM_NAME = 64
LONGEST_MESSAGE = 64 * 1024
MOST_STREAMS = 1_024
MESSAGES_PER_SECOND = 10
MESSAGES_AT_ONCE = 100
UNKNOWN_METHOD = {"code": 2, "msg": "Invalid request: unknown method"}
BAD_PARAMS = {"code": 2, "msg": "Invalid request: params must be a list of stream names"}
TOO_MANY_STREAMS: dict[str, object] = {
    "code": 2,
    "msg": f"Invalid request: more than {MOST_STREAMS} streams on a connection",
}
BAD_STREAM: dict[str, object] = {
    "code": 2,
    "msg": f"Invalid request: a stream name is longer than {LONGEST_STREAM_NAME}",
}
BAD_PROPERTY = {"code": 0, "msg": "Unknown property"}
PROPERTY_METHODS = ("GET_PROPERTY", "SET_PROPERTY")
BAD_JSON = {"code": 3, "msg": "Invalid JSON: expected an object"}


class MessageAllowance:
    """Messages a client may send: so many at once, and then so many a second."""

    def __init__(self) -> None:
        self._left = float(MESSAGES_AT_ONCE)
        self._counted = clock.monotonic_seconds()

    def spend(self) -> bool:
        """Count one; False when it is one too many."""
        now = clock.monotonic_seconds()
        self._left = min(self._left + (now - self._counted) * MESSAGES_PER_SECOND, MESSAGES_AT_ONCE)
        self._counted = now
        self._left -= 1
        return self._left >= 0


@dataclass(frozen=True, slots=True)
class Sockets:
    """Serves every websocket path."""

    hub: Hub
    audience: StreamAudience
    listen_keys: ListenKeys
    faults: Faults

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        if self.faults.maintenance:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=LONGEST_MESSAGE)
        await socket.prepare(request)
        listener = Listener(socket, request.transport, combined="/stream" in request.path)
        key = request.query.get("listenKey") or self._key_in_path(request)
        if key is not None:
            account = self.listen_keys.account_of(key)
            if account is None:
                await socket.close(code=POLICY_VIOLATION, message=b"This listenKey does not exist.")
                return socket
            self.hub.follow(listener, account, key)
        self.hub.join(listener)
        refused = self._subscribe(listener, self._streams_in(request))
        if refused is not None:
            listener.send(orjson.dumps({"error": refused}).decode())
        drain = asyncio.create_task(listener.drain())
        allowance = MessageAllowance()
        try:
            async for message in socket:
                if not allowance.spend():
                    await socket.close(code=POLICY_VIOLATION, message=b"Too many requests")
                elif message.type is WSMsgType.TEXT:
                    listener.send(orjson.dumps(self._answer(listener, message.data)).decode())
        finally:
            streams = list(listener.streams)
            self.hub.leave(listener)
            for stream in streams:
                self.audience.unsubscribed(stream)
            drain.cancel()
        return socket

    @staticmethod
    def _key_in_path(request: web.Request) -> str | None:
        tail = request.match_info.get("tail", "")
        return tail if len(tail) == LISTEN_KEY_LENGTH else None

    @staticmethod
    def _streams_in(request: web.Request) -> list[str]:
        """Named in the query (`?streams=a/b`) or, raw, in the path (`/ws/a`); a connection's number is no stream."""
        tail = request.match_info.get("tail", "").split("/")
        in_path = [name for name in tail if "@" in name or name.startswith("!")]
        return in_path + [name for name in request.query.get("streams", "").split("/") if name]

    def _answer(self, listener: Listener, text: str) -> dict[str, object]:
        try:
            asked = orjson.loads(text)
        except orjson.JSONDecodeError:
            return {"error": BAD_JSON}
        if not isinstance(asked, dict):
            return {"error": BAD_JSON}
        number, streams = asked.get("id"), asked.get("params", [])
        if asked.get("method") in PROPERTY_METHODS:
            return self._property(listener, str(asked["method"]), streams) | {"id": number}
        if not isinstance(streams, list) or not all(isinstance(one, str) for one in streams):
            return {"error": BAD_PARAMS, "id": number}
        match asked.get("method"):
            case "SUBSCRIBE":
                refused = self._subscribe(listener, streams)
                if refused is not None:
                    return {"error": refused, "id": number}
            case "UNSUBSCRIBE":
                self.hub.unsubscribe(listener, streams)
                for stream in streams:
                    self.audience.unsubscribed(stream)
            case "LIST_SUBSCRIPTIONS":
                return {"result": sorted(listener.streams), "id": number}
            case _:
                return {"error": UNKNOWN_METHOD, "id": number}
        return {"result": None, "id": number}

    @staticmethod
    def _property(listener: Listener, method: str, values: object) -> dict[str, object]:
        """`combined` is the only property: whether each message says which stream it is of."""
        match method, values:
            case "GET_PROPERTY", ["combined"]:
                return {"result": listener.combined}
            case "SET_PROPERTY", ["combined", bool(combined)]:
                listener.combined = combined
                return {"result": None}
            case _:
                return {"error": BAD_PROPERTY}

    def _subscribe(self, listener: Listener, streams: list[str]) -> dict[str, object] | None:
        """Subscribe to all of them, or to none and return why.

        A listen key may stand where a stream's name does: the account's events are a stream like others.
        """
        if any(len(stream) > LONGEST_STREAM_NAME for stream in streams):
            return BAD_STREAM
        if len(listener.streams.union(streams)) > MOST_STREAMS:
            return TOO_MANY_STREAMS
        for key in (stream for stream in streams if len(stream) == LISTEN_KEY_LENGTH):
            account = self.listen_keys.account_of(key)
            if account is not None:
                self.hub.follow(listener, account, key)
        self.hub.subscribe(listener, streams)
        for stream in streams:
            self.audience.subscribed(stream)
        return None
