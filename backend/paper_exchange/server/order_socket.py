"""The order socket `/ws-fapi/v1`: the same endpoints as over REST, asked for by name on one connection."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from aiohttp import WSMsgType, web

from paper_exchange import clock
from paper_exchange.engine.accounts import Account
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.answering import durable_answer, read_lag
from paper_exchange.server.fault_replies import FaultyReplies
from paper_exchange.server.fault_rules import RequestRule
from paper_exchange.server.faults import Faults
from paper_exchange.server.order_requests import LONGEST_ECHO, echoed, from_json, is_text
from paper_exchange.server.parameters import LARGEST_INTEGER, Parameters
from paper_exchange.server.replies import Reply
from paper_exchange.server.routing import Access, Route, Routes, Services
from paper_exchange.server.security import account_of_key, check_signed_fields, check_timestamp

PATH = "/ws-fapi/v1"
CONNECTION_WEIGHT = 5
SESSION_WEIGHT = 2
MOST_AT_ONCE = 100
LARGEST_MESSAGE = 64 * 1024
PING_SECONDS = 180.0
OK = 200
GOING_AWAY = 1001
SESSION_METHODS = frozenset({"session.logon", "session.status", "session.logout"})

METHODS: Mapping[str, tuple[str, str]] = {
    "order.place": ("POST", "/fapi/v1/order"),
    "order.test": ("POST", "/fapi/v1/order/test"),
    "order.modify": ("PUT", "/fapi/v1/order"),
    "order.cancel": ("DELETE", "/fapi/v1/order"),
    "order.status": ("GET", "/fapi/v1/order"),
    "algoOrder.place": ("POST", "/fapi/v1/algoOrder"),
    "algoOrder.cancel": ("DELETE", "/fapi/v1/algoOrder"),
    "account.status": ("GET", "/fapi/v2/account"),
    "v2/account.status": ("GET", "/fapi/v3/account"),
    "account.balance": ("GET", "/fapi/v2/balance"),
    "v2/account.balance": ("GET", "/fapi/v3/balance"),
    "account.position": ("GET", "/fapi/v2/positionRisk"),
    "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
    "userDataStream.start": ("POST", "/fapi/v1/listenKey"),
    "userDataStream.ping": ("PUT", "/fapi/v1/listenKey"),
    "userDataStream.stop": ("DELETE", "/fapi/v1/listenKey"),
    "depth": ("GET", "/fapi/v1/depth"),
    "ticker.price": ("GET", "/fapi/v2/ticker/price"),
    "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
}

log = logging.getLogger("paper_exchange")


@dataclass(eq=False, slots=True)
class Session:
    """One connection; `account` once somebody has logged on, whose requests need no key from then on."""

    socket: web.WebSocketResponse
    remote: str
    transport: asyncio.Transport | None
    tells_limits: bool
    connected_ms: int
    account: Account | None = None
    authorized_ms: int | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def fields(self) -> dict[str, object]:
        return {
            "apiKey": None if self.account is None else self.account.record.api_key,
            "authorizedSince": self.authorized_ms,
            "connectedSince": self.connected_ms,
            "returnRateLimits": self.tells_limits,
            "serverTime": clock.wall_ms(),
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """One message; to the faults it is an HTTP request of that method and path."""

    name: str
    method: str
    path: str
    remote: str
    transport: asyncio.Transport | None
    parameters: Parameters

    async def read(self) -> bytes:
        """Nothing is left to be read."""
        return b""


def _decoded(text: str) -> dict[str, object]:
    """The message; fractions in it as their sender wrote them, for the signature covers that text."""
    try:
        fields = json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _asked(session: Session, fields: dict[str, object]) -> Asked:
    name, sent = fields.get("method"), fields.get("params") or {}
    if not isinstance(name, str):
        raise VenueError(Refusal.BAD_JSON)
    if not isinstance(sent, dict):
        raise VenueError(Refusal.MALFORMED, "params")
    method, path = METHODS.get(name, ("POST", PATH))
    return Asked(name, method, path, session.remote, session.transport, from_json(sent))


def _number(sent: object) -> str | int | None:
    """The id as it is sent back: a word or a whole number, nothing else."""
    if isinstance(sent, str):
        return sent if len(sent) <= LONGEST_ECHO and is_text(sent) else None
    return sent if isinstance(sent, int) and abs(sent) <= LARGEST_INTEGER else None


def _wants_limits(session: Session, asked: Asked | None) -> bool:
    """Whether the answer tells the limits: as the message says, else as the connection does."""
    chosen = None if asked is None else asked.parameters.optional("returnRateLimits")
    return session.tells_limits if chosen is None else chosen.lower() != "false"


class OrderSocket:
    """Serves the path; messages of one connection are begun in the order they came."""

    def __init__(self, services: Services, faults: Faults, routes: Routes) -> None:
        self._services = services
        self._faults = faults
        self._replies = FaultyReplies(faults, services.rates.weight_limit)
        self._routes = routes
        self._sessions: set[Session] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self._faults.maintenance:
            raise web.HTTPServiceUnavailable
        try:
            self._services.rates.spend(request.remote or "", CONNECTION_WEIGHT)
        except VenueError as refused:
            reply = Reply()
            reply.refuse(refused)
            return reply.response()
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=LARGEST_MESSAGE)
        await socket.prepare(request)
        tells_limits = request.query.get("returnRateLimits", "true").lower() != "false"
        session = Session(socket, request.remote or "", request.transport, tells_limits, clock.wall_ms())
        self._sessions.add(session)
        room = asyncio.Semaphore(MOST_AT_ONCE)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                await room.acquire()
                task = asyncio.create_task(self._serve_one(session, message.data))
                session.tasks.add(task)
                task.add_done_callback(session.tasks.discard)
                task.add_done_callback(lambda _: room.release())
        finally:
            self._sessions.discard(session)
            for task in list(session.tasks):
                task.cancel()
        return socket

    async def close(self) -> None:
        """Send everybody away."""
        for session in list(self._sessions):
            await session.socket.close(code=GOING_AWAY, message=b"going away")

    def drop(self, account: str | None) -> int:
        """Cut the connections that account logged on to, or all of them (None); returns how many."""
        cut = [
            one
            for one in self._sessions
            if account is None or (one.account is not None and one.account.id == account)
        ]
        for session in cut:
            if session.transport is not None:
                session.transport.abort()
        return len(cut)

    async def _serve_one(self, session: Session, text: str) -> None:
        """Answer one message; a fault may leave it without an answer."""
        asked, reply, sent = None, Reply(), _decoded(text)
        try:
            asked = _asked(session, sent)
            made = await self._replied(session, asked)
            if made is None:
                return
            reply = made
        except VenueError as refused:
            reply.refuse(refused)
        fields: dict[str, object] = {"id": _number(sent.get("id")), "status": reply.status}
        fields["result" if reply.status == OK else "error"] = reply.content
        if _wants_limits(session, asked):
            owner = self._owner(session, asked) if reply.status == OK else None
            fields["rateLimits"] = self._services.rates.rows(session.remote, owner)
        try:
            await session.socket.send_str(orjson.dumps(fields).decode())
        except (ConnectionError, RuntimeError):
            return

    async def _replied(self, session: Session, asked: Asked) -> Reply | None:
        """The reply, or what a fault makes of it; None when nothing is to be said."""
        if self._faults.is_quiet:
            return await self._carried_out(session, asked, None)
        fault = await self._replies.hold(asked, self._owner(session, asked))

        async def carry_out() -> Reply:
            return await self._carried_out(session, asked, fault.rule)

        response = await self._replies.instead(asked, fault, carry_out)
        if response is None:
            response = await self._replies.afterwards(asked, fault.rule, await carry_out())
        if asked.transport is not None and asked.transport.is_closing():
            return None
        body = response.body
        return Reply(response.status, orjson.loads(body) if isinstance(body, bytes) and body else None)

    def _owner(self, session: Session, asked: Asked | None) -> str | None:
        """The account that the message is about, by its key or by the session; unproven."""
        key = None if asked is None else asked.parameters.optional("apiKey")
        account = session.account if key is None else self._services.venue.exchange.state.by_key.get(key)
        return None if account is None else account.id

    async def _carried_out(self, session: Session, asked: Asked, rule: RequestRule | None) -> Reply:
        """What the venue answers, a refusal included."""
        reply = Reply()
        try:
            reply.content = await self._content(session, asked, rule)
        except VenueError as refused:
            reply.refuse(refused)
            if refused.retry_ms is not None:
                now = clock.wall_ms()
                when = {"serverTime": now, "retryAfter": now + refused.retry_ms}
                reply.content = {"code": refused.refusal.code, "msg": refused.message, "data": when}
        except Exception:
            log.exception("%s failed", asked.name)
            reply.refuse(VenueError(Refusal.INTERNAL))
        return reply

    async def _content(self, session: Session, asked: Asked, rule: RequestRule | None) -> object:
        rates = self._services.rates
        if asked.name in SESSION_METHODS:
            rates.spend(session.remote, SESSION_WEIGHT)
            return self._session(session, asked)
        route = self._routes.get((asked.method, asked.path))
        if route is None:
            rates.spend(session.remote, 1)
            raise VenueError(Refusal.NO_SUCH_PATH, PATH, echoed(asked.name))
        rates.spend(session.remote, route.weigh(asked.parameters))
        signer = self._signer(session, route, asked.parameters)
        if route.counts_as_order and signer is not None:
            rates.count_order(signer.id, route.orders_in_ten)
        lag = read_lag(rule, asked.method)
        return await durable_answer(self._services, route, asked.parameters, signer, lag)

    def _session(self, session: Session, asked: Asked) -> object:
        """Log on (with a signature, once for the connection), look, log out."""
        match asked.name:
            case "session.logon":
                session.account = self._signed_by(asked.parameters)
                session.authorized_ms = clock.wall_ms()
            case "session.logout":
                session.account, session.authorized_ms = None, None
        return session.fields()

    def _signed_by(self, parameters: Parameters) -> Account:
        """Whose key and signature the parameters bear."""
        account = account_of_key(self._services.venue.exchange.state, parameters.optional("apiKey"))
        check_signed_fields(account, parameters)
        check_timestamp(parameters, self._services.clock.now_ms())
        return account

    def _signer(self, session: Session, route: Route, parameters: Parameters) -> Account | None:
        if route.access is Access.PUBLIC:
            return None
        if session.account is not None and parameters.optional("apiKey") is None:
            if route.access is Access.SIGNED:
                check_timestamp(parameters, self._services.clock.now_ms())
            return session.account
        if route.access is Access.SIGNED:
            return self._signed_by(parameters)
        return account_of_key(self._services.venue.exchange.state, parameters.optional("apiKey"))
