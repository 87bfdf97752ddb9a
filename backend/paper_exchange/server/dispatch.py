"""One request: limits, key, signature, clock, the answer, the journal, and then the reply."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.faults import FaultMode, Faults
from paper_exchange.server.parameters import Parameters
from paper_exchange.server.rates import retry_after_seconds
from paper_exchange.server.routing import Access, Call, Route, Routes, Services
from paper_exchange.server.security import account_of_key, check_signature, check_timestamp

LARGEST_BODY = 64 * 1024
TIMEOUT_SECONDS = 120.0
UNKNOWN_503 = b'{"code":-1000,"msg":"Unknown error, please check your request or try again later."}'
NOT_DONE_503 = b'{"code":-1000,"msg":"Service Unavailable."}'
JSON = "application/json"

log = logging.getLogger("paper_exchange")


@dataclass(slots=True)
class Reply:
    """What will be sent, before it is a response."""

    status: int = 200
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)

    def refuse(self, refused: VenueError) -> None:
        refusal = refused.refusal
        self.status, self.content = refusal.http_status, {"code": refusal.code, "msg": refused.message}
        wait = retry_after_seconds(refusal)
        if wait is not None:
            self.headers["Retry-After"] = str(wait)

    def response(self) -> web.Response:
        return web.Response(
            status=self.status, body=orjson.dumps(self.content), content_type=JSON, headers=self.headers
        )


async def raw_text(request: web.Request) -> str:
    """Query and body exactly as sent, joined as the signature covers them."""
    query = request.raw_path.partition("?")[2]
    if not request.can_read_body:
        return query
    try:
        text = (await request.read()).decode()
    except web.HTTPRequestEntityTooLarge:
        raise VenueError(Refusal.BODY_TOO_LARGE, LARGEST_BODY) from None
    except UnicodeDecodeError:
        raise VenueError(Refusal.ILLEGAL_PARAMETER, "body") from None
    return f"{query}&{text}" if query and text else query or text


class Dispatcher:
    """Answers every REST path of the dialect."""

    def __init__(self, services: Services, faults: Faults, routes: Routes) -> None:
        self._services = services
        self._faults = faults
        self._routes = routes

    async def answer(self, request: web.Request) -> web.StreamResponse:
        delay = self._faults.delay_seconds()
        if delay:
            await asyncio.sleep(delay)
        fault = self._faults.take(request.method, request.path)
        early = self._instead(request, fault)
        if early is not None:
            return early
        reply = Reply()
        try:
            await self._fill(request, reply)
        except VenueError as refused:
            reply.refuse(refused)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            reply.refuse(VenueError(Refusal.INTERNAL))
        reply.headers["X-MBX-USED-WEIGHT-1M"] = str(self._services.rates.used(request.remote or ""))
        return await self._afterwards(request, fault, reply)

    def _instead(self, request: web.Request, fault: FaultMode | None) -> web.Response | None:
        """The reply of a fault that keeps the request from being carried out."""
        match fault:
            case FaultMode.TOO_MANY:
                reply = Reply()
                limit = self._services.rates.weight_limit
                reply.refuse(VenueError(Refusal.TOO_MANY_REQUESTS, request.remote, limit))
                return reply.response()
            case FaultMode.NOT_EXECUTED:
                return web.Response(status=503, body=NOT_DONE_503, content_type=JSON)
            case FaultMode.RESET:
                _abort(request)
                return web.Response()
            case _:
                return None

    async def _afterwards(self, request: web.Request, fault: FaultMode | None, reply: Reply) -> web.Response:
        """The reply, or what a fault makes of it after the request was carried out."""
        match fault:
            case FaultMode.EXECUTED_UNKNOWN:
                return web.Response(status=503, body=UNKNOWN_503, content_type=JSON)
            case FaultMode.EXECUTED_TIMEOUT:
                await asyncio.sleep(TIMEOUT_SECONDS)
                reply.refuse(VenueError(Refusal.TIMEOUT))
            case FaultMode.RESET_EXECUTED:
                _abort(request)
            case _:
                pass
        return reply.response()

    async def _fill(self, request: web.Request, reply: Reply) -> None:
        raw = await raw_text(request)
        route = self._routes.get((request.method, request.path))
        if route is None:
            self._services.rates.spend(request.remote or "", 1)
            raise VenueError(Refusal.NO_SUCH_PATH, request.path, request.method)
        parameters = Parameters.parse(raw)
        self._services.rates.spend(request.remote or "", route.weigh(parameters))
        signer = self._signer(request, route, raw, parameters)
        if route.counts_as_order and signer is not None:
            in_ten, in_minute = self._services.rates.count_order(signer.id)
            reply.headers["X-MBX-ORDER-COUNT-10S"] = str(in_ten)
            reply.headers["X-MBX-ORDER-COUNT-1M"] = str(in_minute)
        venue = self._services.venue
        if route.reads_history:
            await venue.settled()
        reply.content = route.answer(Call(self._services, parameters, venue.now(), signer))
        if signer is not None:
            # Nothing private is told before it is in the journal.
            await venue.settled()

    def _signer(self, request: web.Request, route: Route, raw: str, parameters: Parameters) -> Account | None:
        if route.access is Access.PUBLIC:
            return None
        account = account_of_key(self._services.venue.exchange.state, request.headers.get("X-MBX-APIKEY"))
        if route.access is Access.SIGNED:
            check_signature(account, raw)
            check_timestamp(parameters)
        return account


def _abort(request: web.Request) -> None:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
