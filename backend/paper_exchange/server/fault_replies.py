"""What a fault makes of one request: a reply in its stead, or something else than the reply it got."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from aiohttp import web

from paper_exchange import clock
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.fault_rules import FaultMode, RequestRule
from paper_exchange.server.faults import MAINTENANCE, NO_FAULT, Fault, Faults
from paper_exchange.server.rates import FIRST_BAN_MS
from paper_exchange.server.replies import JSON, Reply

SILENCE_SECONDS = 120.0
LATE_SECONDS = 1.0
OK = 200
HTML = "text/html"
STATUS_PATH = "/sapi/v1/system/status"
UNKNOWN_503 = b'{"code":-1000,"msg":"Unknown error, please check your request or try again later."}'
NOT_DONE_503 = b'{"code":-1000,"msg":"Service Unavailable."}'
PAGE = b"<html><head><title>Please wait</title></head><body>Please wait</body></html>"
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class Asked(Protocol):
    """What a fault needs to know of a request, and its connection to cut."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def remote(self) -> str | None: ...

    @property
    def transport(self) -> asyncio.Transport | None: ...

    async def read(self) -> bytes: ...


CarryOut = Callable[[], Awaitable[Reply]]


def abort(request: Asked) -> None:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()


def _refusal(refusal: Refusal, *figures: object) -> web.Response:
    reply = Reply()
    reply.refuse(VenueError(refusal, *figures))
    return reply.response()


def _text(body: bytes) -> web.Response:
    return web.Response(status=503, body=body, content_type=JSON)


def _cut(reply: Reply) -> web.Response:
    """The first half of the answer, as if it were all of it."""
    whole = reply.response().body
    text = whole if isinstance(whole, bytes) else b""
    return web.Response(body=text[: len(text) // 2], content_type=JSON)


class FaultyReplies:
    """Carries requests out, or fails to, as the rules say."""

    def __init__(self, faults: Faults, weight_limit: int) -> None:
        self._faults = faults
        self._weight_limit = weight_limit
        self._late: set[asyncio.Task[None]] = set()

    async def hold(self, request: Asked, account: str | None) -> Fault:
        """Draw the request's fault and wait as long as it holds the request up."""
        fault = self._faults.take(request.method, request.path, account)
        if fault.hold_seconds:
            await asyncio.sleep(fault.hold_seconds)
        return fault

    async def instead(self, request: Asked, fault: Fault, carry_out: CarryOut) -> web.Response | None:
        """The reply of a fault that keeps the request from being carried out (yet); None for all others."""
        if self._faults.maintenance:
            self._faults.fired[MAINTENANCE] += 1
            if request.path == STATUS_PATH:
                return Reply(content={"status": 1, "msg": "system maintenance"}).response()
            return _refusal(Refusal.SHUTTING_DOWN)
        if fault is NO_FAULT or fault.rule is None:
            return None
        rule = fault.rule
        match rule.mode:
            case FaultMode.SILENCE:
                await asyncio.sleep(rule.delay_seconds(SILENCE_SECONDS))
                return _refusal(Refusal.TIMEOUT)
            case FaultMode.RESET:
                abort(request)
                return web.Response()
            case FaultMode.LATE | FaultMode.LATE_RESET:
                with suppress(web.HTTPRequestEntityTooLarge):  # carrying it out refuses it
                    await request.read()
                self._later(rule.delay_seconds(LATE_SECONDS), carry_out)
                if rule.mode is FaultMode.LATE_RESET:
                    abort(request)
                return _refusal(Refusal.TIMEOUT)
            case _:
                return self._refused(rule, request.remote)

    def _refused(self, rule: RequestRule, address: str | None) -> web.Response | None:
        """The reply of a fault that turns the request down at once; None for all others."""
        match rule.mode:
            case FaultMode.TOO_MANY:
                return _refusal(Refusal.TOO_MANY_REQUESTS, address, self._weight_limit)
            case FaultMode.BANNED:
                return _refusal(Refusal.BANNED, address, clock.wall_ms() + FIRST_BAN_MS)
            case FaultMode.NOT_EXECUTED:
                return _text(NOT_DONE_503)
            case FaultMode.UNKNOWN:
                return _text(UNKNOWN_503)
            case FaultMode.OVERLOADED:
                return _refusal(Refusal.OVERLOADED)
            case FaultMode.BACKEND_TIMEOUT:
                return _refusal(Refusal.TIMEOUT)
            case FaultMode.CODE:
                return Reply(400, {"code": rule.code, "msg": "This refusal was asked for."}).response()
            case _:
                return None

    async def afterwards(self, request: Asked, rule: RequestRule | None, reply: Reply) -> web.Response:
        """The reply, or what a fault makes of it after the request was carried out."""
        match None if rule is None else rule.mode:
            case FaultMode.EXECUTED_UNKNOWN:
                return _text(UNKNOWN_503)
            case FaultMode.EXECUTED_BACKEND_TIMEOUT:
                return _refusal(Refusal.TIMEOUT)
            case FaultMode.EXECUTED_SILENCE if rule is not None:
                await asyncio.sleep(rule.delay_seconds(SILENCE_SECONDS))
                return _refusal(Refusal.TIMEOUT)
            case FaultMode.RESET_EXECUTED:
                abort(request)
            case FaultMode.EMPTY_EXECUTED:
                return web.Response(content_type=JSON)
            case FaultMode.CUT_EXECUTED:
                return _cut(reply)
            case FaultMode.PAGE_EXECUTED:
                return web.Response(body=PAGE, content_type=HTML)
            case FaultMode.GATEWAY_EXECUTED:
                return web.Response(status=502, body=GATEWAY_PAGE, content_type=HTML)
            case _:
                pass
        return reply.response()

    def _later(self, seconds: float, carry_out: CarryOut) -> None:
        """Carry the request out after so long; its sender is not told what comes of it."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            reply = await carry_out()
            self._faults.fired["late_accepted" if reply.status == OK else "late_refused"] += 1

        task = asyncio.create_task(wait())
        self._late.add(task)
        task.add_done_callback(self._late.discard)
